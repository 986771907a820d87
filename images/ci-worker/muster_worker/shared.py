"""What a live site writes and keeps, in /srv/shared/<repository>: linked into each release, kept over all of them.

The sites can write there and the deployer follows no link of theirs: every path below that folder is opened step by
step. `files` holds the writable folders and files; `releases` the code of a site that writes files beside its code.
"""

import contextlib
import errno
import os
import shutil

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def inside(path, folders):
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


@contextlib.contextmanager
def opened(parent, name):
    descriptor = os.open(name, FOLDER, dir_fd=parent)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def exists(parent, name):
    try:
        os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def copy(source, parent, name, overwrite):
    """Copies SOURCE, which no site can write, to NAME in an opened folder; what is there stays, or with OVERWRITE the
    files of it that SOURCE has are replaced. What the site has put in the place of a folder stays in any case."""
    if os.path.isdir(source) and not os.path.islink(source):
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, 0o755, dir_fd=parent)
        try:
            with opened(parent, name) as folder:
                for entry in sorted(os.listdir(source)):
                    copy(os.path.join(source, entry), folder, entry, overwrite)
        except OSError as error:
            if error.errno not in (errno.ELOOP, errno.ENOTDIR):
                raise
        return
    if not overwrite and exists(parent, name):
        return
    new = f".{name}.muster"[:255]
    with contextlib.suppress(FileNotFoundError):
        os.unlink(new, dir_fd=parent)
    if os.path.islink(source):
        os.symlink(os.readlink(source), new, dir_fd=parent)
    else:
        mode = 0o755 if os.access(source, os.X_OK) else 0o644
        with open(source, "rb") as read, open(os.open(new, NEW_FILE, mode, dir_fd=parent), "wb") as written:
            shutil.copyfileobj(read, written)
    with contextlib.suppress(IsADirectoryError):
        os.rename(new, name, src_dir_fd=parent, dst_dir_fd=parent)
        return
    os.unlink(new, dir_fd=parent)


def remove(parent, name):
    """Removes a file, a link or a folder with all that is in it."""
    try:
        os.unlink(name, dir_fd=parent)
    except FileNotFoundError:
        return
    except (IsADirectoryError, PermissionError):
        shutil.rmtree(name, dir_fd=parent)


class Shared:
    """One repository's folder of the volume that the live sites write."""

    def __init__(self, root, repository):
        self.root = root
        self.repository = repository
        self.files = f"{root}/{repository}/files"
        self.releases = f"{root}/{repository}/releases"

    @contextlib.contextmanager
    def _below(self, *names):
        """Opens a folder of the repository's, and makes it where there is none."""
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(opened(None, self.root))
            for name in (self.repository, *(each for path in names for each in path.split("/") if each)):
                with contextlib.suppress(FileExistsError):
                    os.mkdir(name, 0o755, dir_fd=folder)
                folder = stack.enter_context(opened(folder, name))
            yield folder

    def attach(self, release, seeds, writable):
        """Puts links into a RELEASE for what is WRITABLE, and moves what the commit has there to SEEDS.

        Yields a line for each that cannot be had.
        """
        for entry in writable:
            path = entry["path"]
            place, seed = os.path.join(release, path), os.path.join(seeds, path)
            above = os.path.dirname(place)
            if os.path.normpath(f"/{path}") != f"/{path}" or path == ".":
                yield f"{path} cannot be writable: it is not a folder or file below the repository's root"
                continue
            if os.path.islink(place) or not inside(os.path.realpath(above), [os.path.realpath(release)]):
                yield f"{path} is not writable: it is a link in the commit: name the folder that it leads to"
                continue
            os.makedirs(above, exist_ok=True)
            if os.path.lexists(place):
                os.makedirs(os.path.dirname(seed), exist_ok=True)
                os.rename(place, seed)
            os.symlink(f"{self.files}/{path}", place)
            self._seed(seed, entry, overwrite=False)

    def _seed(self, seed, entry, overwrite):
        above, _, name = entry["path"].rpartition("/")
        with self._below("files", above) as folder:
            if os.path.lexists(seed):
                copy(seed, folder, name, overwrite)
            elif entry["folder"] and not exists(folder, name):
                os.mkdir(name, 0o755, dir_fd=folder)

    def refresh(self, seeds, former, writable):
        """Writes the commit's code in writable folders anew, and removes what was of the FORMER release's alone."""
        for entry in (each for each in writable if each["refresh"]):
            seed = os.path.join(seeds, entry["path"])
            for folder, _, files in os.walk(os.path.join(former, entry["path"])) if former else ():
                relative = os.path.relpath(folder, former)
                gone = [name for name in files if not os.path.lexists(os.path.join(seeds, relative, name))]
                if gone:
                    with contextlib.suppress(OSError), self._below("files", relative) as place:
                        for name in gone:
                            remove(place, name)
            self._seed(seed, entry, overwrite=True)

    def expose(self, release, name, writable):
        """Copies a RELEASE to where its site can write beside its code, as installers do; returns the copy's path."""
        self._rescue(writable)
        with self._below("releases") as folder:
            remove(folder, name)
            copy(release, folder, name, overwrite=True)
        return f"{self.releases}/{name}"

    def _rescue(self, writable):
        """Keeps the files that a site has put in the place of their link, as programs do that write a file anew."""
        for entry in (each for each in writable if not each["folder"]):
            above, _, name = entry["path"].rpartition("/")
            for release in sorted(os.listdir(self.releases)) if os.path.isdir(self.releases) else ():
                place = f"{self.releases}/{release}/{entry['path']}"
                if os.path.isfile(place) and not os.path.islink(place):
                    with contextlib.suppress(OSError), self._below("files", above) as target:
                        self._move(release, entry["path"], target, name)

    def _move(self, release, path, target, name):
        above, _, own = path.rpartition("/")
        with self._below("releases", release, above) as source:
            os.rename(own, name, src_dir_fd=source, dst_dir_fd=target)

    def keep(self, names):
        """Removes the copies of other releases than these."""
        if os.path.isdir(self.releases):
            with self._below("releases") as folder:
                for name in set(os.listdir(folder)) - set(names):
                    remove(folder, name)


def make_links(release, links):
    """Makes the LINKS of a release; what leads out of it goes with the stray ones."""
    for each in links:
        place = os.path.join(release, each["path"])
        if os.path.isdir(os.path.dirname(place)) and not os.path.lexists(place):
            os.symlink(os.path.relpath(os.path.join(release, each["target"]), os.path.dirname(place)), place)


def stray_links(release, files):
    """Removes the links of a release that lead out of it and of its writable folders; their paths, and where to."""
    allowed = [os.path.realpath(release), os.path.realpath(files)]
    for folder, folders, names in os.walk(release):
        for name in sorted((*folders, *names)):
            path = os.path.join(folder, name)
            if os.path.islink(path) and not inside(os.path.realpath(path), allowed):
                yield os.path.relpath(path, release), os.readlink(path)
                os.unlink(path)
