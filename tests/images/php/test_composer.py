import contextlib
import io
import json
import os
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.abspath(os.path.join(os.path.dirname(__file__), "../../../images/php/composer")))
sys.dont_write_bytecode = True

import muster_composer as composer  # noqa: E402

# What Composer 2.8 prints.
BY_LOCK = """
    Failed to download phpunit/phpunit from dist: curl error 6 while downloading https://api.github.com/repos/x/zipball/1: Could not resolve host: api.github.com
    Now trying to download from source
    fatal: unable to access 'https://github.com/phpstan/phpstan.git/': Could not resolve host: github.com
""".splitlines()
WITHOUT_LOCK = """
  curl error 28 while downloading https://repo.packagist.org:443/packages.json: Connection timed out after 10 milliseconds
""".splitlines()
BY_GIT = ["fatal: unable to access 'https://git.example/a.git/': Failed to connect to git.example port 443 after 3 ms: x"]


class Unreached(unittest.TestCase):
    def test_the_host_that_packages_come_from(self):
        for lines, host in (
            (BY_LOCK, "api.github.com"),
            (WITHOUT_LOCK, "repo.packagist.org"),
            (BY_GIT, "git.example"),
            (['The "https://repo.example/packages.json" file could not be downloaded (HTTP/2 404 )'], None),
            (["fatal: unable to access 'https://git.example/a.git/': The requested URL returned error: 403"], None),
            (["  Problem 1", "    - phpunit/phpunit 12 requires php >=8.5 -> your php version (8.4) does not satisfy"], None),
            ([*BY_LOCK, "Generating optimized autoload files", "Script x returned with error code 1"], None),
        ):
            with self.subTest(lines[-1]):
                self.assertEqual(composer.unreached(lines), host)


class SiteOnly(unittest.TestCase):
    def test_leaves_out_development_packages_alone(self):
        tools, framework = {"php": "*", "phpunit/phpunit": "*"}, {"php": "*", "slim/slim": "*"}
        for require, development, locked, expected in (
            ({}, tools, True, ["install", "--no-dev"]),
            (framework, tools, True, ["install", "--no-dev"]),
            ({"php": "*", "ext-gmp": "*"}, tools, False, ["dump-autoload", "--no-dev"]),
            # The site needs what could not be had.
            (framework, tools, False, None),
            (framework, {"php": "*"}, True, None),
        ):
            with self.subTest(require=require, locked=locked):
                command = composer.site_only({"require": require, "require-dev": development}, locked)
                self.assertEqual(command and [word for word in command if word in (expected or ())], expected)
        self.assertIsNone(composer.site_only({"require-dev": []}, True))


@contextlib.contextmanager
def project(script):
    """A folder with development packages and a lock, where SCRIPT is Composer."""
    before, path = os.getcwd(), os.environ["PATH"]
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder, "bin", "composer")
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\necho \"$@\" >> calls\n{script}\n")
        program.chmod(0o755)
        manifest = {"require": {"php": "*"}, "require-dev": {"phpunit/phpunit": "*"}}
        pathlib.Path(folder, "composer.json").write_text(json.dumps(manifest))
        pathlib.Path(folder, "composer.lock").write_text("{}")
        os.chdir(folder)
        os.environ["PATH"] = f"{program.parent}:{path}"
        try:
            yield pathlib.Path(folder)
        finally:
            os.chdir(before)
            os.environ["PATH"] = path


def run():
    """(status, answer or None, last line of the errors) of the command"""
    out, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
        status = composer.main()
    answer = [line.removeprefix("answer: ") for line in out.getvalue().splitlines() if line.startswith("answer: ")]
    return status, json.loads(answer[-1]) if answer else None, errors.getvalue().strip()


OUT_OF_REACH = "echo 'curl error 6 while downloading https://github.example/x: no'; exit 100"
FAILS_WHOLE = f"case $* in *--no-dev*) mkdir -p vendor; touch vendor/autoload.php ;; *) mkdir -p vendor/half; {OUT_OF_REACH} ;; esac"


class Command(unittest.TestCase):
    def calls(self, folder):
        return len((folder / "calls").read_text().splitlines())

    def test_all_that_is_asked_for(self):
        with project("exit 0") as folder:
            self.assertEqual(run(), (0, {"host": None, "packages": [], "more": 0}, ""))
            self.assertEqual(self.calls(folder), 1)

    def test_what_the_site_needs_where_the_rest_is_out_of_reach(self):
        with project(FAILS_WHOLE) as folder:
            self.assertEqual(run(), (0, {"host": "github.example", "packages": ["phpunit/phpunit"], "more": 0}, ""))
            self.assertEqual(os.listdir(folder / "vendor"), ["autoload.php"])

    def test_what_was_committed_stays(self):
        with project(FAILS_WHOLE) as folder:
            (folder / "vendor").mkdir()
            (folder / "vendor" / "own.php").touch()
            run()
            self.assertTrue((folder / "vendor" / "own.php").exists())

    def test_fails_where_the_site_needs_it_too(self):
        with project(OUT_OF_REACH) as folder:
            self.assertEqual(run(), (100, None, "muster: github.example is out of reach"))
            self.assertEqual(self.calls(folder), 2)

    def test_any_other_failure_is_one(self):
        with project("echo 'Script phpunit returned with error code 2'; exit 2") as folder:
            self.assertEqual(run(), (2, None, ""))
            self.assertEqual(self.calls(folder), 1)


if __name__ == "__main__":
    unittest.main()
