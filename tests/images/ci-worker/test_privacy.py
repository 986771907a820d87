import unittest

from muster_worker.privacy import descendants


class Processes(unittest.TestCase):
    def test_descendants(self):
        parent_of = {1: 0, 7: 1, 8: 7, 9: 8, 20: 1}
        self.assertEqual(descendants(parent_of, 7), {8, 9})
        self.assertEqual(descendants(parent_of, 20), set())
