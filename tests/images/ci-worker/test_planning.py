import contextlib
import io
import os
import tempfile
import unittest
from unittest import mock

from muster_worker import act, jobs, planning, runtimes, workflows

PUSH = {"branch": "main", "default": "main", "repository": "team/app", "revision": "0" * 40, "actor": "alice"}
LINUX = "runs-on: ubuntu-latest"
NOTHING = {"jobs": 0, "left_out": [], "failed": [], "allowed": [], "notes": []}


def plan_of(given, message=""):
    context = workflows.context_of({**PUSH, "message": message})
    with (
        mock.patch.object(runtimes, "here", lambda runtime: "8.4.28"),
        mock.patch.object(runtimes, "extensions", frozenset),
        tempfile.TemporaryDirectory() as folder,
    ):
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


class Files(unittest.TestCase):
    """What becomes of files with workflows, of which one after the other is taken up."""

    def answer(self, *texts):
        """(status, what muster-workflows says at the end, its log) of a push with these files; act runs none of them."""
        with (
            tempfile.TemporaryDirectory() as folder,
            contextlib.chdir(folder),
            mock.patch.object(workflows, "EVENT", "event.json"),
            mock.patch.object(workflows, "REWRITTEN", "rewritten"),
            mock.patch.object(workflows, "message_of", lambda revision: ""),
            mock.patch.object(act, "run", lambda order, teller: False),
            mock.patch.object(workflows.answers, "tell") as tell,
            contextlib.redirect_stdout(io.StringIO()) as out,
        ):
            os.makedirs(workflows.FOLDER)
            for number, text in enumerate(texts):
                with open(f"{workflows.FOLDER}/{number}.yml", "w", encoding="utf-8") as file:
                    file.write(text)
            status = workflows.main({**PUSH, "files": None})
        return status, tell.call_args.args[0], out.getvalue()

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
