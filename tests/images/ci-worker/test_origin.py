import io
import json
import os
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

sys.path.append(os.path.abspath(os.path.join(os.path.dirname(__file__), "../../../images/php/survey")))

from muster_worker import deploy, origin
from muster_worker.checkout import commit_of
from muster_worker.git import Failed, Git, environment_of
from muster_worker.releases import Refused

IDENTITY = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "Alice", "GIT_AUTHOR_EMAIL": "alice@example.org"}


class Repository(unittest.TestCase):
    """A repository with two commits on main, and one that nobody has merged."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.path = folder.name
        cls.git("init", "--quiet", "--initial-branch=main")
        cls.git("config", "uploadpack.allowFilter", "true")
        cls.first, cls.tip = cls.commit("first"), cls.commit("tip")
        cls.git("checkout", "--quiet", "-b", "idea")
        cls.unmerged = cls.commit("unmerged")

    @classmethod
    def git(cls, *arguments):
        committer = {name.replace("AUTHOR", "COMMITTER"): value for name, value in IDENTITY.items()}
        done = subprocess.run(
            ["git", "-C", cls.path, *arguments], env={**os.environ, **IDENTITY, **committer}, check=True,
            stdout=subprocess.PIPE,
        )
        return done.stdout.decode().strip()

    @classmethod
    def commit(cls, message):
        cls.git("commit", "--quiet", "--allow-empty", "--message", message)
        return cls.git("rev-parse", "HEAD")

    def origin(self, branch="main"):
        return {"url": f"file://{self.path}", "branch": branch, "user": "ci", "password": "p"}


class OfTheDeployBranch(Repository):
    def test_what_is_on_it(self):
        for revision, branch, expected in (
            (self.tip, "main", True),
            (self.first, "main", True),
            (self.unmerged, "main", False),
            (self.unmerged, "idea", True),
            ("0" * 40, "main", False),
            (self.tip, "gone", False),
            # ls-remote takes patterns.
            (self.unmerged, "*", False),
            (self.unmerged, "de", False),
        ):
            with self.subTest(revision=revision, branch=branch):
                self.assertEqual(origin.holds(self.origin(branch), revision), expected)

    def test_a_server_that_does_not_answer_allows_nothing(self):
        with self.assertRaisesRegex(Failed, "does not say what main is"):
            origin.holds({**self.origin(), "url": "file:///nowhere"}, self.tip)

    def test_the_deployer_believes_the_repository(self):
        order = {"revision": self.unmerged, "tip": True, "origin": self.origin()}
        with (
            tempfile.TemporaryDirectory() as live,
            mock.patch.object(deploy, "LIVE", live),
            mock.patch("sys.stdin", io.StringIO(json.dumps(order))),
            mock.patch.object(deploy.privacy, "seal"),
            mock.patch.object(deploy, "release") as release,
            self.assertRaisesRegex(Refused, f"{self.unmerged[:12]} is not on main"),
        ):
            deploy.main(["release"])
        release.assert_not_called()


class OfTheBranchThatIsBuilt(Repository):
    def test_a_commit_of_another_branch_is_not_built_as_this_one(self):
        git = Git(environment_of(self.path, "", ""))
        for revision in (self.tip, self.first, ""):
            self.assertEqual(commit_of(git, f"{self.path}/.git", "main", revision)[0], revision or self.tip)
        with self.assertRaisesRegex(Failed, "is not on main"):
            commit_of(git, f"{self.path}/.git", "main", self.unmerged)

    def test_replaced_objects_are_not_looked_at(self):
        self.git("replace", self.tip, self.first)
        self.addCleanup(self.git, "replace", "--delete", self.tip)
        git = Git(environment_of(self.path, "", ""))
        self.assertEqual(commit_of(git, f"{self.path}/.git", "main", self.tip)[3], "tip")
