import contextlib
import os
import subprocess
import sys
import tarfile
import tempfile
import unittest
from unittest import mock

sys.path.append(os.path.abspath(os.path.join(os.path.dirname(__file__), "../../../images/php/survey")))

from muster_worker import package


@contextlib.contextmanager
def folder(files, links=()):
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        for path in files:
            os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(path)
        for path, target in links:
            os.symlink(target, path)
        try:
            yield
        finally:
            os.chdir(before)


def found(pack, vendor=None, dist=None):
    projects = [{"composer": {"vendor": vendor}}] if vendor else []
    return {"pack": pack, "projects": projects, "site": {"dist": dist}}


def packed(survey, committed=(), writable=()):
    with tarfile.open("package.tar", "w") as archive:
        for path, fresh in package.built(survey, "dist"):
            package.add(archive, path, fresh, set(committed), set(writable))
    with tarfile.open("package.tar") as archive:
        return sorted(archive.getnames())


class Packed(unittest.TestCase):
    def test_packages_and_output_replace_what_the_commit_has(self):
        with folder(["vendor/a.php", "dist/index.html", "src/main.js"]):
            names = packed(found(["dist", "vendor"], "vendor", "dist"), committed=["dist/index.html"])
            self.assertEqual(names, ["dist/index.html", "vendor/a.php"])

    def test_a_document_root_keeps_the_commit_s_files(self):
        with folder(["public/index.php", "public/build/app.js", "public/uploads/test.png"]):
            names = packed(found(["public"]), committed=["public/index.php"], writable=["public/uploads"])
            self.assertEqual(names, ["public/build/app.js"])

    def test_the_repository_as_document_root(self):
        with folder(["index.html", "css/a.css", "node_modules/a/b.js", ".git/config"]):
            names = packed(found(["."]), committed=["index.html"])
            self.assertEqual(names, ["css/a.css"])

    def test_a_link_out_is_left(self):
        with folder(["a"], links=[("dist", "/etc")]):
            self.assertEqual(packed(found(["dist"], dist="dist")), [])


if __name__ == "__main__":
    unittest.main()


class ThroughGit(unittest.TestCase):
    def test_what_a_build_wrote_into_its_home_changes_nothing(self):
        def git(*arguments):
            subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments], check=True)

        with folder(["a.txt", "home/marker"]), mock.patch.dict(os.environ, {"HOME": os.path.abspath("home")}):
            git("init", "--quiet", "own")
            os.rename("a.txt", "own/a.txt")
            git("-C", "own", "add", "--all")
            git("-C", "own", "commit", "--quiet", "--message=a")
            for path, text in (
                ("home/.gitconfig", '[core]\nattributesFile = ~/all\n[filter "x"]\nsmudge = touch ~/ran\n'),
                ("home/all", "* export-ignore filter=x\n"),
            ):
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
            with open("package.tar", "wb") as file:
                subprocess.run(
                    package.archive_of("own/.git", "HEAD"), env=package.environment(), stdout=file, check=True
                )
            with tarfile.open("package.tar") as archive:
                self.assertEqual(archive.extractfile("a.txt").read(), b"a.txt")
            self.assertFalse(os.path.exists("home/ran"))
