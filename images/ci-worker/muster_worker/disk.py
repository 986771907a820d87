"""How full the worker's volume is, for the master that asks."""

import os

from twisted.internet import reactor, utils
from twisted.python import log

FOLDER = "/var/lib/worker"
COUNTED_EVERY = 300


class Disk:
    def __init__(self, folder=FOLDER):
        self._folder = folder
        self._used = None
        self._until = 0

    def figures(self):
        """Bytes of its files, of the disk that it is on, and free ones there; the first is None until it is counted."""
        now = reactor.seconds()
        if now >= self._until:
            self._until = now + COUNTED_EVERY
            counted = utils.getProcessOutput("/usr/local/bin/disk-usage", [self._folder], env=os.environ)
            # A build that begins ends this, too; then the next count tells.
            counted.addCallbacks(self._counted, lambda failure: log.msg(f"disk usage: {failure.value}"))
        disk = os.statvfs(self._folder)
        size = disk.f_frsize * (disk.f_blocks - disk.f_bfree + disk.f_bavail)
        return {"used": self._used, "size": size, "free": disk.f_frsize * disk.f_bavail}

    def _counted(self, line):
        words = line.split()
        if len(words) > 1 and words[1].isdigit():
            self._used = int(words[1])
