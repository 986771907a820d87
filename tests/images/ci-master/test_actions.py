import unittest

from muster_ci.actions import is_members


class Actions(unittest.TestCase):
    def test_what_members_may_do(self):
        for path, action, expected in (
            (("builds", 7), "stop", True),
            (("builds", 7), "rebuild", True),
            (("builders", 1, "builds", 3), "stop", True),
            (("builders", "app", "builds", 3), "STOP", True),
            (("buildrequests", 7), "cancel", True),
            (("forceschedulers", "build"), "force", True),
            (("workers", 1), "stop", False),
            (("workers", "deployer"), "stop", False),
            (("workers", 1), "kill", False),
            (("workers", 1), "pause", False),
            (("builders", 1, "workers", 2), "stop", False),
            (("masters", 1, "builders", 1, "workers", 2), "stop", False),
            (("workers", "builds"), "stop", False),
            (("masters", 1), "stop", False),
            (("schedulers", 1), "enable", False),
            (("builds", 7), "get", False),
        ):
            with self.subTest(path=path, action=action):
                self.assertEqual(is_members(path, action), expected)
