import io
import json
import os
import socket
import tarfile
import tempfile
import threading
import unittest
from unittest import mock

from muster_worker import deploy
from muster_worker.releases import ANCESTORS_FILE, Refused

A, B = ("a" * 40, "b" * 40)


class Releases(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.live = folder.name
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(folder.name)
        self.enterContext(mock.patch.object(deploy, "LIVE", folder.name))

    def package(self, ancestors, files, links=()):
        with tarfile.open("package.tar", "w") as archive:
            for path, text in {ANCESTORS_FILE: "\n".join(ancestors), **files}.items():
                member = tarfile.TarInfo(path)
                member.size = len(text)
                archive.addfile(member, io.BytesIO(text.encode()))
            for path, target in links:
                member = tarfile.TarInfo(path)
                member.type, member.linkname = tarfile.SYMTYPE, target
                archive.addfile(member)

    def release(self, revision, migrate=False, tip=True, as_of=1.0):
        return deploy.release({
            "project": "app", "revision": revision, "author": "Alice", "subject": "s", "by": "alice", "tip": tip,
            "as_of": as_of, "migrate": migrate,
        })

    def current(self, file):
        with open(f"{self.live}/app/current/{file}", encoding="utf-8") as opened:
            return opened.read()

    def test_release(self):
        self.package([A], {"public/index.php": "one", "REVISION": "forged"})
        status, answer = self.release(A)
        self.assertEqual((status, answer["previous"]), (0, ""))
        self.assertEqual((self.current("public/index.php"), self.current("REVISION")), ("one", A + "\n"))
        self.assertFalse(os.path.exists(f"{self.live}/app/current/{ANCESTORS_FILE}"))

    def test_an_older_one_is_skipped(self):
        self.package([B, A], {"public/index.php": "two"})
        self.release(B, as_of=2.0)
        self.package([A], {"public/index.php": "one"})
        status, answer = self.release(A, as_of=1.0)
        self.assertEqual(status, 3)
        self.assertIn("newer", answer["message"])
        self.assertEqual(self.current("public/index.php"), "two")

    def test_a_failing_migration_leaves_the_site(self):
        self.package([A], {"public/index.php": "one"})
        self.release(A)
        self.package([B, A], {"public/index.php": "two"})
        with mock.patch.object(deploy, "migrate", side_effect=Refused("no")), self.assertRaises(Refused):
            self.release(B, migrate=True)
        self.assertEqual(self.current("public/index.php"), "one")
        self.assertEqual(len(os.listdir(f"{self.live}/app/releases")), 1)

    def test_what_leads_out_is_refused(self):
        for files, links in (
            ({"../escape": "x"}, ()),
            ({}, [("public/link", "/etc/passwd")]),
            ({}, [("link", "../../../other")]),
        ):
            with self.subTest(files=files, links=links), self.assertRaises(tarfile.TarError):
                self.package([A], files, links)
                self.release(A)
        self.assertFalse(os.path.exists(f"{self.live}/app/current"))

    def test_roll_back_and_record(self):
        self.package([A], {"public/index.php": "one"})
        first = self.release(A)[1]["release"]
        self.package([B, A], {"public/index.php": "two"})
        second = self.release(B)[1]["release"]
        order = {"project": "app", "release": "", "by": "bob", "reason": "broken"}
        self.assertEqual(deploy.rollback(order)[1]["release"], first)
        self.assertEqual(deploy.rollback({**order, "release": second})[1]["release"], second)
        with self.assertRaises(Refused):
            deploy.rollback({**order, "release": "20000101T000000Z-000000000000"})
        with open(f"{self.live}/app/releases.log", encoding="utf-8") as file:
            log = [json.loads(line) for line in file]
        self.assertEqual([entry["action"] for entry in log], ["deploy", "deploy", "rollback", "rollback"])
        self.assertEqual((log[2]["by"], log[2]["revision"]), ("bob", A))

    def test_after_a_rollback_only_what_is_new_goes_live(self):
        self.package([A], {"public/index.php": "one"})
        self.release(A)
        self.package([B, A], {"public/index.php": "two"})
        self.release(B, as_of=2.0)
        deploy.rollback({"project": "app", "release": "", "by": "bob", "reason": ""})
        self.package([A], {"public/index.php": "one"})
        self.assertEqual(self.release(A)[0], 3)


class Database(unittest.TestCase):
    def server(self, answers):
        """Listens from now on; each connection gets the next answer, and is closed."""
        listening = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listening.close)

        def serve():
            for answer in answers:
                connection, _ = listening.accept()
                with connection:
                    connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        return listening.getsockname()

    def test_a_database_that_greets_is_ready(self):
        deploy.await_database(*self.server([b"greeting"]), seconds=0)

    def test_one_that_starts_is_waited_for(self):
        with mock.patch("builtins.print") as said:
            deploy.await_database(*self.server([b"", b"", b"greeting"]), seconds=30, pause=0)
        self.assertEqual(said.call_count, 1)

    def test_one_that_never_comes_is_named(self):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            host, port = closed.getsockname()
        with self.assertRaisesRegex(Refused, f"does not answer at {host}:{port} \\(Connection refused\\)"):
            deploy.await_database(host, port, seconds=0)

    def test_a_migration_waits_for_it(self):
        environment = {"DB_HOST": "db", "DB_PORT": "3307"}
        with (
            mock.patch.dict(os.environ, environment),
            mock.patch.object(deploy, "await_database", side_effect=Refused("away")) as awaited,
            mock.patch.object(deploy.subprocess, "run") as run,
            self.assertRaises(Refused),
        ):
            deploy.migrate("/nowhere")
        awaited.assert_called_once_with("db", 3307)
        run.assert_not_called()
