import unittest

from muster_ci import findings
from muster_ci.settings import Live, Pipeline


def left_out(count):
    return [{"job": f"job {number}", "reasons": ["a", "b"]} for number in range(count)]


class Deployment(unittest.TestCase):
    def test_why_not(self):
        server = {"language": "Python", "file": "manage.py", "reason": "Django needs a server"}
        named = Live({"app": "deployer"})
        for kind, branch, expected in (
            ("php", "main", None),
            ("empty", "main", None),
            ("php", "master", "tested; live is built from main"),
            ("server", "main", "not deployed: Python is not served here: Django needs a server"),
        ):
            with self.subTest(kind=kind, branch=branch):
                self.assertEqual(
                    findings.not_deployed({"kind": kind, "server": server}, "app", branch, Pipeline(), named), expected
                )
        why = findings.not_deployed({"kind": "php"}, "app", "main", Pipeline(deploys=False), named)
        self.assertIn("no live site", why)

    def test_a_repository_that_nobody_named(self):
        why = findings.not_deployed({"kind": "php"}, "new", "main", Pipeline(), Live({"app": "deployer"}))
        self.assertIn("not deployed: new is not on the roster: add it to muster:repositories, or set", why)
        # The commit itself cannot be pushed again, and to rebuild it leads to the same worker.
        self.assertTrue(why.endswith('; then push another commit, or use the CI\'s form "Build a branch"'), why)
        self.assertEqual(findings.not_live("new", "main", Pipeline(), Live({"app": "deployer"})), why)
        shared = Live({"app": "deployer"}, "deployer")
        self.assertIsNone(findings.not_deployed({"kind": "php"}, "new", "main", Pipeline(), shared))

    def test_every_advice_is_one_that_helps(self):
        for said in (findings.NOT_LIVE_ANY_MORE, findings.TESTED_BESIDE, findings.PACKAGE_GONE):
            self.assertTrue(said.endswith(f": {findings.AGAIN}"), said)


class Jobs(unittest.TestCase):
    def test_what_was_not_run(self):
        self.assertEqual(findings.jobs({"jobs": 2, "left_out": []}), ("", []))
        self.assertEqual(
            findings.jobs({"jobs": 3, "left_out": left_out(2)}),
            ("2 of 3 jobs not run", ["job 0: a; b", "job 1: a; b"]),
        )
        self.assertEqual(findings.jobs({"jobs": 9, "left_out": left_out(9)})[1][-1], "… and 2 more")
        self.assertEqual(len(findings.jobs({"jobs": 8, "left_out": left_out(8)})[1]), 8)

    def test_remarks_that_are_cut_say_so(self):
        notes = [f"note {number}" for number in range(10)]
        self.assertEqual(findings.first(notes[:8]), notes[:8])
        self.assertEqual(findings.first(notes), [*notes[:7], "… and 3 more"])

    def test_what_it_means(self):
        for failed, count, lenient, unrunnable, expected in (
            ([], 0, False, "fail", ("passed", "")),
            ([], 1, False, "warn", ("warnings", "1 of 3 jobs not run")),
            ([], 1, True, "fail", ("failed", "1 of 3 jobs not run, which muster:ci.unrunnable forbids")),
            (["a"], 0, True, "warn", ("warnings", "a failed")),
            (["a", "b"], 1, False, "warn", ("failed", "a, b failed; 1 of 3 jobs not run")),
        ):
            with self.subTest(failed=failed, count=count, lenient=lenient, unrunnable=unrunnable):
                answer = {"jobs": 3, "left_out": left_out(count), "failed": failed, "allowed": []}
                self.assertEqual(findings.verdict(answer, lenient, unrunnable), expected)

    def test_where_no_job_ran_none_passed(self):
        answer = {"jobs": 0, "left_out": [], "failed": [], "allowed": []}
        self.assertEqual(findings.verdict(answer, False, "fail"), ("skipped", "no job is for this push"))

    def test_a_job_that_may_fail_is_told(self):
        answer = {"jobs": 2, "left_out": [], "failed": [], "allowed": ["ci / next"]}
        said = "ci / next failed, as continue-on-error allows"
        self.assertEqual(findings.verdict(answer, False, "fail"), ("warnings", said))
        self.assertEqual(findings.verdict({**answer, "failed": ["a"]}, False, "fail"), ("failed", f"a failed; {said}"))


class Installation(unittest.TestCase):
    def test_names_what_is_missing_and_what_was_not_run(self):
        for folder, tests, unrunnable, short, full in (
            (".", "phpunit", "warn", "phpunit not run", "phpunit not run: github.com is out of reach, from where composer"),
            ("api", None, "warn", "api/: development packages not installed", "from where api/composer.json has for"),
            ("api", "pest", "fail", "api/: pest not run, which muster:ci.unrunnable forbids", "forbids: github.com is out"),
        ):
            with self.subTest(folder=folder, tests=tests, unrunnable=unrunnable):
                answer = {"host": "github.com", "packages": ["a/a", "b/b"], "more": 0}
                said = findings.installation(answer, folder, tests, unrunnable)
                self.assertEqual(said[0], short)
                self.assertIn(full, said[1])
                self.assertTrue(said[1].endswith(" for development: a/a, b/b (a mirror: muster:mirrors.composer)"))

    def test_many_packages_are_counted(self):
        answer = {"host": "github.com", "packages": ["a/a"], "more": 3}
        self.assertIn(": a/a and 3 more (", findings.installation(answer, ".", None, "warn")[1])
