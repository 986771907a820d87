import contextlib
import io
import json
import os
import subprocess
import tempfile
import unittest
from unittest import mock

import yaml

from muster_worker import act, jobs, planning, pushes, runtimes, workflows

PUSH = {"branch": "main", "default": "main", "repository": "team/app", "revision": "0" * 40, "actor": "alice"}
LINUX = "runs-on: ubuntu-latest"
NOTHING = {"jobs": 0, "left_out": [], "failed": [], "allowed": [], "notes": []}
ODD = ("", "x", "${{ github.event[github.event] == 'x' }}", [], ["x"], [["x"]], [{"push": "x"}], {}, {"x": {}})
# Of everything that is looked at, something.
FULL = {
    "name": "full",
    "on": {"push": {"branches": ["main"], "paths": ["x"]}},
    "env": {"A": "b"},
    "defaults": {"run": {"shell": "bash"}},
    "jobs": {
        "first": {
            "runs-on": ["ubuntu-latest"],
            "if": "github.ref == 'x'",
        },
        "second": {
            "needs": ["first"],
            "name": "x",
            "runs-on": {"group": "x", "labels": ["linux"]},
            "env": {"A": "b"},
            "defaults": {"run": {"shell": "bash"}},
            "strategy": {"matrix": {"v": ["1", "2"], "exclude": [{"v": "1"}], "include": [{"v": "3"}]}},
            "services": {"db": {"image": "mysql", "ports": ["3306:3306"], "env": {"A": "b"}}},
            "continue-on-error": "true",
            "steps": [
                {"uses": "actions/checkout@v4", "with": {"repository": "x"}},
                {"uses": "shivammathur/setup-php@v2", "with": {"php-version": "8.4", "extensions": "x", "tools": "y"}},
                {"uses": "actions/setup-node@v4", "with": {"node-version": "24"}},
                {"run": "true", "shell": "bash", "env": {"A": "b"}, "if": "success()"},
            ],
        },
        "called": {"uses": "./called.yml", "with": {"os": "linux"}, "secrets": {"x": "y"}},
    },
}


def places(value, path=()):
    """The path of each value within a value."""
    yield path
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from places(value[key], (*path, key))


def changed(value, path, new):
    """A copy of a value with another one at a path."""
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = changed(value[path[0]], path[1:], new)
    return copy


@contextlib.contextmanager
def here():
    with (
        mock.patch.object(runtimes, "here", lambda runtime: "8.4.28"),
        mock.patch.object(runtimes, "extensions", frozenset),
    ):
        yield


def plan_of(given, message="", called=""):
    context = workflows.context_of({**PUSH, "commit": {"message": message}})
    with here(), tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/called.yml", "w", encoding="utf-8") as file:
            file.write(called)
        return planning.of(jobs.load(f"jobs: {{{given}}}"), context, folder)


class Messages(unittest.TestCase):
    def test_the_words_of_a_commit_are_no_commands_of_a_job(self):
        message = "${{ github.event.head_commit.message }}"
        for name, job in (
            ("in a script", f"steps: [{{run: 'echo \"{message}\"'}}]"),
            ("whole", "steps: [{run: 'echo ${{ github.event.head_commit }}'}]"),
            ("through the job's variables", f"env: {{M: '{message}'}}, steps: [{{run: 'echo ${{{{ env.M }}}}'}}]"),
        ):
            with self.subTest(name):
                plan = plan_of(f"a: {{{LINUX}, {job}}}", "please sudo make php7.4 run")
                self.assertEqual((plan.chosen, plan.left_out), (["a"], []))

    def test_a_condition_still_reads_them(self):
        job = f"a: {{{LINUX}, if: \"contains(github.event.head_commit.message, '[deploy]')\"}}"
        self.assertEqual((plan_of(job, "[deploy] it").chosen, plan_of(job, "it").skipped), (["a"], ["a"]))


class Pushes(unittest.TestCase):
    def test_what_git_knows_of_a_commit(self):
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            for command in (
                ["init", "--quiet"],
                ["-c", "user.name=Alice", "-c", "user.email=a@b.example", "commit", "--quiet", "--allow-empty"]
                + ["--message=One\n\nTwo"],
            ):
                subprocess.run(["git", *command], check=True)
            self.assertEqual(
                pushes.commit_of("HEAD"),
                {"message": "One\n\nTwo", "author": {"name": "Alice", "email": "a@b.example"}},
            )


class Called(unittest.TestCase):
    def test_odd_values_are_told(self):
        for inner in ("uses: [x]", "uses: {x: y}"):
            with self.subTest(inner):
                [told] = plan_of("a: {uses: ./called.yml}", called=f"jobs: {{inner: {{{inner}}}}}").left_out
                self.assertIn("it calls ./called.yml, where inner: it calls the remote workflow", told["reasons"][0])


