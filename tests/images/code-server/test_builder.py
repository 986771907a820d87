import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

for part in ("php/survey", "code-server/builder"):
    sys.path.insert(0, os.path.abspath(os.path.join(os.path.dirname(__file__), "../../../images", part)))
sys.dont_write_bytecode = True

import muster_builder as builder  # noqa: E402

BUILD = "mkdir -p dist && cp page.txt dist/index.html"


def package(build=BUILD, **more):
    return json.dumps({"scripts": {"build": build}, "devDependencies": {"vite": "7"}, **more})


class InAWorkspace(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.workspace = os.path.realpath(folder.name)
        self.app = f"{self.workspace}/app"
        for name, value in (("WORKSPACE", self.workspace), ("STATE", f"{self.workspace}/.muster"), ("POLITE", ())):
            patch = mock.patch.object(builder, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        self.write("package.json", package())
        self.write("page.txt", "one")
        # What an install leaves; packages come from the network.
        os.makedirs(f"{self.app}/node_modules")
        self.age("page.txt", "package.json", seconds=100)

    def write(self, name, text):
        os.makedirs(os.path.dirname(f"{self.app}/{name}"), exist_ok=True)
        with open(f"{self.app}/{name}", "w", encoding="utf-8") as file:
            file.write(text)

    def age(self, *names, seconds):
        for name in names:
            os.utime(f"{self.app}/{name}", (time.time() - seconds,) * 2)

    def commit(self, *names):
        for words in (
            ("init", "-q"),
            ("add", "-f", *names),
            ("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"),
        ):
            subprocess.run(("git", "-C", self.app, *words), check=True)

    def build(self, key="1"):
        """What was said of a build, None where none was needed; "later" where somebody is at work."""
        build = builder.Build("app", key)
        needed = build.needed()
        if needed is None:
            return "later"
        if not needed:
            return None
        build.run()
        return build.said()

    def page(self):
        with open(f"{self.app}/dist/index.html", encoding="utf-8") as file:
            return file.read()


class Packages(InAWorkspace):
    """Of Composer: a program in its place writes what it would."""

    def setUp(self):
        super().setUp()
        os.unlink(f"{self.app}/package.json")
        self.write("composer.json", '{"require": {"slim/slim": "4"}}')
        self.program("mkdir -p vendor && touch vendor/autoload.php")
        patch = mock.patch.dict(os.environ, {"PATH": f"{self.workspace}/bin:{os.environ['PATH']}"})
        patch.start()
        self.addCleanup(patch.stop)

    def program(self, script):
        os.makedirs(f"{self.workspace}/bin", exist_ok=True)
        with open(f"{self.workspace}/bin/muster-composer", "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n{script}\n")
        os.chmod(f"{self.workspace}/bin/muster-composer", 0o755)

    def test_that_a_site_needs_are_installed_once(self):
        self.assertEqual(self.build()["state"], "built")
        self.assertTrue(os.path.exists(f"{self.app}/vendor/autoload.php"))
        self.assertIsNone(self.build("2"))

    def test_that_cannot_be_had_are_tried_again_after_a_change(self):
        self.program("echo no host; exit 1")
        said = self.build()
        self.assertEqual((said["state"], said["command"], said["why"]), ("failed", "composer install", "failed with status 1"))
        self.assertIsNone(self.build())
        self.assertEqual(self.build("2")["state"], "failed")

    def test_that_nothing_needs_are_left_to_the_member(self):
        for name, text in (("composer.json", '{"require-dev": {"phpunit/phpunit": "12"}}'), ("muster.yaml", "own: manual")):
            with self.subTest(name):
                self.write(name, text)
                self.assertIsNone(self.build())
                self.write("composer.json", '{"require": {"slim/slim": "4"}}')

    def test_come_before_a_front_end(self):
        self.write("package.json", package("test -e vendor/autoload.php && mkdir dist && touch dist/index.html"))
        self.age("package.json", seconds=100)
        self.assertEqual(self.build()["state"], "built")


class Builds(InAWorkspace):
    def test_what_is_not_built_is_built_once(self):
        self.assertEqual(self.build()["state"], "built")
        self.assertEqual(self.page(), "one")
        self.assertIsNone(self.build())
        os.unlink(f"{self.app}/dist/index.html")
        self.assertEqual(self.build()["state"], "built")

    def test_sources_newer_than_the_output_are_built_after_a_commit(self):
        self.build()
        self.age("dist/index.html", seconds=50)
        self.write("page.txt", "two")
        self.commit("page.txt", "package.json")
        self.assertIsNone(self.build(), "nothing was committed or pulled")
        self.assertEqual(self.build("2")["state"], "built")
        self.assertEqual(self.page(), "two")

    def test_an_output_of_the_members_own_that_is_newer_stays(self):
        self.write("dist/index.html", "mine")
        self.assertIsNone(self.build())
        self.age("dist/index.html", seconds=200)
        self.assertEqual(self.build()["state"], "built")

    def test_an_output_that_is_committed_stays(self):
        self.write("dist/index.html", "committed")
        self.age("dist/index.html", seconds=200)
        self.commit("dist/index.html", "package.json", "page.txt")
        self.assertIsNone(self.build())

    def test_one_who_is_at_work_there_is_waited_for(self):
        with tempfile.TemporaryDirectory() as programs:
            os.symlink("/bin/sleep", f"{programs}/node")
            running = subprocess.Popen([f"{programs}/node", "60"], cwd=self.app)
            try:
                # Its command line is there a moment after it was started.
                while not pathlib.Path(f"/proc/{running.pid}/cmdline").read_bytes():
                    pass
                self.assertEqual(self.build(), "later")
                with open(f"{self.workspace}/.muster/builds/app.json", encoding="utf-8") as file:
                    self.assertEqual(json.load(file)["why"], f'"60" is running in {self.app}')
            finally:
                running.kill()
                running.wait()
        self.assertEqual(self.build()["state"], "built")

    def test_what_is_not_to_be_built(self):
        for files in ({"muster.yaml": "own: manual"}, {"muster.yaml": "onw: x"}, {"package.json": "{}"}):
            with self.subTest(files=files):
                for name, text in files.items():
                    self.write(name, text)
                self.assertIsNone(self.build())

    def test_a_failure_says_its_last_lines_and_is_not_repeated(self):
        usage = "npm error Usage:\\nnpm error npm ci"
        self.write("package.json", package(f"echo broken here; printf '{usage}'; exit 3"))
        self.age("package.json", seconds=100)
        said = self.build()
        self.assertEqual((said["state"], said["command"], said["why"]), ("failed", "npm run build", "failed with status 3"))
        self.assertEqual(said["last"].splitlines()[-1], "broken here")
        self.assertIsNone(self.build())
        self.assertEqual(self.build("2")["state"], "failed")

    def test_a_build_that_wrote_no_page_and_one_that_takes_too_long(self):
        self.write("package.json", package("true"))
        self.age("package.json", seconds=100)
        self.assertRegex(self.build()["why"], "wrote no index.html to dist")
        self.write("package.json", package("sleep 60"))
        self.age("package.json", seconds=100)
        with mock.patch.object(builder, "POLITE", ("timeout", "1")):
            self.assertRegex(self.build("2")["why"], "took longer than")

    def test_passwords_stay_out_of_it(self):
        self.write("package.json", package("env > said.txt; " + BUILD))
        self.age("package.json", seconds=100)
        with mock.patch.dict(os.environ, {"GIT_PASSWORD": "hush", "DB_NAME": "app"}):
            self.build()
        with open(f"{self.app}/said.txt", encoding="utf-8") as file:
            said = file.read()
        self.assertNotIn("hush", said)
        self.assertIn("DB_NAME=app", said)


class Workspaces(InAWorkspace):
    def test_a_member_is_built_behind_what_it_depends_on(self):
        self.write("package.json", json.dumps({"workspaces": ["apps/*", "packages/*"]}))
        self.write("node_modules/.package-lock.json", "{}")
        self.write("packages/ui/package.json", package("echo ui > built", name="ui"))
        build = "mkdir dist; cp ../../packages/ui/built dist/index.html"
        self.write("apps/web/package.json", package(build, dependencies={"ui": "*"}))
        self.write("apps/web/index.html", '<script type="module" src="/main.js"></script>')
        self.age("package.json", seconds=200)
        self.assertEqual(self.build()["state"], "built")
        with open(f"{self.app}/apps/web/dist/index.html", encoding="utf-8") as file:
            self.assertEqual(file.read(), "ui\n")


class Installs(InAWorkspace):
    def installed(self):
        build = builder.Build("app", "1")
        build.needed()
        return build.installed()

    def test_when_the_packages_are_older_than_the_lock(self):
        self.assertTrue(self.installed())
        self.write("package-lock.json", "{}")
        self.age("node_modules", seconds=50)
        self.assertFalse(self.installed())
        self.write("node_modules/.package-lock.json", "{}")
        self.age("package-lock.json", seconds=10)
        self.assertTrue(self.installed())


class Wanted(InAWorkspace):
    def test_what_the_web_server_wrote_down(self):
        self.assertEqual(builder.wanted(), [])
        os.makedirs(f"{self.workspace}/.muster")
        with open(f"{self.workspace}/.muster/frontends", "w", encoding="utf-8") as file:
            file.write("app\t1-2\t0\n../x\t1\t0\nbroken\n")
        self.assertEqual(builder.wanted(), [("app", "1-2")])

    def test_a_command_is_shown_as_it_is_typed(self):
        self.assertEqual(builder.shown(["muster-node", "pnpm@9", "install", "--x"]), "pnpm install --x")
        self.assertEqual(builder.shown(["npm", "run", "build"]), "npm run build")
