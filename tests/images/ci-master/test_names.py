import unittest

from muster_ci import names, requests
from muster_ci.settings import Live

HEX = "0123456789abcdef0123456789abcdef01234567"
HOSTILE = ("../x", "a b", '"', "$(id)", "x" * 300, "", "\n", "-x", ".x", "a/../b", "a\x00b")


class Names(unittest.TestCase):
    def test_repositories(self):
        for value in ("app", "a", "my.app", "a-b_c", "0x", "a" * 64):
            self.assertEqual(names.repository(value), value)
        for value in (*HOSTILE, "a.git", "a.lock", "a..b", "App", "a/b", "app\n", "a" * 65, None, 3):
            with self.subTest(value), self.assertRaises(names.Invalid):
                names.repository(value)

    def test_branches(self):
        for value in ("main", "feature/a-b", "fix_1.2", "ärger", 'say"hi"', "$(id)", "a@b", "HEAD"):
            self.assertEqual(names.branch(value), value)
        for value in (
            "", "../x", "a b", "a..b", "-x", "/a", "a/", "a//b", ".a", "a/.b", "a.", "a.lock", "a.lock/b", "a~1", "a^",
            "a:b", "a?", "a*", "a[", "a\\b", "@", "a@{1}", "a\n", "a\x7f", "x" * 300, None,
        ):
            with self.subTest(value), self.assertRaises(names.Invalid):
                names.branch(value)

    def test_revisions(self):
        self.assertEqual(names.revision(HEX), HEX)
        for value in (*HOSTILE, HEX[:-1], HEX + "0", HEX.upper(), HEX[:-1] + "g", HEX + "\n", "main"):
            with self.subTest(value), self.assertRaises(names.Invalid):
                names.revision(value)

    def test_releases(self):
        self.assertEqual(names.release("20260131T120000Z-0123456789ab"), "20260131T120000Z-0123456789ab")
        for value in (*HOSTILE, "current", "../20260131T120000Z-0123456789ab", "20260131T120000Z-0123456789ab/.."):
            with self.subTest(value), self.assertRaises(names.Invalid):
                names.release(value)

    def test_folders(self):
        for value in ("dist", "public/build", "_site"):
            self.assertEqual(names.relative_folder(value), value)
        for value in ("", "/dist", "../dist", "a/../b", "a//b", ".git", "-x", "a b", None):
            with self.subTest(value), self.assertRaises(names.Invalid):
                names.relative_folder(value)


class Forms(unittest.TestCase):
    def refused(self, function, *values):
        with self.assertRaises(requests.Refused) as caught:
            function(*values)
        return sorted(caught.exception.problems)

    def test_build(self):
        self.assertEqual(requests.build(" app ", "main", ""), ("app", "main", None))
        self.assertEqual(requests.build("app", "main", HEX.upper()), ("app", "main", HEX))
        self.assertEqual(self.refused(requests.build, "../x", "main", ""), ["project"])
        self.assertEqual(self.refused(requests.build, "../x", "a b", "HEAD"), ["branch", "project", "revision"])
        self.assertEqual(self.refused(requests.build, "app", "main", "$(id)"), ["revision"])

    def test_rollback(self):
        live = Live({"app": "deployer"})
        self.assertEqual(requests.rollback("app", "", live), ("app", ""))
        self.assertEqual(self.refused(requests.rollback, "a/b", "", live), ["repository"])
        self.assertEqual(self.refused(requests.rollback, "", "..", live), ["release", "repository"])
        # Nobody would carry it out.
        self.assertEqual(self.refused(requests.rollback, "new", "", live), ["repository"])
