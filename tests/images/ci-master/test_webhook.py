import hashlib
import hmac
import json
import pathlib
import unittest

from muster_ci.names import Invalid
from muster_ci.settings import of_environment
from muster_ci.webhook import HEADERS, Refused, push, same_token, signed
from support import COMPLETE, REVISION, URLS, an_upstream

SECRET = "a secret that nobody guesses"
EVENTS = {"github": "push", "gitlab": "Push Hook", "gitea": "push"}
# The example of GitHub's documentation on validating deliveries.
KEY, MESSAGE = "It's a Secret to Everybody", b"Hello, World!"
DIGEST = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
PAYLOADS = pathlib.Path(__file__).parent / "payloads"


def recorded(provider, **changes):
    payload = json.loads((PAYLOADS / f"{provider}.json").read_text(encoding="utf-8"))
    return json.dumps({**payload, **changes}).encode()


def proof(provider, body, secret=SECRET):
    if provider == "gitlab":
        return secret
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return f"sha256={signature}" if provider == "github" else signature


def sent(provider, body, proof, event=None, content_type="application/json", **changes):
    upstream = of_environment({**COMPLETE, **an_upstream(provider, webhook_secret=SECRET, **changes)}).upstream
    event_header, proof_header = HEADERS[provider]
    headers = {event_header: event or EVENTS[provider], proof_header: proof, "Content-Type": content_type}
    return push(upstream, headers.get, body)


def genuine(provider, body, **options):
    return sent(provider, body, proof(provider, body), **options)


class Signatures(unittest.TestCase):
    def test_signed(self):
        self.assertTrue(signed(KEY, MESSAGE, f"sha256={DIGEST}"))
        self.assertTrue(signed(KEY, MESSAGE, DIGEST))

    def test_not_signed(self):
        for secret, body, signature in (
            (KEY, MESSAGE + b".", DIGEST), ("other", MESSAGE, DIGEST), ("", MESSAGE, DIGEST), (KEY, MESSAGE, None),
            (KEY, MESSAGE, ""), (KEY, MESSAGE, "sha1=" + DIGEST), (KEY, MESSAGE, "sha256=é"),
        ):
            self.assertFalse(signed(secret, body, signature))

    def test_tokens(self):
        self.assertTrue(same_token("s", "s"))
        for token in (None, "", "x", "é"):
            self.assertFalse(same_token("s", token))
        self.assertFalse(same_token("", ""))


class Proofs(unittest.TestCase):
    def refused(self, provider, given, body=None):
        with self.assertRaises(Refused) as caught:
            sent(provider, body or recorded(provider), given)
        return caught.exception.status

    def test_missing(self):
        for provider in EVENTS:
            with self.subTest(provider):
                self.assertEqual(self.refused(provider, None), 401)
                self.assertEqual(self.refused(provider, ""), 401)

    def test_wrong(self):
        for provider in EVENTS:
            body = recorded(provider)
            right = proof(provider, body)
            another = proof(provider, body, "another secret of some length")
            for wrong in (another, right[:-1], f"{right}0", "é", "sha256="):
                with self.subTest(provider, wrong=wrong):
                    self.assertEqual(self.refused(provider, wrong), 403)

    def test_of_another_body(self):
        for provider in ("github", "gitea"):
            with self.subTest(provider):
                self.assertEqual(self.refused(provider, proof(provider, recorded(provider)), b"{}"), 403)

    def test_of_another_kind(self):
        body = recorded("github")
        self.assertEqual(self.refused("github", proof("gitea", body), body), 403)
        older = "sha1=" + hmac.new(SECRET.encode(), body, "sha1").hexdigest()
        self.assertEqual(self.refused("github", older, body), 403)
        self.assertEqual(self.refused("gitea", proof("github", body), body), 403)

    def test_before_anything_is_read(self):
        self.assertEqual(self.refused("github", "sha256=00", b"not JSON"), 403)


class Pushes(unittest.TestCase):
    def test_recorded(self):
        links = {"github": "/commit/", "gitlab": "/-/commit/", "gitea": "/commit/"}
        for provider in EVENTS:
            with self.subTest(provider):
                found = genuine(provider, recorded(provider))
                self.assertEqual((found.project, found.branch, found.revision), ("app", "feature/hello", REVISION))
                change = found.change
                self.assertEqual(change["repository"], f"{URLS[provider]}/app.git")
                self.assertEqual(change["author"], "Alice Kim <alice@example.org>")
                self.assertEqual(change["comments"].strip(), "Greet visitors\n\nThe page said nothing.")
                self.assertEqual(change["files"], ["old.php", "public/index.php", "src/Menu.php"])
                self.assertEqual(change["properties"]["pusher"], "alice")
                self.assertEqual(change["when_timestamp"], 1772715753)
                self.assertEqual(change["revlink"], f"{URLS[provider]}/app{links[provider]}{REVISION}")

    def test_a_branch_that_is_gone(self):
        for provider in EVENTS:
            with self.subTest(provider):
                found = genuine(provider, recorded(provider, after="0" * 40, head_commit=None, commits=[]))
                self.assertEqual((found.branch, found.revision, found.change), ("feature/hello", None, None))

    def test_a_branch_without_new_commits(self):
        found = genuine("github", recorded("github", commits=[], head_commit=None))
        self.assertEqual((found.revision, found.change["author"]), (REVISION, "unknown"))

    def test_not_a_push_of_ours(self):
        elsewhere = {"full_name": "our-team/else"}
        for provider, body, event in (
            ("github", b"{}", "ping"),
            ("github", recorded("github"), "pull_request"),
            ("gitlab", recorded("gitlab"), "System Hook"),
            ("github", recorded("github", ref="refs/tags/v1"), None),
            ("github", recorded("github", repository=elsewhere), None),
            ("github", recorded("github", repository={"full_name": "other-team/app"}), None),
            ("github", recorded("github", repository={"full_name": "m/app"}), None),
            ("github", recorded("github", repository=None), None),
            ("gitlab", recorded("gitlab", project={"path_with_namespace": "other/app"}), None),
        ):
            with self.subTest(provider, event=event):
                self.assertIsNone(genuine(provider, body, event=event))

    def test_the_server_s_own_name_for_itself(self):
        found = genuine("gitlab", recorded("gitlab"), url="http://10.0.0.5/gitlab/group/our-team")
        self.assertEqual(found.change["repository"], "http://10.0.0.5/gitlab/group/our-team/app.git")

    def test_refused(self):
        for body in (
            b"", b"[]", b"{", recorded("github", ref="refs/heads/a b"), recorded("github", ref="refs/heads/../x"),
            recorded("github", after="HEAD"), recorded("github", after=None),
        ):
            with self.subTest(body[:40]), self.assertRaises(Invalid):
                genuine("github", body)
        with self.assertRaises(Invalid):
            genuine("github", recorded("github"), content_type="application/x-www-form-urlencoded")

    def test_odd_but_harmless(self):
        head = {"id": REVISION, "author": 7, "url": "javascript:"}
        odd = recorded("github", commits=[1, {"added": "x"}], head_commit=head)
        change = genuine("github", odd).change
        self.assertEqual((change["author"], change["revlink"], change["files"]), ("unknown", "", []))