class Files(unittest.TestCase):
    """What becomes of files with workflows, of which one after the other is taken up."""

    def answer(self, *texts, events=None):
        """(status, what muster-workflows says at the end, its log) of a push with these files.

        Each job passes with these events of act; without any, it fails.
        """

        def run(_, teller):
            for event in events or ():
                teller.line(json.dumps(event))
            return events is not None

        with (
            here(),
            tempfile.TemporaryDirectory() as folder,
            contextlib.chdir(folder),
            mock.patch.object(workflows, "EVENT", "event.json"),
            mock.patch.object(workflows, "REWRITTEN", "rewritten"),
            mock.patch.object(pushes, "commit_of", lambda revision: {"message": "", "author": {"name": "alice"}}),
            mock.patch.object(act, "run", run),
            mock.patch.object(workflows.answers, "tell") as tell,
            contextlib.redirect_stdout(io.StringIO()) as out,
        ):
            os.makedirs(workflows.FOLDER)
            for number, text in enumerate(texts):
                with open(f"{workflows.FOLDER}/{number}.yml", "w", encoding="utf-8") as file:
                    file.write(text)
            status = workflows.main({**PUSH, "files": None})
        return status, tell.call_args.args[0], out.getvalue()

    def test_a_job_that_ran_is_not_told_as_skipped(self):
        def event(job, name):
            return {"job": job, "jobID": name, "matrix": {}, "step": "Set up job", "msg": "x"}

        own, called = "a: {%s}" % LINUX, "a: {uses: ./called.yml}"
        for name, job, events, skipped in (
            ("", own, [event("0.yml/a", "a")], ""),
            ("name: ''", own, [event("0.yml/a", "a")], ""),
            ("name: ~", own, [event("0.yml/a", "a")], ""),
            ("name: '~'", own, [event("~/a", "a")], ""),
            ("name: ' CI'", own, [event(" CI/a", "a")], ""),
            ("name: CI", own, [], "Skipped: CI / a"),
            ("name: a", called, [event("a/Called/inner", "inner")], ""),
            ("name: a", called, [{**event("a/Called/inner", "inner"), "msg": f"{act.PASSED_OVER} x", "step": ""}], ""),
            ("name: a", called, [], "Skipped: a / a"),
        ):
            with self.subTest(name, job=job, events=events):
                text = f"on: push\n{name}\njobs: {{{job}}}"
                with mock.patch.object(jobs, "_read", lambda path: {"jobs": {"inner": {"runs-on": "linux"}}}):
                    _, answer, log = self.answer(text, events=events)
                self.assertEqual((answer["failed"], answer["jobs"]), ([], 0 if skipped else 1))
                self.assertIn(skipped, log)
                self.assertEqual("Skipped" in log, bool(skipped))

    def test_a_condition_that_asks_for_what_only_github_knows_is_told(self):
        for condition, asked in (
            ("contains(github.event.commits[0].message, '[e2e]')", "github.event.commits"),
            ("${{ success() && GitHub['event'].created }}", "github.event.created"),
            ("always() && github.event.head_commit.author.username == 'x'", "github.event.head_commit.author.username"),
            ("success() && github.event.repository.private", "github.event.repository.private"),
            ("success() && github.event.commits[0] && github.event.before", "github.event.before, github.event.commits"),
            # GitHub has none of these at a push, and knows the others as well as they are known here.
            ("success() && github.event.pull_request.draft", ""),
            ("success() && github.event.head_commit.message == 'github.event.commits'", ""),
            ("success() && github.event.deleted", ""),
            ("success() && github.event.head_commit.author.name == 'x'", ""),
        ):
            with self.subTest(condition):
                text = f"on: push\nname: CI\njobs: {{a: {{{LINUX}, if: {json.dumps(condition)}}}, b: {{{LINUX}, needs: a}}}}"
                _, answer, log = self.answer(text, events=[])
                reasons = [f"its condition asks for {asked}, not known here"]
                told = [{"job": "CI / a", "reasons": reasons}, {"job": "CI / b", "reasons": ["it needs the job a"]}]
                self.assertEqual((answer["left_out"], answer["jobs"]), (told, 2) if asked else ([], 0))
                self.assertEqual("Skipped" in log, not asked)

    def test_jobs_that_need_each_other_are_no_workflow(self):
        for given, circle in (
            ("a: {%s, needs: b}, b: {%s, needs: a}" % (LINUX, LINUX), "a, b, a"),
            ("a: {%s, needs: [a]}" % LINUX, "a, a"),
            ("a: {%s}, b: {%s, needs: [a, c]}, c: {%s, needs: b}" % (LINUX, LINUX, LINUX), "b, c, b"),
        ):
            with self.subTest(given):
                status, answer, log = self.answer(f"on: push\njobs: {{{given}}}")
                self.assertEqual((status, answer["failed"], answer["jobs"]), (1, ["0.yml"], 0))
                self.assertIn(f"0.yml: not a workflow: its jobs need each other: {circle}", log)

    def test_what_github_does_not_start_is_not_looked_at(self):
        for job in ("release: ", "release: {needs: release}", "release: {uses: [x]}"):
            with self.subTest(job):
                self.assertEqual(self.answer(f"on: workflow_dispatch\njobs: {{{job}}}")[:2], (0, NOTHING))
                self.assertEqual(self.answer(f"on: push\njobs: {{{job}}}")[0], 1)

    def test_no_odd_value_ends_what_looks_at_all_of_them(self):
        for place in places(FULL):
            given = [*(changed(FULL, place, odd) for odd in ODD), {"on": "push", "jobs": {"a": {"runs-on": "linux"}}}]
            with (
                self.subTest(place=place),
                # The text of none of them matters, and YAML takes its time.
                mock.patch.object(yaml, "load", side_effect=given),
                mock.patch.object(yaml, "dump", return_value=""),
            ):
                self.assertEqual(self.answer(*("" for _ in given))[1]["failed"][-1], f"{len(ODD)}.yml / a")
