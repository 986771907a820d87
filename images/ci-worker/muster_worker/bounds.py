"""How much a commit and a package may hold. A file with holes counts with the size that it seems to have."""

import tarfile

FILES = 100_000
MEGABYTES = 1024
COMMIT_FILES = 200_000
COMMIT_MEGABYTES = 2048


class TooMuch(Exception):
    """The message is for the log of the build."""


class Sources:
    """What one build checks out: the commit, its submodules and its files of Git LFS, which count together."""

    def __init__(self):
        self._files = 0
        self._size = 0

    def commit(self, listing, what="the commit"):
        """Checks the answer of `git ls-tree -r -l -z`."""
        sizes = [line.split("\t")[0].split()[3] for line in listing.split("\0") if line]
        self._add(what, len(sizes), sum(int(size) for size in sizes if size.isdigit()))

    def large_files(self, sizes):
        """Checks what stands in the place of pointers, which are counted already. SIZES are in bytes."""
        self._add("the commit with its files of Git LFS", 0, sum(sizes))

    def _add(self, what, files, size):
        self._files += files
        self._size += size
        _check(what, self._files, self._size, COMMIT_FILES, COMMIT_MEGABYTES)


def package(archive):
    members = archive.getmembers()
    _check("the package", len(members), sum(member.size for member in members), FILES, MEGABYTES)


def _check(what, files, size, most_files, megabytes):
    if files > most_files:
        raise TooMuch(f"{what} has {files} files, more than {most_files}")
    if size > megabytes * 1024**2:
        raise TooMuch(f"{what} has {size / 1024**2:.0f} MiB, more than {megabytes}")


class Package(tarfile.TarFile):
    """An archive that takes no more than a package may hold."""

    def addfile(self, tarinfo, fileobj=None):
        if len(self.members) >= FILES:
            raise TooMuch(f"the package has more than {FILES} files: the next one is {tarinfo.name}")
        if self.offset + tarinfo.size > MEGABYTES * 1024**2:
            size = f"{tarinfo.size / 1024**2:.0f} MiB"
            raise TooMuch(f"the package has more than {MEGABYTES} MiB with {tarinfo.name} ({size})")
        super().addfile(tarinfo, fileobj)
