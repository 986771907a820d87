"""Changes that the CI has yet to hear of: one file each, whose names sort in the order of the pushes.

A file is first written under another name, so that a kill leaves no half-written one. "N.json" was never sent;
"N.sent.json" was sent, and may have arrived.
"""

import contextlib
import fcntl
import json
import os
import time

WIDTH = 20


class Spool:
    def __init__(self, root="/srv/git/.spool"):
        self.root = root
        self.aside = os.path.join(root, "refused")
        os.makedirs(root, exist_ok=True)

    @contextlib.contextmanager
    def lock(self, name, seconds=None):
        """Yields whether it got the lock in time."""
        deadline = None if seconds is None else time.monotonic() + seconds
        with open(os.path.join(self.root, "." + name), "a", encoding="utf-8") as file:
            had = True
            if deadline is None:
                fcntl.flock(file, fcntl.LOCK_EX)
            else:
                while True:
                    try:
                        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                        break
                    except BlockingIOError:
                        if time.monotonic() >= deadline:
                            had = False
                            break
                        time.sleep(0.02)
            yield had

    def entries(self):
        """The names of the files, oldest first."""
        return sorted(name for name in os.listdir(self.root) if name.endswith(".json") and name[0] != ".")

    def read(self, entry):
        with open(os.path.join(self.root, entry), encoding="utf-8") as file:
            return json.load(file)

    def add(self, change):
        """Needs the lock "write"; returns the new file's name."""
        newest = max((int(name[:WIDTH]) for name in self.entries()), default=0)
        # The clock may have been set back.
        number = max(time.time_ns(), newest + 1)
        entry = f"{number:0{WIDTH}d}.json"
        write(os.path.join(self.root, entry), change)
        return entry

    def mark_sent(self, entry):
        sent = entry[:WIDTH] + ".sent.json"
        os.rename(os.path.join(self.root, entry), os.path.join(self.root, sent))
        return sent

    def mark_unsent(self, entry):
        os.rename(os.path.join(self.root, entry), os.path.join(self.root, entry[:WIDTH] + ".json"))

    def set_aside(self, entry):
        """Keeps a change that the CI will never take, for somebody to look at."""
        os.makedirs(self.aside, exist_ok=True)
        os.rename(os.path.join(self.root, entry), os.path.join(self.aside, entry[:WIDTH] + ".json"))

    def waits(self, entry):
        return any(name[:WIDTH] == entry[:WIDTH] for name in self.entries())

    def is_aside(self, entry):
        return os.path.exists(os.path.join(self.aside, entry[:WIDTH] + ".json"))

    def remove(self, entry):
        os.unlink(os.path.join(self.root, entry))


def was_sent(entry):
    return entry.endswith(".sent.json")


def write(path, value):
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.new")
    with open(temporary, "w", encoding="utf-8") as file:
        json.dump(value, file)
        file.flush()
        os.fsync(file.fileno())
    os.rename(temporary, path)
