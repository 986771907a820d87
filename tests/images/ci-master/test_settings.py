import json
import unittest

from muster_ci.names import Invalid
from muster_ci.settings import SECRETS, TeamStep, of_environment

COMPLETE = {
    "TEAM": "demo",
    "CI_URL": "http://ci.localhost:8080/",
    "GIT_INTERNAL_URL": "http://demo-git:8080",
    "GIT_ACCOUNT_URL": "http://demo-git:8080/-/account",
    "CI_LIVE": json.dumps({"repositories": {"app": "deployer", "blog": "deployer-blog"}, "others": None}),
    **{name: f"secret of {name}" for name in (*SECRETS, "DEPLOYER_PASSWORD", "DEPLOYER_BLOG_PASSWORD")},
}


def problems(**changes):
    try:
        of_environment({**COMPLETE, **changes})
    except Invalid as error:
        return str(error).split("\n")
    return []


class Settings(unittest.TestCase):
    def test_defaults(self):
        settings = of_environment(COMPLETE)
        self.assertEqual(settings.url, "http://ci.localhost:8080")
        self.assertEqual(settings.workers, ("worker-1",))
        self.assertEqual((settings.pipeline.deploy_branch, settings.pipeline.anonymous), ("main", True))
        self.assertTrue(settings.pipeline.deploys)
        self.assertEqual(settings.repository_url("app"), "http://demo-git:8080/app.git")
        self.assertNotIn("secret of", repr(settings))

    def test_the_team_s_pipeline(self):
        given = {
            "deployBranch": "live", "timeout": 60, "steps": [{"name": "audit", "command": "composer audit"}],
            "environment": {"A": "b"}, "dist": "public/build", "anonymous": False,
            "deploys": False,
        }
        pipeline = of_environment({**COMPLETE, "CI_SETTINGS": json.dumps(given), "CI_WORKERS": "3"}).pipeline
        self.assertEqual((pipeline.deploy_branch, pipeline.timeout, pipeline.dist), ("live", 60, "public/build"))
        self.assertEqual(pipeline.steps, (TeamStep("audit", "composer audit"),))
        self.assertFalse(pipeline.anonymous)
        self.assertFalse(pipeline.deploys)

    def test_each_repository_has_a_deployer_of_its_own(self):
        settings = of_environment(COMPLETE)
        self.assertEqual(settings.live.deployers, ["deployer", "deployer-blog"])
        self.assertEqual([settings.live.deployer(name) for name in ("app", "blog", "new")],
                         ["deployer", "deployer-blog", None])
        self.assertEqual(settings.secrets["DEPLOYER_BLOG_PASSWORD"], "secret of DEPLOYER_BLOG_PASSWORD")
        shared = json.dumps({"repositories": {"app": "deployer"}, "others": "deployer"})
        self.assertEqual(of_environment({**COMPLETE, "CI_LIVE": shared}).live.deployer("new"), "deployer")

    def test_bad_deployers(self):
        for given in (
            "{", "[]", "{}", '{"repositories": []}', '{"repositories": {"app": "worker-1"}}', '{"others": 1}',
        ):
            with self.subTest(given):
                self.assertGreater(len(problems(CI_LIVE=given)), 0)
        self.assertEqual(problems(CI_LIVE="{}", CI_SETTINGS='{"deploys": false}'), [])
        self.assertEqual(problems(DEPLOYER_BLOG_PASSWORD=""), ["missing environment variable: DEPLOYER_BLOG_PASSWORD"])

    def test_every_problem_at_once(self):
        found = problems(CI_URL="", WORKER_PASSWORD="", CI_WORKERS="0", GIT_INTERNAL_URL="ftp://x")
        self.assertEqual(len(found), 4)

    def test_bad_settings(self):
        for given in (
            "{", "[]", '{"unknown": 1}', '{"timeout": 1}', '{"timeout": true}', '{"deployBranch": "a b"}',
            '{"dist": "../x"}', '{"anonymous": "no"}', '{"environment": {"A B": ""}}', '{"environment": {"A": 1}}',
            '{"steps": [{"name": "x"}]}', '{"steps": [{"name": "x", "command": " "}]}', '{"steps": {}}',
        ):
            with self.subTest(given):
                self.assertEqual(len(problems(CI_SETTINGS=given)), 1)
