import json
import unittest

from support import shape, text

from muster_survey import settings


def faults(said, *more):
    return shape({"muster.yaml": said, "index.php": "", **dict.fromkeys(more, "")})["faults"]


def lines(said, *more):
    told = map(text.fault_line, faults(said, *more))
    return [line.removeprefix("muster.yaml").lstrip(": ") for line in told]


# (what muster.yaml says, the lines that are told)
BAD = (
    ("- a", ["\"['a']\" must be a mapping: write a mapping"]),
    ("text", ['"text" must be a mapping: write a mapping']),
    ("roots: web", ['roots "web" is not a known key: did you mean root?']),
    ("x: 1", ['x "1" is not a known key: the keys are root, writable, dist, lint, workflows, own, subfolders, backend']),
    ("lint: { exlude: [a] }", ["lint.exlude \"['a']\" is not a known key: did you mean exclude?"]),
    ("writable: uploads", ['writable "uploads" must be a list: write writable: [uploads]']),
    ("workflows: on", ['workflows "on" is not one of the values: write run, warn or off']),
    ("dist: [a]", ["dist \"['a']\" must be a text: write a text"]),
    ("dist:", ['dist "" is empty: name a path in the repository, or leave the key out']),
    ("dist: /srv/dist", ['dist "/srv/dist" is absolute: write "srv/dist": paths start at the repository']),
    ("dist: ../dist", ['dist "../dist" does not stay in the repository: name a folder of it']),
    ("dist: a/../../b", ['dist "a/../../b" does not stay in the repository: name a folder of it']),
    ("dist: dist/", ['dist "dist/" is not a path in the repository: write "dist"']),
    ("dist: ./dist", ['dist "./dist" is not a path in the repository: write "dist"']),
    ("dist: a//b", ['dist "a//b" is not a path in the repository: write "a/b"']),
    ("dist: a\\b", ['dist "a\\b" is not a path in the repository: write "a/b"']),
    ("dist: C:\\dist", ['dist "C:\\dist" is a path of a computer: name a path in the repository']),
    ("dist: .", ['dist "." is the repository itself: name a folder of it']),
    ("dist: .git/hooks", ['dist ".git/hooks" is not a path in the repository: name a path in the repository']),
    ("writable: ['up*']", ['writable[0] "up*" has wildcards: name the folder itself: all that is below it is meant']),
    ("writable: [a, a]", ['writable[1] "a" is there twice: leave one of them out']),
    ("root: wbe", ['root "wbe" does not exist: did you mean web?']),
    (
        "root: zzz",
        ['root "zzz" does not exist: if the build writes it, say "dist: zzz" instead; otherwise commit the folder'],
    ),
    ("subfolders: [front]", ['subfolders[0] "front" does not exist: name one that is in the commit']),
    (
        "lint: { exclude: [absent.php] }",
        ['lint.exclude[0] "absent.php" does not exist: name one that is in the commit'],
    ),
    (
        "backend: { path: api }",
        [
            'backend.path "api" is not a path of an address: '
            'write it like "/api": from a slash, without one at the end',
            "backend.folder is missing: add it",
        ],
    ),
    ("root: a\nroot: b", ["line 2, root is there twice, first in line 1: leave one of them out"]),
    ("root: &a [*a]", ["line 1, root[0] contains itself by an alias: write the value out"]),
    ("? [a]\n: b", ["line 1 has a key that is no text: use a text as key"]),
    ("root: [", ["line 1 is not YAML: expected the node content, but found '<stream end>': correct the line"]),
    ("root: {{ x }}\n", ["line 1, root has a key that is no text: use a text as key"]),
    ("a: b\n\tc: d", None),
    ("[" * 3000 + "]" * 3000, ["is nested too deeply: no key of Muster needs more than two levels"]),
)


class Faults(unittest.TestCase):
    def test_table(self):
        for said, expected in BAD:
            with self.subTest(said[:40]):
                told = lines(said, "web/a.php")
                if expected is None:
                    self.assertEqual(len(told), 1)
                    self.assertIn("line ", told[0])
                else:
                    self.assertEqual(told, expected)

    def test_all_at_once(self):
        self.assertEqual(len(lines("roots: a\ndist: /x\nworkflows: maybe\nwritable: [.., b/]")), 5)

    def test_files_that_are_no_text(self):
        for said, message in ((b"root: \xff", "is not UTF-8"), ("#" * 70_000, "is longer than 64 KiB")):
            (fault,) = faults(said)
            self.assertEqual(fault["message"], message)

    def test_other_names_and_links(self):
        (fault,) = shape({"Muster.yml": ""})["faults"]
        self.assertEqual(text.fault_line(fault), 'Muster.yml "Muster.yml" is not read: rename it to muster.yaml')
        (fault,) = shape({"a.yaml": "", "muster.yaml": "→ a.yaml"})["faults"]
        self.assertEqual(fault["message"], "is a link")

    def test_a_large_value_stays_a_short_line(self):
        bomb = "b0: &b0 [x]\n" + "".join(f"b{n}: &b{n} [*b{n - 1}, *b{n - 1}]\n" for n in range(1, 60))
        for line in lines(bomb):
            self.assertLess(len(line), 300)

    def test_manifests(self):
        found = shape({"package.json": "{", "composer.json": "[]", "index.php": ""})
        self.assertEqual([fault["file"] for fault in found["faults"]], ["composer.json", "package.json"])


class Good(unittest.TestCase):
    def test_everything_said(self):
        self.assertEqual(
            lines(
                """
root: web
writable: [uploads, data/files, "파일", with blank]
dist: build
lint: { exclude: [web/bad.php] }
workflows: off
subfolders: [web]
backend: { folder: web, path: /api/v1 }
""",
                "web/bad.php",
            ),
            [],
        )

    def test_nothing_said(self):
        for said in ("", "# nothing\n", "---\n", "\ufeffworkflows: run\n"):
            self.assertEqual(lines(said), [])

    def test_off_is_no_boolean(self):
        self.assertEqual(shape({"muster.yaml": "workflows: off"})["workflows"]["mode"], "off")
        self.assertEqual(shape([])["workflows"]["mode"], "run")
        self.assertEqual(shape({"muster.yaml": "own: manual"})["own"], "manual")
        self.assertEqual(shape([])["own"], "built")

    def test_the_schema_uses_what_the_reader_knows(self):
        known = {
            "title",
            "description",
            "default",
            "type",
            "additionalProperties",
            "properties",
            "required",
            "enum",
            "pattern",
            "not",
            "minLength",
            "maxLength",
            "uniqueItems",
            "maxItems",
            "items",
            "anyOf",
            "const",
            "$ref",
        }

        def keywords(rules):
            yield from rules
            for each in (
                *rules.get("properties", {}).values(),
                *rules.get("anyOf", ()),
                *filter(None, [rules.get("items")]),
            ):
                yield from keywords(each)

        with open(settings.SCHEMA, encoding="utf-8") as file:
            schema = json.load(file)
        used = set(keywords(schema)) | {word for each in schema["$defs"].values() for word in keywords(each)}
        self.assertEqual(used - known, {"$schema", "$comment", "$defs"})


if __name__ == "__main__":
    unittest.main()
