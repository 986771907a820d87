"""Who is ended when memory is used up."""

import subprocess
import unittest

from muster_worker import memory

SCORE = "/proc/self/oom_score_adj"


def own_score():
    with open(SCORE, encoding="ascii") as file:
        return int(file.read())


class Reactor:
    """As far as the worker starts processes with it."""

    def spawnProcess(self, command, fails=False):
        if fails:
            raise OSError("no more processes")
        return subprocess.run(command, capture_output=True, check=True, text=True).stdout


class StartExpendable(unittest.TestCase):
    def setUp(self):
        self.before = own_score()
        self.reactor = Reactor()
        memory.start_expendable(self.reactor)

    def test_commands_and_what_they_start_go_first(self):
        answer = self.reactor.spawnProcess(["sh", "-c", f"cat {SCORE}; sh -c 'cat {SCORE}'"])
        self.assertEqual(answer.split(), [str(max(memory.EXPENDABLE, self.before))] * 2)

    def test_the_worker_keeps_its_score(self):
        self.reactor.spawnProcess(["true"])
        self.assertEqual(own_score(), self.before)
        with self.assertRaises(OSError):
            self.reactor.spawnProcess(["true"], fails=True)
        self.assertEqual(own_score(), self.before)

    def test_commands_cannot_reach_it(self):
        links = self.reactor.spawnProcess(["sh", "-c", "ls -l /proc/self/fd"])
        self.assertNotIn("oom_score_adj", links)


if __name__ == "__main__":
    unittest.main()
