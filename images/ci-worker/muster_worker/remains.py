"""What one build may leave to the next: nothing, but for what nobody touched since the worker itself knew it.

Builds run as the worker's user, so they can write whatever it can. They cannot set a file's time of change, which the
kernel notes: by it, by number, size and mode, the worker recognizes a folder that nobody has touched.
"""

import hashlib
import os
import subprocess

HOME = "/var/lib/worker"
MIRRORS = f"{HOME}/mirrors"
# Downloads of npm and Composer during a build, and between the builds of a repository.
CACHE = f"{HOME}/cache"
KEPT = f"{HOME}/kept"
# Where builds can write besides; the last two are the deployer's volumes, and empty elsewhere.
ELSEWHERE = ("/tmp", "/dev/shm", "/run/muster", "/srv/live", "/srv/shared")
AT_ONCE = 500


def remove(paths):
    """Also folders without permissions, odd names, and trees deeper than a path can be long."""
    for start in range(0, len(paths), AT_ONCE):
        some = ["--", *paths[start : start + AT_ONCE]]
        if subprocess.run(["rm", "-rf", *some], stderr=subprocess.DEVNULL, check=False).returncode != 0:
            subprocess.run(["chmod", "-R", "u+rwx", *some], stderr=subprocess.DEVNULL, check=False)
            subprocess.run(["rm", "-rf", *some], check=True)


def own(path):
    """Whether a build can have made it: it cannot make what another user has."""
    return os.lstat(path).st_uid == os.getuid()


def empty(folder, keep=()):
    """KEEP names folders in it that stay; a link or a file of that name does not."""
    if own(folder):
        os.chmod(folder, 0o755)
    stay = {name for name in keep if os.path.isdir(f"{folder}/{name}") and not os.path.islink(f"{folder}/{name}")}
    remove([entry.path for entry in os.scandir(folder) if entry.name not in stay and own(entry.path)])


def writable(folder):
    """Whether anything can be left in it: on Kubernetes only volumes can be written."""
    return os.path.isdir(folder) and not os.statvfs(folder).f_flag & os.ST_RDONLY


def state(folder):
    """A digest that changes with whatever is done to anything in a folder, or None if it is not to be read."""
    found = []
    folders = [folder]
    try:
        while folders:
            above = folders.pop()
            found.append(_facts(above, os.lstat(above)))
            for entry in os.scandir(above):
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                else:
                    found.append(_facts(entry.path, entry.stat(follow_symlinks=False)))
    except OSError:
        return None
    return hashlib.sha256("\0".join(sorted(found)).encode("utf-8", "surrogateescape")).digest()


def _facts(path, seen):
    return f"{path}\0{seen.st_ino} {seen.st_mode:o} {seen.st_size} {seen.st_ctime_ns}"


class Known:
    """The entries of a folder as the worker last knew them. It forgets when it ends; then nothing is trusted."""

    def __init__(self, folder):
        self._folder = folder
        self._states = {}

    def learn(self, *names):
        """Only what no code of a repository had the chance to write since `drop_strange`, but for its own."""
        self._states |= {name: state(f"{self._folder}/{name}") for name in names}

    def learn_all(self):
        self.learn(*os.listdir(self._folder))

    def drop_strange(self):
        """Removes whatever is not as it was."""
        if not os.path.isdir(self._folder) or os.path.islink(self._folder):
            remove([self._folder])
            os.mkdir(self._folder)
        os.chmod(self._folder, 0o755)
        strange = [
            entry.path
            for entry in os.scandir(self._folder)
            if self._states.get(entry.name) is None or self._states[entry.name] != state(entry.path)
        ]
        remove(strange)


class Remains:
    """What stays of builds on a worker: mirrors of repositories and, on that of releases, their downloads."""

    def __init__(self, role):
        self._mirrors = Known(MIRRORS)
        self._kept = Known(KEPT)
        self._keeps_caches = role == "release"
        self._elsewhere = ELSEWHERE[: -2 if role == "deployer" else None]

    def clear(self):
        """Before a build: nothing of another one is left anywhere."""
        for folder in filter(writable, self._elsewhere):
            empty(folder)
        empty(HOME, keep=(os.path.basename(MIRRORS), os.path.basename(KEPT)))
        for known in (self._mirrors, self._kept):
            known.drop_strange()
        os.makedirs(f"{HOME}/home")

    def before(self, command):
        match command:
            case ["muster-checkout", repository, *_] if os.path.isdir(f"{KEPT}/{repository}"):
                os.rename(f"{KEPT}/{repository}", CACHE)
            case ["muster-package", *_]:
                self._mirrors.drop_strange()

    def after(self, command):
        match command:
            case ["muster-checkout", *_]:
                self._mirrors.learn_all()
            case ["muster-package", repository, *_] if self._keeps_caches and os.path.isdir(CACHE):
                os.rename(CACHE, f"{KEPT}/{repository}")
                self._kept.learn(repository)
