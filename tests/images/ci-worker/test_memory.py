import os
import tempfile
import unittest

from muster_worker import memory


class Memory(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.cgroup = folder.name

    def write(self, name, text):
        path = os.path.join(self.cgroup, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def test_a_step_whose_process_was_ended_says_so(self):
        self.write("memory.events", "oom 7\noom_kill 3\noom_group_kill 0\n")
        self.write("memory.max", f"{1024 * 2**20}\n")
        self.assertEqual(memory.killed(self.cgroup), 3)
        self.assertEqual(memory.line(3, self.cgroup), "")
        said = "of this step needed more than there is, and the worker has 1024 MiB\n"
        self.assertEqual(memory.line(2, self.cgroup), f"muster: out of memory: a process {said}")
        self.assertEqual(memory.line(1, self.cgroup), f"muster: out of memory: 2 processes {said}")

    def test_the_first_version_of_cgroups(self):
        self.write("memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n")
        self.write("memory/memory.limit_in_bytes", f"{512 * 2**20}\n")
        self.assertIn("has 512 MiB", memory.line(0, self.cgroup))

    def test_without_a_limit_or_without_cgroups(self):
        self.write("memory.events", "oom_kill 1\n")
        self.write("memory.max", "max\n")
        self.assertEqual(
            memory.line(0, self.cgroup), "muster: out of memory: a process of this step needed more than there is\n"
        )
        self.assertEqual(memory.line(0, "/nowhere"), "")
