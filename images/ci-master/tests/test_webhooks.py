import json
import unittest

from muster_ci.names import Invalid
from muster_ci.webhooks import change, same_token, signed

HEX = "0123456789abcdef0123456789abcdef01234567"
# The example of GitHub's documentation on validating deliveries.
SECRET, BODY = "It's a Secret to Everybody", b"Hello, World!"
SIGNATURE = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def posted(**changes):
    return change(
        {
            "project": "app", "repository": "http://elsewhere/x.git", "branch": "main", "revision": HEX,
            "author": "Alice <a@x>", "comments": "c", "revlink": "http://git/x", "when": "1700000000",
            "files": '["a.php"]', "properties": '{"pusher": "alice"}', **changes,
        },
        lambda repository: f"http://git/{repository}.git",
    )


class Signatures(unittest.TestCase):
    def test_signed(self):
        self.assertTrue(signed(SECRET, BODY, f"sha256={SIGNATURE}"))
        self.assertTrue(signed(SECRET, BODY, SIGNATURE))

    def test_not_signed(self):
        for secret, body, signature in (
            (SECRET, BODY + b".", SIGNATURE), ("other", BODY, SIGNATURE), ("", BODY, SIGNATURE), (SECRET, BODY, None),
            (SECRET, BODY, ""), (SECRET, BODY, "sha1=" + SIGNATURE), (SECRET, BODY, "sha256=é"),
        ):
            self.assertFalse(signed(secret, body, signature))

    def test_tokens(self):
        self.assertTrue(same_token("s", "s"))
        for token in (None, "", "x", "é"):
            self.assertFalse(same_token("s", token))
        self.assertFalse(same_token("", ""))


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
