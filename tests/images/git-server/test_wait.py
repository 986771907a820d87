import unittest

import support  # noqa: F401
import wait

SUCCESS, WARNINGS, FAILURE, SKIPPED = range(4)


def build(results, said):
    return {"results": results, "state_string": said, "started_at": 10, "complete_at": 13}


class Verdicts(unittest.TestCase):
    def test_of_a_build(self):
        for results, said, expected in (
            (SUCCESS, "build successful", "passed after 3 s"),
            (SUCCESS, "build successful live: 20260131T120000Z-0123456789ab", "passed after 3 s (live: 2026013"),
            (WARNINGS, "warnings 3 of 5 jobs not run", "passed, 3 of 5 jobs not run, after 3 s"),
            (WARNINGS, "warnings 1 of 2 jobs not run live: x", "passed, 1 of 2 jobs not run, after 3 s (live: x)"),
            (WARNINGS, "warnings phpunit not run live: x", "passed, phpunit not run, after 3 s (live: x)"),
            (
                WARNINGS,
                "warnings phpunit not run api/: pest not run 1 of 2 jobs not run live: x",
                "passed, phpunit not run, api/: pest not run, 1 of 2 jobs not run, after 3 s (live: x)",
            ),
            (WARNINGS, "warnings 'php lint' (warnings)", "passed with warnings after 3 s ('php lint' (warnings))"),
            (FAILURE, "failed CI / a failed; 1 of 2 jobs not run", "FAILED after 3 s (CI / a failed; 1 of 2 jobs not"),
            (FAILURE, "failed 'phpunit' (failure)", "FAILED after 3 s ('phpunit' (failure))"),
        ):
            with self.subTest(said):
                self.assertTrue(wait.verdict(build(results, said)).startswith(expected), wait.verdict(build(results, said)))


class Logs(unittest.TestCase):
    def test_the_cause_is_there_whatever_else_was_said(self):
        said = ["PHP Parse error: unexpected ; in a.php on line 1"]
        said += [f"PHP Deprecated: optional parameter in z{number}.php" for number in range(60)]
        said += ["Deprecated: 7 time(s)"]
        said += ["npm warn deprecated x@1"] * 3 + ["", 'answer: {"jobs": 1}']
        self.assertEqual(
            wait.shortened(said),
            ["PHP Deprecated: 60 time(s)", "npm warn: 3 time(s)", said[0], "Deprecated: 7 time(s)"],
        )

    def test_only_the_last_lines_are_told_and_long_ones_are_cut(self):
        told = wait.shortened([*(f"line {number}" for number in range(100)), "x" * 5000])
        self.assertEqual(len(told), 25)
        self.assertEqual((told[0], len(told[-1])), ("line 76", 300))

    def test_what_is_no_answer_stays(self):
        self.assertEqual(wait.shortened(['{"a": 1}', "[1]", "answer\x1b[31m: {}"]), ['{"a": 1}', "[1]"])


