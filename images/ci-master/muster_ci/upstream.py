"""The git server that the team already had: its repositories, branches and statuses. Needs no Buildbot."""

import base64
import dataclasses
import json
import re
import urllib.parse

from . import names, rules
from .names import Invalid, quoted

# The account that clones with a token; Gitea only looks at the token.
USERS = {"github": "x-access-token", "gitlab": "oauth2", "gitea": "oauth2", "git": "git"}
# Where a server answers to programs, below its root.
API_PATHS = {"github": "/api/v3", "gitlab": "/api/v4", "gitea": "/api/v1"}
CONTEXT = "muster"
# Seconds for one request.
TIMEOUT = 30
KEYS = ("pollInterval", "provider", "repositories", "url", "user")
# Seconds between two looks in spite of webhooks: one may get lost, or come while the master is down.
SAFETY_NET = 600
DESCRIPTION_LIMIT = 140


@dataclasses.dataclass(frozen=True)
class Upstream:
    """CI_UPSTREAM, UPSTREAM_TOKEN and UPSTREAM_WEBHOOK_SECRET."""

    provider: str
    url: str
    repositories: tuple[str, ...]
    user: str
    # Seconds.
    poll_interval: int
    token: str = dataclasses.field(default="", repr=False)
    webhook_secret: str = dataclasses.field(default="", repr=False)

    def repository_url(self, repository):
        return f"{self.url}/{repository}.git"

    def full_name(self, repository):
        """The repository's path on the server, as in "our-team/app"."""
        return f"{urllib.parse.urlsplit(self.url).path}/{repository}".strip("/")

    def headers(self):
        """What git itself would send."""
        if not self.token:
            return {}
        return {"Authorization": "Basic " + base64.b64encode(f"{self.user}:{self.token}".encode()).decode()}

    @property
    def interval(self):
        return SAFETY_NET if self.webhook_secret else self.poll_interval


def of_environment(environ, problems):
    """The Upstream, or None. Adds to PROBLEMS what is wrong."""
    text = environ.get("CI_UPSTREAM")
    if not text:
        return None
    try:
        return _read(json.loads(text), environ.get("UPSTREAM_TOKEN", ""), environ.get("UPSTREAM_WEBHOOK_SECRET", ""))
    except Invalid as error:
        problems.append(f"CI_UPSTREAM: {error}")
    except ValueError as error:
        problems.append(f"CI_UPSTREAM is not JSON: {error}")
    return None


def _read(given, token, webhook_secret):
    if not isinstance(given, dict) or not {"provider", "url", "repositories"} <= set(given) <= set(KEYS):
        raise Invalid("must be an object with provider, url and repositories, and may have pollInterval and user")
    provider, url, seconds = given["provider"], given["url"], given.get("pollInterval", 30)
    if provider not in USERS:
        raise Invalid(f"{quoted(provider)} is not a provider: use one of {', '.join(USERS)}")
    if not rules.follows("upstreamUrl", url):
        raise Invalid(f"{quoted(url)} is not an http or https address without an account in it")
    if not rules.within("pollInterval", seconds):
        raise Invalid(f"{quoted(seconds)} is not {rules.span('pollInterval')} (seconds)")
    if given.get("user") is not None and not rules.follows("upstreamUser", given["user"]):
        raise Invalid(f"{quoted(given['user'])} is not the name of an account")
    if not isinstance(given["repositories"], list):
        raise Invalid("repositories must be a list")
    if provider == "git" and webhook_secret:
        raise Invalid("a plain git server has no webhooks")
    return Upstream(
        provider=provider,
        url=url.rstrip("/"),
        repositories=tuple(names.repository(name) for name in given["repositories"]),
        user=given.get("user") or USERS[provider],
        poll_interval=seconds,
        token=token,
        webhook_secret=webhook_secret,
    )


def heads(advertisement):
    """Branch → revision, from a git server's answer to info/refs: packets, or lines if it only serves files."""
    found = {}
    for line in _packets(advertisement) if advertisement.startswith(b"001e#") else advertisement.splitlines():
        revision, _, ref = line.split(b"\0", 1)[0].decode("utf-8", "replace").strip().replace("\t", " ").partition(" ")
        if ref.startswith("refs/heads/"):
            try:
                found[names.branch(ref.removeprefix("refs/heads/"))] = names.revision(revision)
            except Invalid:
                # Of another hash than SHA-1, or a name that no build could have.
                continue
    return found


def _packets(data):
    position = 0
    while position + 4 <= len(data):
        try:
            length = int(data[position : position + 4], 16)
        except ValueError:
            raise Invalid("the answer is not git's") from None
        yield data[position + 4 : position + length]
        position += max(length, 4)


def news(known, complete, found, deploy_branch):
    """[(branch, revision)] to build: what FOUND has and KNOWN does not.

    On the first look at a repository (not COMPLETE), that is only the deploy branch: it becomes the first release.
    """
    return [
        (branch, revision)
        for branch, revision in sorted(found.items())
        if known.get(branch) != revision and (complete or branch == deploy_branch)
    ]


def status_request(upstream, repository, branch, revision, state, description, link):
    """(URL, headers, body) that tell the upstream how a revision is doing; None where it has no interface for that.

    STATE is pending, success, failure, error or cancelled.
    """
    if upstream.provider not in API_PATHS or not upstream.token:
        return None
    parts = urllib.parse.urlsplit(upstream.url)
    api = f"{parts.scheme}://{parts.netloc}{API_PATHS[upstream.provider]}"
    description = description[:DESCRIPTION_LIMIT]
    path = upstream.full_name(repository)
    if upstream.provider == "gitlab":
        gitlab = {"pending": "running", "failure": "failed", "error": "failed", "cancelled": "canceled"}
        return (
            f"{api}/projects/{urllib.parse.quote(path, safe='')}/statuses/{revision}",
            {"PRIVATE-TOKEN": upstream.token},
            {
                "state": gitlab.get(state, state), "ref": branch, "name": CONTEXT,
                "target_url": link, "description": description,
            },
        )
    if parts.hostname == "github.com":
        api = "https://api.github.com"
    return (
        f"{api}/repos/{urllib.parse.quote(path)}/statuses/{revision}",
        {"Authorization": f"token {upstream.token}", "Accept": "application/json", "User-Agent": "muster"},
        {
            "state": "error" if state == "cancelled" else state, "context": CONTEXT,
            "target_url": link, "description": description,
        },
    )
