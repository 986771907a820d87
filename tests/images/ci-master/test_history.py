import datetime
import json
import os
import subprocess
import sys
import tempfile
import unittest

from muster_ci import history

NOON = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.UTC)


class History(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "releases.jsonl")

    def test_entries_are_appended(self):
        self.assertEqual(history.show(self.path), [])
        history.record(history.entry("app", "deploy", release="r1", by="alice"), self.path, NOON)
        history.record(history.entry("app", "rollback", release="r0", by="bob", subject="broken"), self.path, NOON)
        first, second = map(json.loads, history.show(self.path))
        self.assertEqual((first["time"], first["action"], first["by"], first["problem"]),
                         ("2026-01-31T12:00:00Z", "deploy", "alice", ""))
        self.assertEqual((second["release"], second["subject"]), ("r0", "broken"))
        self.assertEqual(os.stat(self.path).st_mode & 0o777, 0o600)

    def test_the_end_of_a_long_history(self):
        for number in range(100):
            history.record(history.entry("app", "deploy", release=f"r{number}"), self.path, NOON)
        found = [json.loads(line)["release"] for line in history.show(self.path, last=1000)]
        self.assertLess(len(found), 10)
        self.assertEqual(found, [f"r{number}" for number in range(100 - len(found), 100)])

    def test_a_line_stays_a_line(self):
        history.record(history.entry("app", "deploy", subject="two\nlines \u2028" + "x" * 9000), self.path)
        (line,) = history.show(self.path)
        self.assertEqual(len(json.loads(line)["subject"]), history.LONGEST)

    def test_a_line_that_was_cut_is_left_out(self):
        history.record(history.entry("app", "deploy"), self.path)
        with open(self.path, "a", encoding="ascii") as file:
            file.write('{"time": "2026')
        self.assertEqual(len(history.show(self.path)), 1)
        history.record(history.entry("app", "rollback"), self.path)
        self.assertEqual([json.loads(line)["action"] for line in history.show(self.path)], ["deploy", "rollback"])

    def test_what_is_no_entry(self):
        with self.assertRaises(ValueError):
            history.entry("app", "remove")
        with self.assertRaises(ValueError):
            history.entry("app", "deploy", colour="red")

    def test_as_a_command(self):
        folder = os.path.dirname(os.path.dirname(history.__file__))
        done = subprocess.run([sys.executable, "-m", "muster_ci.history"], cwd=folder, stderr=subprocess.PIPE, check=False)
        self.assertIn(b"show|record", done.stderr)
        self.assertNotEqual(done.returncode, 0)
