import json
import unittest

from muster_worker import facts


def of(**files):
    texts = {path.replace("__", "/"): text for path, text in files.items()}
    return facts.of(list(texts), texts.__getitem__)


class Facts(unittest.TestCase):
    def test_nothing(self):
        self.assertEqual(
            facts.of(["README.md"], None), {"php": 0, "composer": None, "phpunit": False, "npm": None, "workflows": 0}
        )

    def test_php(self):
        found = facts.of(["public/index.php", "a.phtml", "tests/unit/PageTest.php"], None)
        self.assertEqual((found["php"], found["phpunit"]), (3, True))

    def test_phpunit(self):
        for path, expected in (
            ("phpunit.xml", True), ("phpunit.xml.dist", True), ("tests/ATest.php", True), ("tests/helper.php", False),
            ("other/ATest.php", False),
        ):
            with self.subTest(path):
                self.assertEqual(facts.of([path], None)["phpunit"], expected)

    def test_composer(self):
        texts = {
            "composer.json": json.dumps({"scripts": {"migrate": "php m.php"}}),
            "composer.lock": json.dumps({"packages-dev": [{}]}),
        }
        found = facts.of(list(texts), texts.__getitem__)["composer"]
        self.assertEqual(found, {"lock": True, "development": True, "migrate": True})

    def test_npm(self):
        manifest = {"scripts": {"test": facts.NO_TEST, "build": "x", "other": "y"}, "devDependencies": {"a": "1"}}
        found = facts.of(["package.json"], lambda path: json.dumps(manifest))["npm"]
        self.assertEqual(found, {"lock": False, "dependencies": True, "scripts": ["build"]})

    def test_files_that_are_not_what_they_should_be(self):
        for text in ("{", "[]"):
            with self.subTest(text), self.assertRaises(ValueError):
                facts.of(["package.json"], lambda path, text=text: text)
        self.assertEqual(facts.of(["package.json"], lambda path: '{"scripts": 1}')["npm"]["scripts"], [])

    def test_workflows(self):
        paths = [".github/workflows/a.yml", ".github/workflows/b.yaml", ".github/workflows/x/c.yml", ".github/d.yml"]
        self.assertEqual(facts.of(paths, None)["workflows"], 2)
