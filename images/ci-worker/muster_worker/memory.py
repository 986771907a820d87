"""When the container's memory is used up, the kernel ends a command, not the worker."""

import os

# Of 1000, in thousandths of the container's memory: as if a process had this much more.
EXPENDABLE = 500


def start_expendable(reactor, path="/proc/self/oom_score_adj"):
    """Makes what `reactor` starts expendable, and all that this starts in turn. To be called before `privacy.seal`.

    A process inherits its score, and may lower its own to what it was given at first.
    """
    score = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    own = os.read(score, 16)
    spawn = reactor.spawnProcess

    def spawn_expendable(*args, **kwargs):
        os.pwrite(score, str(max(EXPENDABLE, int(own))).encode(), 0)
        try:
            return spawn(*args, **kwargs)
        finally:
            os.pwrite(score, own, 0)

    reactor.spawnProcess = spawn_expendable
