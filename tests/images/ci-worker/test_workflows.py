import unittest

from muster_worker import workflows


def workflow(text):
    return workflows.load(text)


class Starting(unittest.TestCase):
    def test_events(self):
        for on, expected in (
            ("on: push", True),
            ("on: [pull_request, push]", True),
            ("on: pull_request", False),
            ("on: {push: }", True),
            ("on: {push: {branches: [main]}}", True),
            ("on: {push: {branches: ['release/**']}}", False),
            ("on: {push: {branches: ['**', '!main']}}", False),
            ("on: {push: {branches-ignore: [ma*]}}", False),
            ("on: {push: {tags: [v*]}}", False),
            ("on: {schedule: [{cron: '0 0 * * *'}]}", False),
        ):
            with self.subTest(on):
                self.assertEqual(workflows.on_push(workflow(on + "\njobs: {}"), "main"), expected)

    def test_patterns(self):
        self.assertTrue(workflows.matches("feature/*", "feature/a"))
        self.assertFalse(workflows.matches("feature/*", "feature/a/b"))
        self.assertTrue(workflows.matches("feature/**", "feature/a/b"))
        self.assertFalse(workflows.matches("main", "maintenance"))


class Plans(unittest.TestCase):
    def plan(self, jobs):
        return workflows.plan({"jobs": jobs})

    def test_everything_runs(self):
        self.assertEqual(self.plan({"a": {"runs-on": "ubuntu-latest", "steps": [{"run": "true"}]}}), (None, {}))

    def test_what_cannot_run_is_named(self):
        for job, word in (
            ({"services": {"db": {}}}, "service containers (db)"),
            ({"container": "php:8"}, "container"),
            ({"runs-on": "windows-latest"}, "windows-latest"),
            ({"uses": "o/r/.github/workflows/x.yml@v1"}, "remote workflow"),
            ({"steps": [{"uses": "docker/login-action@v3"}]}, "remote action docker/login-action@v3"),
        ):
            with self.subTest(word):
                chosen, left_out = self.plan({"a": job})
                self.assertEqual(chosen, [])
                self.assertIn(word, left_out["a"][0])

    def test_what_is_known_runs(self):
        steps = [{"uses": "actions/checkout@v4"}, {"uses": "actions/setup-node@v4"}, {"uses": "./mine"}]
        self.assertEqual(self.plan({"a": {"steps": steps}})[1], {})

    def test_jobs_that_need_one_that_is_left_out(self):
        chosen, left_out = self.plan({
            "a": {"container": "x"}, "b": {"needs": "a"}, "c": {"needs": ["b"]}, "d": {}, "e": {"needs": "d"},
        })
        self.assertEqual(sorted(left_out), ["a", "b", "c"])
        self.assertEqual(chosen, ["e"])

    def test_stand_ins(self):
        found = workflows.stand_ins(workflow("jobs: {a: {steps: [{uses: actions/setup-node@v4}, {run: x}]}}"))
        self.assertEqual(found, [("actions/setup-node@v4", "/opt/muster/actions/setup-node")])

    def test_not_a_workflow(self):
        for text in ("[]", "a: b", "jobs: []"):
            with self.subTest(text), self.assertRaises(ValueError):
                workflow(text)
