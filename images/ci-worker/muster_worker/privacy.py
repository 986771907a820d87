"""Keeps the worker's own process out of reach of the code that it starts under the same user.

The worker is the first process of its container. The kernel lets no other process of the container kill the first one,
and hands it only those signals that it asks for.
"""

import ctypes
import os
import signal
import threading
import time

PR_SET_DUMPABLE = 4
SI_USER = 0
# Until what was killed is gone. One that hangs in the kernel would stay.
GONE_AFTER = 10


def seal():
    """Hides this process's memory, environment and open files from other processes of the same user.

    The programs that it starts are not hidden.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def from_outside(info):
    """Whether a signal was sent by the engine: a process of the container has a number here, or forges with a queue."""
    return info.si_code == SI_USER and info.si_pid == 0


def stop_for_the_engine_only(stop):
    """Calls STOP, in a thread of its own, when the engine asks the container to end; builds may ask in vain.

    Programs that are started need `signals_as_usual`.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})

    def wait():
        while not from_outside(signal.sigwaitinfo({signal.SIGTERM})):
            pass
        stop()

    threading.Thread(target=wait, daemon=True).start()


def signals_as_usual():
    """For a new process, before it becomes another program."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def end_others():
    """Ends every other process of the container.

    The kernel kills all of them before it lets any of them start another one, so nothing can be quicker.
    """
    if os.getpid() != 1:
        raise RuntimeError("only the first process of a container may end all others")
    if not _end_all_but({"1"}):
        # The engine starts the container anew, without them.
        os._exit(1)


def end_left():
    """Ends, from a command of the worker, what another one has left running; the command and the worker go on."""
    if os.getppid() != 1 or "CI_ROLE" not in os.environ:
        raise RuntimeError("only a command that the worker started may end all others")
    if not _end_all_but({"1", str(os.getpid())}):
        raise TimeoutError("what was left running does not end")


def _end_all_but(spared):
    """Whether they are gone. The kernel spares the first process, and the one that asks."""
    end = time.monotonic() + GONE_AFTER
    while True:
        try:
            os.kill(-1, signal.SIGKILL)
        except ProcessLookupError:
            return True
        if not any(_lives(each) for each in os.listdir("/proc") if each.isdigit() and each not in spared):
            return True
        if time.monotonic() > end:
            return False
        time.sleep(0.002)


def _lives(process):
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8", errors="replace") as file:
            # The name, in parentheses, may contain anything.
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
