import unittest

from muster_ci.answers import read


class Answers(unittest.TestCase):
    def test_read(self):
        for status, output, errors, expected in (
            (0, 'app main\nanswer: {"revision": "a"}\n', "", {"revision": "a"}),
            (0, 'answer: {"revision": "a"}', "muster: only a warning\n", {"revision": "a"}),
            (0, 'app main\nanswer: {"revision":\nanswer:  "a"}\n', "", {"revision": "a"}),
            (0, 'answer: {"revision": "a"}\nmore\n', "", None),
            (3, 'skipped\nanswer: {"message": "newer"}\n', "", {"message": "newer"}),
            (1, "migrating\n", "no such column\nmuster: not deployed: x\n", {"message": "not deployed: x"}),
            (1, "", "Traceback\nKeyError: 'x'\n", None),
            (1, "", "", None),
            (0, "done\n", "muster: only a warning\n", None),
            (0, "answer: [1]\n", "", None),
            (0, "answer: 7\n", "", None),
        ):
            with self.subTest(status=status, output=output, errors=errors):
                self.assertEqual(read(status, output, errors), expected)
