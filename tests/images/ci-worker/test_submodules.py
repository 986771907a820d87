import os
import unittest
from unittest import mock

from muster_worker import submodules

BASE = "http://team-git:8080/app.git"
PUBLIC = "http://git.localhost:8080"


class Addresses(unittest.TestCase):
    @mock.patch.dict(os.environ, {"GIT_PUBLIC_URL": PUBLIC})
    def test_those_of_the_same_server_are_known(self):
        for url, name in (
            ("../lib.git", "lib"),
            ("../lib", "lib"),
            ("../lib/", "lib"),
            (f"{PUBLIC}/lib.git", "lib"),
            ("http://team-git:8080/my_lib.v2", "my_lib.v2"),
            ("./lib.git", None),
            ("../../lib.git", None),
            ("../other/lib.git", None),
            ("https://github.com/team/lib.git", None),
            ("http://git.localhost:8080.example.org/lib.git", None),
            ("../..", None),
            ("file:///etc", None),
            ("--upload-pack=x", None),
            ("ext::sh -c id", None),
        ):
            with self.subTest(url):
                found = submodules.own(submodules.resolve(url, BASE), BASE)
                self.assertEqual(found, name and (name, f"http://team-git:8080/{name}.git"))

    def test_an_upstream_s_neighbours(self):
        base = "https://github.com/our-team/app.git"
        self.assertEqual(
            submodules.own(submodules.resolve("../lib", base), base), ("lib", "https://github.com/our-team/lib.git")
        )
        self.assertIsNone(submodules.own(submodules.resolve("../../else/lib", base), base))
