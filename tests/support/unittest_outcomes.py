"""Runs the unit tests of the working folder, and writes what became of each to file descriptor 3, as JSON."""

import json
import os
import unittest


class Outcomes(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.of = {}

    def startTest(self, test):
        super().startTest(test)
        self.outcome(test)

    def outcome(self, test):
        # A subtest counts as part of its test.
        name = getattr(test, "test_case", test).id()
        return self.of.setdefault(name, {"id": name, "problems": [], "skipped": False})


outcomes = Outcomes()
unittest.defaultTestLoader.discover(".").run(outcomes)
for test, problem in outcomes.failures + outcomes.errors:
    outcomes.outcome(test)["problems"].append(problem)
for test in outcomes.unexpectedSuccesses:
    outcomes.outcome(test)["problems"].append("succeeded unexpectedly")
for test, _ in outcomes.skipped:
    outcomes.outcome(test)["skipped"] = True
with os.fdopen(3, "w", encoding="utf-8") as report:
    json.dump(list(outcomes.of.values()), report)
