"""What a repository contains: a folder as it is, or a commit. No link is followed out, no code is run."""

import json
import os
import posixpath
import subprocess

# Files and folders looked at, those near the root first; a repository with more is judged by these.
LIMIT = 12_000
# Bytes of a file that are read, and those that are searched as text.
READ = 256 * 1024
SEARCHED = 20_000
# Not descended into: what is installed, not written.
INSTALLED = frozenset({".git", "node_modules", "vendor", "bower_components", ".venv", "venv", "__pycache__", ".svn"})


def join(folder, name):
    """Paths are relative to the repository, which is "."."""
    if not name or name[0] in "./" or "/." in name:
        return posixpath.normpath(posixpath.join(folder, name))
    return name if folder == "." else f"{folder}/{name}"


def parent(path):
    return posixpath.dirname(path) or "."


def depth(path):
    return 0 if path == "." else path.count("/") + 1


def part(value, key):
    """The object below a key of a JSON object, an empty one where there is none."""
    found = value.get(key)
    return found if isinstance(found, dict) else {}


class Tree:
    """`files` and `folders` are sets of paths; `truncated` says that there are more."""

    def __init__(self):
        self.files, self.folders, self.links, self.truncated = set(), {"."}, {}, False
        self._names, self._raw = {".": []}, {}

    def _add(self, folder, name, is_folder):
        path = name if folder == "." else f"{folder}/{name}"
        self._names[folder].append(name)
        if is_folder:
            self.folders.add(path)
            self._names[path] = []
        else:
            self.files.add(path)
        return path

    def names(self, folder):
        return self._names.get(folder, [])

    def files_in(self, folder):
        return [name for name in self.names(folder) if join(folder, name) in self.files]

    def folders_in(self, folder):
        return sorted(name for name in self.names(folder) if join(folder, name) in self.folders)

    def below(self, folder):
        """The files below a folder, the folder's own first."""
        queue = [folder]
        for each in queue:
            for name in self.names(each):
                path = name if each == "." else f"{each}/{name}"
                if path in self.files:
                    yield path
                else:
                    queue.append(path)

    def resolve(self, folder):
        """The folder that a path means, over a link inside the repository; None where there is none."""
        if folder in self.links:
            folder = join(parent(folder), self.links[folder])
        return folder if folder in self.folders else None

    def raw(self, path):
        """The first READ bytes of a file, none where there is no file."""
        if path not in self._raw:
            self._raw[path] = self._read(path) if path in self.files else b""
        return self._raw[path]

    def text(self, path):
        """The beginning of a file, "" where there is none."""
        return self.raw(path)[:SEARCHED].decode("utf-8", "replace")

    def data(self, path):
        """(a JSON object, None) or ({}, what is wrong with it)"""
        try:
            value = json.loads(self.raw(path).decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            return {}, f"is not JSON: {error}"
        return (value, None) if isinstance(value, dict) else ({}, "must be a JSON object")

    def object(self, path):
        return self.data(path)[0] if path in self.files else {}


class Folder(Tree):
    def __init__(self, path):
        super().__init__()
        self.path = path
        queue, seen = ["."], 0
        for folder in queue:
            entries = self._entries(folder)
            seen += len(entries)
            if seen > LIMIT:
                self.truncated = True
                return
            for entry in entries:
                if entry.is_file(follow_symlinks=False):
                    self._add(folder, entry.name, False)
                elif entry.is_dir(follow_symlinks=False):
                    found = self._add(folder, entry.name, True)
                    if entry.name not in INSTALLED:
                        queue.append(found)
                    elif entry.name == "vendor" and os.path.isfile(f"{entry.path}/autoload.php"):
                        self._add(found, "autoload.php", False)
                elif entry.is_symlink():
                    self._link(join(folder, entry.name), os.readlink(entry.path))

    def _entries(self, folder):
        try:
            with os.scandir(os.path.join(self.path, folder)) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except OSError:
            return []

    def modified(self, path):
        return os.lstat(os.path.join(self.path, path)).st_mtime_ns

    def _link(self, path, target):
        if not target.startswith("/") and not join(parent(path), target).startswith(".."):
            self.links[path] = target

    def _read(self, path):
        try:
            with open(
                os.open(os.path.join(self.path, path), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb"
            ) as file:
                return file.read(READ)
        except OSError:
            return b""


class Commit(Tree):
    """A commit of the repository at a path, which may be bare."""

    def __init__(self, path, revision):
        super().__init__()
        self._path = path
        listed = self._git("ls-tree", "-r", "-z", "--full-tree", revision).decode("utf-8", "surrogateescape")
        entries = (entry.split("\t", 1) for entry in listed.split("\0") if entry)
        self._objects = {}
        wanted = [(name, *about.split()) for about, name in entries if self._wanted(name)]
        wanted.sort(key=lambda entry: (entry[0].count("/"), entry[0]))
        self.truncated = len(wanted) > LIMIT
        for name, mode, _, identifier in wanted[:LIMIT]:
            if mode == "120000":
                self.links[name] = self._blob(identifier).decode("utf-8", "surrogateescape")
                continue
            folder = self._folder(parent(name))
            self._add(folder, posixpath.basename(name), mode == "160000")
            self._objects[name] = identifier

    def _wanted(self, name):
        *folders, last = name.split("/")
        installed = INSTALLED.intersection(folders)
        return not installed or (folders[-1] == "vendor" and last == "autoload.php" and len(installed) == 1)

    def _folder(self, path):
        if path not in self.folders:
            self._add(self._folder(parent(path)), posixpath.basename(path), True)
        return path

    def _git(self, *arguments):
        settings = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
        command = ["git", "-C", self._path, "-c", "core.fsmonitor=false", *arguments]
        return subprocess.run(command, env={**os.environ, **settings}, capture_output=True, check=True).stdout

    def modified(self, _path):
        return 0

    def _blob(self, identifier):
        return self._git("cat-file", "blob", identifier)[:READ]

    def _read(self, path):
        return self._blob(self._objects[path])
