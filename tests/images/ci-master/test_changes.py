import json
import unittest

from muster_ci.changes import change
from muster_ci.names import Invalid

HEX = "0123456789abcdef0123456789abcdef01234567"


def posted(**changes):
    return change(
        {
            "project": "app", "repository": "http://elsewhere/x.git", "branch": "main", "revision": HEX,
            "author": "Alice <a@x>", "comments": "c", "revlink": "http://git/x", "when": "1700000000",
            "files": '["a.php"]', "properties": '{"pusher": "alice"}', **changes,
        },
        lambda repository: f"http://git/{repository}.git",
    )


class Changes(unittest.TestCase):
    def test_change(self):
        found = posted()
        self.assertEqual(found["repository"], "http://git/app.git")
        self.assertEqual((found["branch"], found["revision"], found["files"]), ("main", HEX, ["a.php"]))
        self.assertEqual((found["properties"], found["when_timestamp"]), ({"push": "", "pusher": "alice"}, 1700000000))

    def test_refused(self):
        for changes in (
            {"project": "../x"}, {"project": ""}, {"branch": "a b"}, {"revision": "HEAD"}, {"files": "{"},
            {"files": "{}"}, {"properties": "[]"}, {"when": "soon"}, {"when": "inf"},
        ):
            with self.subTest(changes), self.assertRaises(Invalid):
                posted(**changes)

    def test_what_is_odd_but_harmless(self):
        self.assertEqual(posted(revlink="javascript:alert(1)")["revlink"], "")
        self.assertEqual(posted(when="-5")["when_timestamp"], None)
        self.assertEqual(posted(files=json.dumps([1, "b"]))["files"], ["b"])
        properties = posted(properties='{"push": "1f", "pusher": 1, "virtual_builder_name": "x"}')["properties"]
        self.assertEqual(properties, {"push": "1f", "pusher": ""})
