import tempfile
import unittest
from unittest import mock

from muster_worker import jobs, planning, runtimes, workflows

PUSH = {"branch": "main", "default": "main", "repository": "team/app", "revision": "0" * 40, "actor": "alice"}
LINUX = "runs-on: ubuntu-latest"


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
