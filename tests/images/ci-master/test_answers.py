import unittest

from muster_ci.answers import read


class Answers(unittest.TestCase):
    def test_read(self):
        for status, output, errors, expected in (
            (0, 'app main\n{"revision": "a"}\n', "", {"revision": "a"}),
            (0, '{"revision": "a"}', "muster: only a warning\n", {"revision": "a"}),
            (3, 'skipped\n{"message": "newer"}\n', "", {"message": "newer"}),
            (1, "migrating\n", "no such column\nmuster: not deployed: x\n", {"message": "not deployed: x"}),
            (1, "", "Traceback\nKeyError: 'x'\n", None),
            (1, "", "", None),
            (0, "done\n", "muster: only a warning\n", None),
            (0, "[1]\n", "", None),
            (0, "7\n", "", None),
        ):
            with self.subTest(status=status, output=output, errors=errors):
                self.assertEqual(read(status, output, errors), expected)
