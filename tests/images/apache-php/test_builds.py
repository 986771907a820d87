import json
import os
import tempfile
import unittest

from support import generator, write

PACKAGE = '{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "7"}}'


class FrontEnds(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = os.path.realpath(folder.name)
        self.workspace, self.output = f"{self.folder}/workspace", f"{self.folder}/output"
        os.makedirs(f"{self.output}/pages")
        os.makedirs(self.workspace)

    def generate(self, files=()):
        write(self.workspace, dict(files))
        generator.generate(self.output, "", self.workspace)

    def read(self, path):
        with open(f"{self.folder}/{path}", encoding="utf-8") as file:
            return file.read()

    def wanted(self):
        return [line.split("\t") for line in self.read("workspace/.muster/frontends").splitlines()]

    def said(self, **state):
        told = {"since": 1000.4, "command": "npm run build", "why": "", "last": "", "folder": "/w/app", "log": "/w/a.log"}
        write(self.workspace, {".muster/builds/app.json": json.dumps({**told, **state})})
        self.generate()
        return self.read("output/pages/app.html")

    def test_without_a_front_end_nothing_is_asked_for(self):
        self.generate({"app/index.php": "", "app/package.json": '{"scripts": {"build": "webpack"}}'})
        self.assertFalse(os.path.exists(f"{self.workspace}/.muster"))

    def test_each_front_end_and_what_changes_it(self):
        self.generate({"app/package.json": PACKAGE, "app/.git/logs/HEAD": "", "blog/index.php": ""})
        ((name, key, built),) = self.wanted()
        self.assertEqual((name, built), ("app", "0"))
        self.assertIn(f"{self.workspace}/app/.git/logs/HEAD\n", self.read("output/watched"))
        self.generate({"app/dist/index.html": ""})
        self.assertEqual(self.wanted(), [["app", key, "1"]])
        os.utime(f"{self.workspace}/app/.git/logs/HEAD", (1, 1))
        self.generate()
        self.assertNotEqual(self.wanted()[0][1], key)

    def test_packages_that_a_site_needs(self):
        self.generate({"app/index.php": "", "app/composer.json": '{"require-dev": {"phpunit/phpunit": "12"}}'})
        self.assertFalse(os.path.exists(f"{self.workspace}/.muster"))
        self.generate({"app/composer.json": '{"require": {"slim/slim": "4"}}', "app/.gitignore": "/vendor/"})
        ((name, key, there),) = self.wanted()
        self.assertEqual((name, there), ("app", "0"))
        for path in ("composer.lock", "vendor/autoload.php"):
            self.assertIn(f"{self.workspace}/app/{path}\n", self.read("output/watched"))
        self.generate({"app/vendor/autoload.php": ""})
        self.assertEqual(self.wanted(), [["app", key, "1"]])

    def test_what_is_left_to_the_member_or_to_a_server_of_node(self):
        for more in ({"muster.yaml": "own: manual"}, {"package.json": PACKAGE.replace("vite", "next")}):
            with self.subTest(more=more):
                self.generate({"app/package.json": PACKAGE})
                self.generate({f"app/{name}": text for name, text in more.items()})
                self.assertEqual(self.wanted(), [])
                self.assertNotIn("within seconds", self.read("output/pages/app.html"))
                write(self.workspace, {"app/muster.yaml": ""})

    def test_the_page_follows_the_build(self):
        self.generate({"app/package.json": PACKAGE})
        self.assertIn("installs and builds it within seconds", self.read("output/pages/app.html"))
        self.assertRegex(self.said(state="building"), r'<code>npm run build</code> has been running for <span data-since="1000">')
        page = self.said(state="failed", why="failed with status 1", last="<b>no such module</b>")
        self.assertIn("<code>npm run build</code> failed with status 1:", page)
        self.assertIn("<pre>&lt;b&gt;no such module&lt;/b&gt;</pre>", page)
        self.assertIn("<code>cd /w/app &amp;&amp; npm run build</code>", page)
        self.assertIn("&quot;vite&quot; is running: it is built", self.said(state="waiting", why='"vite" is running'))

    def test_what_is_not_its_own_state_is_ignored(self):
        self.generate({"app/package.json": PACKAGE})
        for broken in ("", "[]", "{}", '{"state": "failed", "since": "x"}'):
            write(self.workspace, {".muster/builds/app.json": broken})
            self.generate()
            self.assertIn("within seconds", self.read("output/pages/app.html"), broken)


if __name__ == "__main__":
    unittest.main()
