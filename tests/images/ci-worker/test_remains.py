import os
import tempfile
import unittest

from muster_worker import remains

# Root may do everything; the worker is not root.
NOBODY = 65534


def as_nobody(action):
    """Does something as a user who is bound by permissions."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            if os.getuid() == 0:
                os.setuid(NOBODY)
            action()
            status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    if status != 0:
        raise AssertionError(f"it ended with {status}")


def deep():
    for _ in range(60):
        os.mkdir("d" * 200)
        os.chdir("d" * 200)


class Remove(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir="/tmp")
        self.addCleanup(folder.cleanup)
        self.top = f"{folder.name}/top"
        os.chmod(folder.name, 0o777)

    def gone(self, leave):
        def both():
            os.mkdir(self.top)
            os.chdir(self.top)
            leave()
            os.chdir("/")
            remains.empty(self.top)

        as_nobody(both)
        self.assertEqual(os.listdir(self.top), [])

    def test_folders_without_permissions(self):
        for mode in (0o555, 0):
            with self.subTest(mode=mode):

                def leave(mode=mode):
                    os.makedirs("a/b")
                    os.close(os.open("a/b/c", os.O_CREAT))
                    os.chmod("a/b", mode)
                    os.chmod("a", mode)

                self.gone(leave)
                os.rmdir(self.top)

    def test_the_folder_itself_without_permissions(self):
        self.gone(lambda: (os.mkdir("a"), os.chmod(".", 0)))

    def test_names(self):
        for name in ("-rf", "a\nb", "\udcff", " ", "*", "..."):
            with self.subTest(name):
                self.gone(lambda name=name: os.makedirs(f"{name}/x"))
                os.rmdir(self.top)

    def test_a_tree_deeper_than_a_path_may_be_long(self):
        self.gone(deep)

    def test_links_are_not_followed(self):
        outside = os.path.dirname(self.top) + "/outside"
        os.mkdir(outside)
        os.mkdir(f"{outside}/stays")
        self.gone(lambda: os.symlink(outside, "link"))
        self.assertEqual(os.listdir(outside), ["stays"])

    def test_what_is_kept(self):
        for name in ("mirrors", "link", "other"):
            os.makedirs(f"{self.top}/real/{name}")
        os.symlink("real", f"{self.top}/kept")
        remains.empty(self.top, keep=("kept", "real"))
        self.assertEqual(os.listdir(self.top), ["real"])


class Known(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = f"{folder.name}/mirrors"
        os.makedirs(f"{self.top}/app.git/refs")
        self.file = f"{self.top}/app.git/HEAD"
        with open(self.file, "w", encoding="ascii") as file:
            file.write("ref")
        self.known = remains.Known(self.top)
        self.known.learn_all()

    def left(self):
        self.known.drop_strange()
        return os.listdir(self.top)

    def test_what_nobody_touched_stays(self):
        self.assertEqual(self.left(), ["app.git"])
        self.assertEqual(self.left(), ["app.git"])

    def test_what_somebody_touched_goes(self):
        def write():
            seen = os.stat(self.file)
            with open(self.file, "r+", encoding="ascii") as file:
                file.write("REF")
            # As somebody does it who hides the change.
            os.utime(self.file, ns=(seen.st_atime_ns, seen.st_mtime_ns))

        def replace():
            with open(f"{self.top}/new", "w", encoding="ascii") as file:
                file.write("REF")
            os.rename(f"{self.top}/new", self.file)

        tricks = {
            "write": write,
            "replace": replace,
            "a new file": lambda: os.mkdir(f"{self.top}/app.git/refs/replace"),
            "a file less": lambda: os.unlink(self.file),
            "a link to a file": lambda: os.link(self.file, f"{os.path.dirname(self.top)}/link-{os.urandom(4).hex()}"),
            "mode": lambda: os.chmod(self.file, 0o755),
            "another folder": lambda: (os.rename(f"{self.top}/app.git", f"{self.top}/old"), os.mkdir(f"{self.top}/app.git")),
            "a link in its place": lambda: (
                os.rename(f"{self.top}/app.git", f"{self.top}/old"),
                os.symlink("old", f"{self.top}/app.git"),
            ),
            "a link in the place of all": lambda: (os.rename(self.top, f"{self.top}2"), os.symlink(f"{self.top}2", self.top)),
        }
        for name, trick in tricks.items():
            with self.subTest(name):
                self.setUp()
                trick()
                self.assertEqual(self.left(), [])
                self.assertFalse(os.path.islink(self.top))

    def test_a_folder_that_was_never_known_goes(self):
        os.mkdir(f"{self.top}/other.git")
        self.assertEqual(self.left(), ["app.git"])

    def test_a_worker_that_begins_trusts_nothing(self):
        self.known = remains.Known(self.top)
        self.assertEqual(self.left(), [])

    def test_learning_one_entry_trusts_no_other(self):
        os.mkdir(f"{self.top}/other.git")
        os.mkdir(f"{self.top}/third.git")
        self.known.learn("other.git")
        self.assertEqual(sorted(self.left()), ["app.git", "other.git"])
