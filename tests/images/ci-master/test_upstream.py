import json
import unittest

from muster_ci.settings import of_environment
from muster_ci.upstream import heads, news, status_request
from support import COMPLETE, REVISION, an_upstream, problems_of

OTHER = "1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d"


def packet(line):
    return b"%04x%s" % (len(line) + 4, line)


class Settings(unittest.TestCase):
    def test_repositories_are_there_and_others_at_home(self):
        settings = of_environment({**COMPLETE, **an_upstream("github", token="t0ken")})
        self.assertEqual(settings.repository_url("app"), "https://github.com/our-team/app.git")
        self.assertEqual(settings.git_account("app"), {"GIT_CI_USER": "x-access-token", "GIT_CI_PASSWORD": "t0ken"})
        self.assertEqual(settings.repository_url("other"), "http://demo-git:8080/other.git")
        self.assertEqual(settings.git_account("other")["GIT_CI_USER"], "ci")
        self.assertNotIn("t0ken", repr(settings))

    def test_public_repositories_need_no_account(self):
        settings = of_environment({**COMPLETE, **an_upstream("gitlab")})
        self.assertEqual(settings.git_account("app")["GIT_CI_PASSWORD"], "")
        self.assertEqual(settings.upstream.headers(), {})

    def test_a_hook_or_looking(self):
        def interval(**secrets):
            return of_environment({**COMPLETE, **an_upstream("github", **secrets)}).upstream.interval

        self.assertEqual(interval(), 30)
        self.assertEqual(interval(webhook_secret="x" * 16), 600)

    def test_bad_ones(self):
        for changes in (
            {"provider": "svn"}, {"url": "ssh://x/y"}, {"url": "https://a:b@x/y"}, {"url": "https://x/y?z"},
            {"pollInterval": 1}, {"pollInterval": True}, {"repositories": "app"}, {"repositories": ["../x"]}, {"x": 1},
        ):
            with self.subTest(changes):
                self.assertEqual(len(problems_of(an_upstream("github", **changes))), 1)
        self.assertEqual(len(problems_of({"CI_UPSTREAM": "{"})), 1)
        self.assertEqual(len(problems_of(an_upstream("git", webhook_secret="x" * 16))), 1)


class Heads(unittest.TestCase):
    def test_packets(self):
        answer = (
            packet(b"# service=git-upload-pack\n") + b"0000"
            + packet(f"{REVISION} HEAD\0multi_ack side-band-64k\n".encode())
            + packet(f"{REVISION} refs/heads/feature/hello\n".encode())
            + packet(f"{OTHER} refs/heads/main\n".encode())
            + packet(f"{OTHER} refs/pull/1/head\n".encode())
            + packet(f"{OTHER} refs/tags/v1\n".encode()) + b"0000"
        )
        self.assertEqual(heads(answer), {"feature/hello": REVISION, "main": OTHER})

    def test_an_empty_repository(self):
        answer = (
            packet(b"# service=git-upload-pack\n") + b"0000"
            + packet(b"0" * 40 + b" capabilities^{}\0agent=git\n") + b"0000"
        )
        self.assertEqual(heads(answer), {})

    def test_a_server_of_files(self):
        self.assertEqual(heads(f"{OTHER}\trefs/heads/main\n{OTHER}\trefs/tags/v1\n".encode()), {"main": OTHER})

    def test_what_is_none(self):
        self.assertEqual(heads(b"<html>Sign in</html>"), {})
        with self.assertRaises(ValueError):
            heads(b"001e# service=git-upload-pack\nzzzz")


class News(unittest.TestCase):
    def test_at_first_only_the_deploy_branch(self):
        self.assertEqual(news({}, False, {"main": REVISION, "old": OTHER}, "main"), [("main", REVISION)])
        self.assertEqual(news({"main": REVISION}, False, {"main": REVISION}, "main"), [])

    def test_then_what_has_changed(self):
        known = {"main": OTHER, "same": OTHER, "gone": OTHER}
        found = {"main": REVISION, "same": OTHER, "new": OTHER}
        self.assertEqual(news(known, True, found, "main"), [("main", REVISION), ("new", OTHER)])


class Statuses(unittest.TestCase):
    def asked(self, provider, state="success", **changes):
        upstream = of_environment({**COMPLETE, **an_upstream(provider, token="t0ken", **changes)}).upstream
        return status_request(upstream, "app", "main", REVISION, state, "d" * 200, "http://ci/#/builders/1/builds/2")

    def test_github(self):
        url, headers, body = self.asked("github")
        self.assertEqual(url, f"https://api.github.com/repos/our-team/app/statuses/{REVISION}")
        self.assertEqual(headers["Authorization"], "token t0ken")
        self.assertEqual(
            body,
            {
                "state": "success", "context": "muster", "description": "d" * 140,
                "target_url": "http://ci/#/builders/1/builds/2",
            },
        )

    def test_github_of_one_s_own(self):
        url, _, body = self.asked("github", "cancelled", url="https://github.example.org/our-team/")
        self.assertEqual(url, f"https://github.example.org/api/v3/repos/our-team/app/statuses/{REVISION}")
        self.assertEqual(body["state"], "error")

    def test_gitlab(self):
        for state, expected in (
            ("pending", "running"), ("success", "success"), ("failure", "failed"), ("cancelled", "canceled"),
        ):
            url, headers, body = self.asked("gitlab", state)
            api = "https://gitlab.example.org/api/v4"
            self.assertEqual(url, f"{api}/projects/group%2Four-team%2Fapp/statuses/{REVISION}")
            self.assertEqual(headers, {"PRIVATE-TOKEN": "t0ken"})
            self.assertEqual((body["state"], body["ref"], body["name"]), (expected, "main", "muster"))

    def test_gitea(self):
        url, _, body = self.asked("gitea", "failure")
        self.assertEqual(url, f"https://git.example.org/api/v1/repos/our-team/app/statuses/{REVISION}")
        self.assertEqual(body["state"], "failure")

    def test_nowhere(self):
        self.assertIsNone(self.asked("git"))
        public = of_environment({**COMPLETE, **an_upstream("github")}).upstream
        self.assertIsNone(status_request(public, "app", "main", REVISION, "success", "", ""))

    def test_the_token_is_in_no_settings(self):
        self.assertNotIn("t0ken", json.dumps(self.asked("github")[2]))
