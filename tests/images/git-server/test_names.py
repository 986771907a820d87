import unittest

import support  # noqa: F401
import addresses
import names

NEW = "1" * 40


class Refs(unittest.TestCase):
    def refused(self, there, *made):
        return list(names.refusals([(names.ZERO, NEW, ref) for ref in made], there))

    def test_letters_that_look_alike_to_file_systems(self):
        for there, made in (
            ("refs/heads/größe", "refs/heads/GRÖSSE"),
            ("refs/heads/caf\u00e9", "refs/heads/cafe\u0301"),
            ("refs/tags/V1", "refs/tags/v1"),
            ("refs/heads/A/b", "refs/heads/a/c"),
            ("refs/heads/a", "refs/tags/A"),
        ):
            with self.subTest(made):
                self.assertEqual(len(self.refused([there], made)), 1)

    def test_names_that_windows_cannot_store(self):
        for made in ("refs/heads/aux", "refs/heads/fix/NUL.php", "refs/tags/com1", "refs/heads/a./b"):
            with self.subTest(made):
                self.assertRegex("".join(self.refused([], made)), "is no file's name on Windows")

    def test_what_is_well(self):
        for there, made in (
            ("refs/heads/a/b", "refs/heads/a/c"),
            ("refs/heads/a-b", "refs/heads/A"),
            ("refs/notes/a", "refs/heads/A"),
            ("refs/heads/a", "refs/tags/A1"),
            ("refs/heads/a", "refs/heads/auxiliary/com/console"),
        ):
            with self.subTest(made):
                self.assertEqual(self.refused([there], made), [])

    def test_a_branch_that_is_there_may_be_pushed_to_whatever_its_name(self):
        there = ["refs/heads/a", "refs/heads/A"]
        self.assertEqual(list(names.refusals([("2" * 40, NEW, "refs/heads/A")], there)), [])


class Addresses(unittest.TestCase):
    def test_repositories_without_a_site_of_their_own(self):
        for name, there in (
            ("blog", True),
            ("my_blog.v2", True),
            ("a" * 57, True),
            ("a" * 58, False),
            ("a--b", False),
            ("a_-b", False),
            ("a_", False),
        ):
            with self.subTest(name):
                self.assertEqual(addresses.missing(name, "app") is None, there)
        self.assertIsNone(addresses.missing("a--b", "a--b"))
