import contextlib
import io
import json
import os
import subprocess
import unittest
import unittest.mock

from support import Commit, Folder, package, repository, text

from muster_survey import survey
from muster_survey.__main__ import main

MONOREPO = {
    "web/index.php": "",
    "composer.json": '{"require": {"a/b": "1"}}',
    "composer.lock": "{}",
    "phpunit.xml": "",
    "frontend/package.json": package("vite build", development=["vite"], test="vitest run"),
    "frontend/package-lock.json": "{}",
    "tools/Makefile": "test:\n",
}


def run(*arguments):
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        status = main(list(arguments))
    return status, output.getvalue()


def git(folder, *arguments):
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", "-C", folder, *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
    )


class Text(unittest.TestCase):
    def test_one_line_says_what_happens(self):
        with repository(MONOREPO) as folder:
            self.assertEqual(
                run(folder),
                (
                    0,
                    (
                        "PHP site, document root web/ (found) · composer · phpunit · "
                        "frontend/: npm test, build → dist · "
                        "not tested: tools/ (Makefile)\n"
                    ),
                ),
            )

    def test_at_most_eight_lines(self):
        bad = "".join(f"key{number}: 1\n" for number in range(30))
        with repository({"muster.yaml": bad}) as folder:
            status, told = run(folder, "--text")
        self.assertEqual((status, len(told.splitlines())), (1, 8))
        self.assertEqual(told.splitlines()[-1], "… and 25 more")

    def test_nothing_in_it_reaches_the_terminal(self):
        with repository({"muster.yaml": 'root: "\\e[31m\\n"'}) as folder:
            self.assertNotIn("\x1b", run(folder)[1])


class Command(unittest.TestCase):
    def test_data(self):
        with repository(MONOREPO) as folder:
            status, told = run(folder, "--json")
        self.assertEqual(status, 0)
        self.assertEqual(
            set(json.loads(told)),
            {
                "version",
                "kind",
                "root",
                "start",
                "site",
                "server",
                "backend",
                "writable",
                "links",
                "pack",
                "projects",
                "lint",
                "own",
                "workflows",
                "notes",
                "faults",
            },
        )

    def test_a_commit_is_read_as_its_checkout_is(self):
        listed = {
            **MONOREPO,
            "htdocs": "→ web",
            "muster.yaml": "writable: [data]",
            "vendor/autoload.php": "",
            "node_modules/a/package.json": "{}",
            "파일.php": "",
        }
        with repository(listed) as folder:
            before = survey(Folder(folder))
            git(folder, "init", "--quiet")
            git(folder, "add", "--all", "--force")
            git(folder, "commit", "--quiet", "--message", "a")
            self.assertEqual(survey(Commit(folder, "HEAD")), before)
            self.assertEqual(survey(Commit(os.path.join(folder, ".git"), "HEAD")), before)
            with self.assertRaises(SystemExit), contextlib.redirect_stderr(io.StringIO()):
                run(folder, "--tree", "gone")


class Walk(unittest.TestCase):
    def test_no_link_is_followed_and_nothing_special_is_read(self):
        with repository({"index.php": "", "package.json": "→ /etc/passwd", "a": "→ /"}) as folder:
            os.mkfifo(os.path.join(folder, "composer.json"))
            found = survey(Folder(folder))
        self.assertEqual((found["kind"], found["projects"]), ("php", []))

    def test_many_files_are_judged_by_those_near_the_root(self):
        with repository({"index.php": ""}) as folder:
            os.mkdir(os.path.join(folder, "many"))
            for number in range(20):
                os.mknod(os.path.join(folder, "many", str(number)))
            with unittest.mock.patch("muster_survey.tree.LIMIT", 20):
                found = survey(Folder(folder))
        self.assertEqual(found["kind"], "php")
        self.assertIn("there are very many", json.dumps(found["notes"]))

    def test_a_folder_is_left_when_it_may_not_be_read(self):
        with repository(["index.php", "data/a"]) as folder:
            os.chmod(os.path.join(folder, "data"), 0)
            self.assertEqual(survey(Folder(folder))["kind"], "php")
            os.chmod(os.path.join(folder, "data"), 0o700)

    def test_text_of_a_server(self):
        with repository(["requirements.txt", "app.py"]) as folder:
            self.assertTrue(text.of(survey(Folder(folder))).startswith("not served here: Python (requirements.txt)"))


if __name__ == "__main__":
    unittest.main()
