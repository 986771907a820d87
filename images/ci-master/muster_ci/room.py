"""How much room there is on the volume. Needs no Buildbot."""

import os

FOLDER = "/var/lib/buildbot"
# With less, SQLite fails in the midst of a build, which then hangs.
LEAST = 8 * 1024**2


def figures(folder=FOLDER):
    """Size and free bytes of the disk that FOLDER is on, as far as they are for everybody."""
    disk = os.statvfs(folder)
    return disk.f_frsize * (disk.f_blocks - disk.f_bfree + disk.f_bavail), disk.f_frsize * disk.f_bavail


def is_full(folder=FOLDER):
    return figures(folder)[1] < LEAST
