import os
import tempfile
import unittest

from muster_worker import trust


class TrustedAuthorities(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.bundle = f"{folder.name}/certificates.crt"
        self.calls = f"{folder.name}/calls"
        program = f"{folder.name}/trust-authority"
        with open(program, "w", encoding="utf-8") as file:
            file.write(
                f'#!/bin/sh\necho "$AUTHORITY_URL ${{WORKER_PASSWORD-no password}}" >> {self.calls}\n'
                "touch $SSL_CERT_FILE.own\n"
            )
        os.chmod(program, 0o755)
        self.environ = {
            "PATH": f"{folder.name}:{os.environ['PATH']}",
            "AUTHORITY_URL": "http://gateway:8090/-/authority.crt",
            "SSL_CERT_FILE": self.bundle,
            "WORKER_PASSWORD": "secret",
        }

    def called(self):
        if not os.path.exists(self.calls):
            return []
        with open(self.calls, encoding="utf-8") as file:
            return file.read().splitlines()

    def test_they_are_there_before_a_command_and_again_when_a_build_was_cleared_away(self):
        trusted = trust.Trust(self.environ)
        trusted.establish()
        trusted.establish()
        self.assertEqual(self.called(), ["http://gateway:8090/-/authority.crt no password"])
        os.remove(f"{self.bundle}.own")
        trusted.establish()
        self.assertEqual(len(self.called()), 2)

    def test_without_an_authority_of_its_own_a_team_trusts_its_systems(self):
        del self.environ["AUTHORITY_URL"]
        trust.Trust(self.environ).establish()
        self.assertEqual(self.called(), [])
