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
from muster_worker.page import Answer
from muster_worker.releases import ANCESTORS_FILE, SURVEY_FILE, Refused

A, B = ("a" * 40, "b" * 40)


class Releases(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.live, self.shared = f"{folder.name}/live", f"{folder.name}/shared"
        os.mkdir(self.live)
        os.mkdir(self.shared)
        self.writable, self.links = [], []
        self.notes = []
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(folder.name)
        self.enterContext(mock.patch.object(deploy, "LIVE", self.live))
        self.enterContext(mock.patch.object(deploy, "SHARED", self.shared))

    def package(self, ancestors, files, links=()):
        survey = json.dumps({"writable": self.writable, "links": self.links, "lint": {"php": True}, "notes": self.notes})
        own = {ANCESTORS_FILE: "\n".join(ancestors), SURVEY_FILE: survey}
        with tarfile.open("package.tar", "w") as archive:
            for path, text in {**own, **files}.items():
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

    def test_a_package_that_lacks_what_the_worker_adds_is_refused(self):
        for lacking in (ANCESTORS_FILE, SURVEY_FILE):
            with self.subTest(lacking), tarfile.open("package.tar", "w") as archive:
                for name in {ANCESTORS_FILE, SURVEY_FILE} - {lacking}:
                    archive.addfile(tarfile.TarInfo(name))
            with self.subTest(lacking), self.assertRaisesRegex(Refused, f"the package lacks {lacking}: push again"):
                self.release(A)
            self.assertEqual(os.listdir(f"{self.live}/app/releases"), [])

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

    def writes(self, path, folder=True, refresh=False):
        self.writable.append({"path": path, "folder": folder, "refresh": refresh})

    def answers(self, *answers):
        """What the site answers, before the switch and after it, again and again."""
        self.enterContext(mock.patch.object(deploy.Delivery, "ask", side_effect=answers))

    def logged(self):
        with open(f"{self.live}/app/releases.log", encoding="utf-8") as log:
            return [json.loads(line) for line in log]

    def test_writable_folders_are_seeded_once_and_kept(self):
        self.writes("data")
        self.package([A], {"index.php": "", "data/first.txt": "of A"})
        self.release(A)
        for name, text in (("first.txt", "changed by the site"), ("upload.txt", "new")):
            with open(f"{self.live}/app/current/data/{name}", "w", encoding="utf-8") as file:
                file.write(text)
        self.package([B, A], {"index.php": "", "data/first.txt": "of B", "data/more/second.txt": "of B"})
        self.release(B)
        kept = {name: self.current(f"data/{name}") for name in ("first.txt", "upload.txt", "more/second.txt")}
        self.assertEqual(kept, {"first.txt": "changed by the site", "upload.txt": "new", "more/second.txt": "of B"})
        deploy.rollback({"project": "app", "release": "", "reason": "", "by": "alice"})
        self.assertEqual(self.current("data/upload.txt"), "new")

    def test_links_that_an_installer_would_make(self):
        self.writes("storage")
        link = {"path": "public/storage", "target": "storage/app/public"}
        self.links = [link, {"path": "no/where", "target": "x"}, {"path": "public/out", "target": "../../.."}]
        self.package([A], {"public/index.php": "", "storage/app/public/.gitignore": "*"})
        self.release(A)
        with open(f"{self.live}/app/current/storage/app/public/cat.png", "w", encoding="utf-8") as file:
            file.write("cat")
        self.assertEqual(self.current("public/storage/cat.png"), "cat")
        self.assertEqual(sorted(os.listdir(f"{self.live}/app/current/public")), ["index.php", "storage"])

    def test_code_in_a_writable_folder_is_the_releases(self):
        self.writes("plugins", refresh=True)
        self.package([A], {"index.php": "", "plugins/a.php": "A", "plugins/old/b.php": "A"})
        self.release(A)
        with open(f"{self.live}/app/current/plugins/own.php", "w", encoding="utf-8") as file:
            file.write("installed by the site")
        self.package([B, A], {"index.php": "", "plugins/a.php": "B"})
        self.release(B)
        self.assertEqual((self.current("plugins/a.php"), self.current("plugins/own.php")), ("B", "installed by the site"))
        self.assertFalse(os.path.exists(f"{self.live}/app/current/plugins/old/b.php"))
        deploy.rollback({"project": "app", "release": "", "reason": "", "by": "alice"})
        self.assertEqual((self.current("plugins/a.php"), self.current("plugins/old/b.php")), ("A", "A"))

    def served(self):
        with open(f"{self.live}/app/meta/{os.readlink(f'{self.live}/app/current').split('/')[1]}.json") as file:
            return json.load(file)["folder"]

    def test_an_installer_writes_beside_the_code(self):
        self.writes("config.php", folder=False)
        for revisions, how in (([A], "w"), ([B, A], None)):
            self.package(revisions, {"index.php": revisions[0]})
            self.release(revisions[0])
            folder = self.served()
            self.assertTrue(folder.startswith(f"{self.shared}/app/releases/"), folder)
            self.assertEqual(os.path.exists(f"{folder}/config.php"), how is None)
            if how:
                with open(f"{folder}/config.php", how, encoding="utf-8") as file:
                    file.write("written by the installer")
        with open(f"{self.served()}/config.php", encoding="utf-8") as file:
            self.assertEqual(file.read(), "written by the installer")

    def test_a_file_put_in_the_place_of_its_link_is_kept(self):
        self.writes("config.php", folder=False)
        self.package([A], {"index.php": ""})
        self.release(A)
        with open(f"{self.served()}/new", "w", encoding="utf-8") as file:
            file.write("renamed")
        os.rename(f"{self.served()}/new", f"{self.served()}/config.php")
        self.package([B, A], {"index.php": ""})
        self.release(B)
        with open(f"{self.shared}/app/files/config.php", encoding="utf-8") as file:
            self.assertEqual(file.read(), "renamed")

    def test_a_site_leads_the_deployer_nowhere(self):
        self.writes("data")
        os.mkdir(f"{self.live}/other")
        os.makedirs(f"{self.shared}/app/files")
        os.symlink(f"{self.live}/other", f"{self.shared}/app/files/data")
        self.package([A], {"index.php": "", "data/x.txt": "x"})
        self.release(A)
        self.assertEqual(os.listdir(f"{self.live}/other"), [])

    def test_links_of_a_migration_that_lead_out(self):
        def links(folder, _):
            os.symlink("/etc/passwd", f"{folder}/public/pw.txt")
            os.symlink(f"{folder}/data", f"{folder}/public/data")

        self.writes("data")
        self.package([A], {"public/index.php": ""})
        with mock.patch.object(deploy, "migrate", side_effect=links):
            status, answer = self.release(A, migrate=True)
        self.assertEqual(status, 4)
        self.assertIn("public/pw.txt was left out: it leads out of the release, to /etc/passwd", answer["message"])
        self.assertEqual(sorted(os.listdir(f"{self.live}/app/current/public")), ["data", "index.php"])

    def test_what_does_not_answer_is_not_called_live(self):
        remedy = "put one there, or set root in muster.yaml"
        self.notes = [{"level": "warning", "text": "no index file in public/", "remedy": remedy}]
        self.answers(None, Answer(404))
        self.package([A], {"public/a.txt": ""})
        status, answer = self.release(A)
        message = f"/ answers 404: no index file in public/: {remedy}"
        self.assertEqual((status, answer["message"]), (4, f"not working: {message}"))
        self.assertEqual(self.logged()[0]["problem"], message)

    def test_a_page_that_breaks_is_taken_back(self):
        self.answers(None, Answer(200), Answer(200), Answer(500, said="Fatal error in index.php:3"))
        self.package([A], {"index.php": "one"})
        _, first = self.release(A)
        self.package([B, A], {"index.php": "two"})
        with self.assertRaisesRegex(Refused, f"/ answers 500: Fatal error in index.php:3; {first['release']} is live"):
            self.release(B)
        self.assertEqual((self.current("index.php"), len(self.logged())), ("one", 1))
        self.assertEqual(os.listdir(f"{self.live}/app/releases"), [first["release"]])
        # The same commit may come again.
        self.answers(Answer(200), Answer(200))
        self.assertEqual(self.release(B)[0], 0)

    def test_a_page_that_was_broken_before_is_no_reason_to_go_back(self):
        self.answers(None, Answer(500), Answer(500), Answer(404))
        for revisions in ([A], [B, A]):
            self.package(revisions, {"index.php": revisions[0]})
            self.assertEqual(self.release(revisions[0])[0], 4)
        self.assertEqual(self.current("index.php"), B)

    def test_a_migration_waits_for_the_database(self):
        self.package([A], {"public/index.php": ""})
        with (
            mock.patch.dict(os.environ, {"DB_HOST": "db", "DB_PORT": "3307"}),
            mock.patch.object(deploy, "await_database", side_effect=Refused("away")) as awaited,
            mock.patch.object(deploy, "migrate") as migrate,
            self.assertRaises(Refused),
        ):
            self.release(A, migrate=True)
        awaited.assert_called_once_with("db", 3307)
        migrate.assert_not_called()

    def test_a_package_without_its_lists(self):
        with tarfile.open("package.tar", "w"):
            pass
        with self.assertRaisesRegex(Refused, "lacks .muster-ancestors"):
            self.release(A)

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
