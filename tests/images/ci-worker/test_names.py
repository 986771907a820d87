import os
import tempfile
import time
import unittest
from unittest import mock

from muster_worker import names


class PublicNames(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.domain = f"{folder.name}/domain"
        self.started = f"{folder.name}/started"
        patch = mock.patch.object(names, "DOMAIN", self.domain)
        patch.start()
        self.addCleanup(patch.stop)
        program = f"{folder.name}/public-forward"
        with open(program, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\necho "$1 ${{WORKER_PASSWORD-no password}}" >> {self.started}\nexec sleep 60\n')
        os.chmod(program, 0o755)
        self.environ = {
            "PATH": f"{folder.name}:{os.environ['PATH']}",
            "PUBLIC_DOMAIN": "dev.test",
            "PUBLIC_FORWARDS": "8080=gateway:8090",
            "WORKER_PASSWORD": "secret",
        }

    def await_starts(self, count):
        end = time.monotonic() + 10
        while time.monotonic() < end:
            if os.path.exists(self.started):
                with open(self.started, encoding="utf-8") as file:
                    lines = file.read().splitlines()
                if len(lines) == count:
                    return lines
            time.sleep(0.01)
        raise AssertionError("not started")

    def test_they_are_there_before_each_command_and_know_no_password(self):
        leading = names.Names(self.environ)
        leading.lead()
        self.addCleanup(lambda: [running.kill() or running.wait() for running in leading._forwards.values()])
        self.assertEqual(self.await_starts(1), ["8080=gateway:8090 no password"])
        # Another command, while it runs.
        leading.lead()
        with open(self.domain, encoding="utf-8") as file:
            self.assertEqual(file.read(), "dev.test\n")
        for running in leading._forwards.values():
            running.kill()
            running.wait()
        os.remove(self.domain)
        os.symlink("/dev/null", self.domain)
        leading.lead()
        self.await_starts(2)
        self.assertFalse(os.path.islink(self.domain))

    def test_without_a_gateway_nothing_is_led(self):
        names.Names({"PATH": self.environ["PATH"]}).lead()
        self.assertFalse(os.path.exists(self.domain))

