"""Requests of the hooks to Buildbot."""

import base64
import http.client
import json
import urllib.error
import urllib.parse
import urllib.request

# Whatever urlopen raises when no answer comes, or one that is not HTTP.
NO_ANSWER = (OSError, http.client.HTTPException)


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


# Straight to the CI, past any proxy that the environment names.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirects)


def send(request, seconds):
    return _opener.open(request, timeout=seconds)


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class Api:
    """The REST API. Where anonymous visitors may not read it, the hook's own account signs in."""

    def __init__(self, settings, seconds):
        self.url = settings["api"]
        self.account = basic("hook", settings["secret"])
        self.seconds = seconds
        self.cookie = None

    def get(self, path, **query):
        try:
            return self._get(path, query)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code not in (401, 403) or self.cookie is not None:
                raise
        self._sign_in()
        return self._get(path, query)

    def _get(self, path, query):
        request = urllib.request.Request(f"{self.url}{path}?{urllib.parse.urlencode(query, doseq=True)}")
        request.add_header("Accept", "application/json")
        if self.cookie:
            request.add_header("Cookie", self.cookie)
        with send(request, self.seconds) as answer:
            return json.load(answer)

    def _sign_in(self):
        request = urllib.request.Request(self.url.removesuffix("/api/v2") + "/auth/login")
        request.add_header("Authorization", self.account)
        try:
            headers = send(request, self.seconds).headers
        except urllib.error.HTTPError as error:
            # Success is a redirection, too.
            error.close()
            headers = error.headers
        cookies = headers.get_all("Set-Cookie", [])
        self.cookie = "; ".join(cookie.split(";", 1)[0] for cookie in cookies)

    def find(self, project, branch, revision, push=None):
        """The id of the newest such change, or None; with PUSH, only of that push."""
        found = self.get("/changes", project=project, branch=branch, revision=revision, order="-changeid", limit=20)
        for change in found["changes"]:
            if push is None or change.get("properties", {}).get("push", [None])[0] == push:
                return change["changeid"]
        return None
