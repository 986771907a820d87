"""Keeps the worker's own process out of reach of the code that it starts under the same user."""

import ctypes
import os
import signal

PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36


def seal():
    """Hides this process's memory, environment and open files from other processes of the same user.

    The programs that it starts are not hidden.
    """
    _prctl(PR_SET_DUMPABLE, 0)


def adopt_orphans():
    """Makes what a build leaves running a child of this process, so that it is found and reaped."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option, value):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def parents():
    """Process → parent, for everything that runs here."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                    # The name, in parentheses, may contain anything.
                    found[int(entry)] = int(file.read().rpartition(")")[2].split()[1])
            except OSError:
                continue
    return found


def descendants(parent_of, root):
    return {process for process in parent_of if process != root and root in _line(parent_of, process)}


def _line(parent_of, process):
    """The process and its ancestors."""
    line = []
    while process in parent_of and process not in line:
        line.append(process)
        process = parent_of[process]
    return line


def kill_leftovers():
    """Ends everything below this process."""
    # A process may start another one meanwhile.
    for _ in range(10):
        left = {process for process in descendants(parents(), os.getpid()) if not _zombie(process)}
        if not left:
            return
        for process in left:
            try:
                os.kill(process, signal.SIGKILL)
            except OSError:
                continue


def _zombie(process):
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True