class Told(unittest.TestCase):
    """What a pusher reads, from a CI that answers with what it has."""

    def setUp(self):
        self.said = []
        self.wait = wait.Wait({"api": "", "ci": "http://ci.x", "secret": ""}, self.said.append)
        self.wait.api = self
        self.builds = [{"buildid": 1, "builderid": 2, "number": 7, "complete": True, **build(FAILURE, "failed tests")}]
        self.builds[0]["properties"] = {
            "survey": ["PHP site\nwarning: Jenkinsfile is not run", "checkout"],
            "not_deployed": ["tested; live is built from main", "checkout"],
            "not_run": [["CI / a: it uses sudo"], "workflows"],
            "workflow_remarks": [["CI / b: PHP 8.4.28 is here in place of 8.3"], "workflows"],
        }
        self.steps = [self.step(1, "worker_preparation", SUCCESS), self.step(2, "checkout", SUCCESS)]

    def step(self, number, name, results):
        said = {"stepid": number, "name": name, "results": results, "complete": True, "hidden": False}
        return {**said, "started_at": 0, "complete_at": 1}

    def find(self, *_):
        return 5

    def get(self, path, **_):
        return {
            "/changes/5/builds": {"builds": self.builds},
            "/builds/1": {"builds": self.builds},
            "/builds/1/steps": {"steps": self.steps},
            "/builds/1/triggered_builds": {"builds": []},
            "/steps/3/logs": {"logs": [{"logid": 9, "num_lines": 2, "type": "s"}]},
            "/logs/9/contents": {"logchunks": [{"content": "oone\neFAILURES!\n"}]},
        }[path]

    def until(self, get, *_, **__):
        return get()

    def test_npm_says_why_it_failed_and_not_how_it_is_used(self):
        said = ["npm error code EUSAGE", "npm error", "npm error Missing: vite@8 from lock file", "npm error"]
        said += ["npm error Clean install a project", "npm error Usage:", "npm error npm ci", "npm error --dry-run"]
        said += ["npm error A complete log of this run can be found in: /var/lib/x.log", "done"]
        self.assertEqual(
            wait.shortened(said), ["npm error code EUSAGE", "npm error Missing: vite@8 from lock file", "done"]
        )

    def test_by_a_push_that_does_not_wait(self):
        self.wait.until = self.until
        self.wait.glance("app", "main", "0" * 40)
        self.assertEqual(
            self.said, ["PHP site", "warning: Jenkinsfile is not run", "tested; live is built from main"]
        )

    def test_a_host_that_is_out_of_reach(self):
        for said, host in (
            ("  : Could not resolve host: github.com", "github.com"),
            ("npm error request failed, reason: getaddrinfo ENOTFOUND registry.npmjs.org", "registry.npmjs.org"),
            ("curl error 6: Could not resolve host: repo.packagist.org", "repo.packagist.org"),
            ("NameResolutionError: Failed to resolve 'pypi.org' ([Errno -2])", "pypi.org"),
            ("could not resolve the conflict", None),
        ):
            with self.subTest(said):
                self.assertEqual(wait.unreached([said]), host)
        broken = ["  curl error 6 while downloading https://repo.packagist.org/packages.json: Co  "]
        broken += ["  uld not resolve host: repo.packagist.org       ", "", "install [--prefer-source]"]
        self.assertEqual(wait.unreached(broken), "repo.packagist.org")

    def test_what_was_not_installed(self):
        said = {**self.step(6, "api: composer install", WARNINGS), "state_string": "api/: pest not run: x is out of reach"}
        self.steps += [said, {**self.step(7, "api: pest", SKIPPED)}]
        self.builds[0] |= build(WARNINGS, "warnings api/: pest not run")
        self.wait.until = self.until
        self.wait.follow("app", "main", "0" * 40)
        self.assertEqual(
            self.said[-4:],
            [
                "  api: composer install: passed with warnings (1 s)",
                "  | api/: pest not run: x is out of reach",
                "  api: pest: skipped (1 s)",
                "passed, api/: pest not run, after 3 s",
            ],
        )

    def test_by_one_that_waits_with_the_cause_last(self):
        self.steps += [self.step(4, "workflows", WARNINGS), self.step(3, "phpunit", FAILURE)]
        self.wait.until = self.until
        self.wait.follow("app", "main", "0" * 40)
        self.assertEqual(
            self.said[1:],
            [
                "PHP site",
                "warning: Jenkinsfile is not run",
                "tested; live is built from main",
                "  checkout: passed (1 s)",
                "not run: CI / a: it uses sudo",
                "CI / b: PHP 8.4.28 is here in place of 8.3",
                "  workflows: passed with warnings (1 s)",
                "  phpunit: FAILED (1 s)",
                "  | one",
                "  | FAILURES!",
                "FAILED after 3 s (tests)",
            ],
        )
