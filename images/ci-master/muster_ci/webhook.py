"""Webhooks of GitHub, GitLab and Gitea: are they genuine, and which push do they report? Needs no Buildbot."""

import dataclasses
import datetime
import hashlib
import hmac
import json
import re

from . import changes, names
from .names import Invalid

DELETED = re.compile(r"0+\Z")
# Header of the event's name, and of what proves the sender.
HEADERS = {
    "github": ("X-GitHub-Event", "X-Hub-Signature-256"),
    "gitlab": ("X-Gitlab-Event", "X-Gitlab-Token"),
    "gitea": ("X-Gitea-Event", "X-Gitea-Signature"),
}
PUSH_EVENTS = ("push", "Push Hook")
BODY_LIMIT = 25 * 1024**2


class Refused(Exception):
    """status: of HTTP; the message is for the sender."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


@dataclasses.dataclass(frozen=True)
class Push:
    project: str
    branch: str
    # None: the branch is gone.
    revision: str | None
    # Of Buildbot; None when the branch is gone.
    change: dict | None = None


def push(upstream, header, body):
    """The Push that a request reports, or None when it reports something else.

    HEADER is a function from a header's name to its value or None. Raises Refused when the sender is not
    genuine, and Invalid when a genuine one sends something malformed.
    """
    event_header, proof_header = HEADERS[upstream.provider]
    proof = header(proof_header)
    if not proof:
        raise Refused(401, f"{proof_header} is missing: enter the webhook's secret on the git server, too")
    if not _genuine(upstream, body, proof):
        raise Refused(403, f"{proof_header} does not match the webhook's secret")
    if header(event_header) not in PUSH_EVENTS:
        return None
    return _read(upstream, _payload(header("Content-Type") or "", body))


def signed(secret, body, signature):
    """Whether SIGNATURE (GitHub's "sha256=HEX", or Gitea's bare HEX) is that of BODY under SECRET."""
    if not secret or not isinstance(signature, str):
        return False
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.removeprefix("sha256=").encode())


def same_token(secret, token):
    """Whether TOKEN is SECRET (GitLab sends the secret itself)."""
    if not secret or not isinstance(token, str):
        return False
    return hmac.compare_digest(secret.encode(), token.encode())


def _genuine(upstream, body, proof):
    secret = upstream.webhook_secret
    match upstream.provider:
        case "github":
            return proof.startswith("sha256=") and signed(secret, body, proof)
        case "gitlab":
            return same_token(secret, proof)
        case "gitea":
            return not proof.startswith("sha256=") and signed(secret, body, proof)
    return False


def _payload(content_type, body):
    if content_type.split(";")[0].strip().lower() != "application/json":
        raise Invalid("choose application/json as the webhook's content type")
    try:
        payload = json.loads(body)
    except ValueError:
        raise Invalid("the body is not JSON") from None
    if not isinstance(payload, dict):
        raise Invalid("the body is not a JSON object")
    return payload


def _read(upstream, payload):
    project = _project(upstream, payload)
    ref = _text(payload, "ref")
    if project is None or not ref.startswith("refs/heads/"):
        return None
    branch = names.branch(ref.removeprefix("refs/heads/"))
    revision = _text(payload, "after")
    if DELETED.match(revision):
        return Push(project, branch, None)

    commits = [commit for commit in payload.get("commits") or [] if isinstance(commit, dict)]
    of_head = [commit for commit in (payload.get("head_commit"), *commits) if _text(commit, "id") == revision]
    head = of_head[0] if of_head else {}
    author = head.get("author")
    address = f" <{_text(author, 'email')}>" if _text(author, "email") else ""
    fields = {
        "project": project,
        "branch": branch,
        "revision": revision,
        "author": _text(author, "name") + address,
        "comments": _text(head, "message"),
        "revlink": _text(head, "url"),
        "when": _seconds(_text(head, "timestamp")),
        "files": json.dumps(_files(commits)),
        "properties": json.dumps({"pusher": _pusher(payload)}),
    }
    return Push(project, branch, revision, changes.change(fields, upstream.repository_url))


def _project(upstream, payload):
    """Which of the team's repositories it is. The server may use another host name for itself than the team does."""
    repository = payload.get("project") if upstream.provider == "gitlab" else payload.get("repository")
    path = _text(repository, "path_with_namespace") or _text(repository, "full_name")
    for name in upstream.repositories:
        if path and f"/{upstream.full_name(name)}".lower().endswith(f"/{path}".lower()):
            return name
    return None


def _pusher(payload):
    pusher = payload.get("pusher")
    return (
        _text(payload, "user_username") or _text(pusher, "login") or _text(pusher, "username") or _text(pusher, "name")
    )


def _files(commits):
    touched = (commit.get(kind) for commit in commits for kind in ("added", "modified", "removed"))
    return sorted({file for files in touched if isinstance(files, list) for file in files if isinstance(file, str)})


def _seconds(timestamp):
    try:
        return str(int(datetime.datetime.fromisoformat(timestamp).timestamp()))
    except ValueError:
        return ""


def _text(group, key):
    value = group.get(key) if isinstance(group, dict) else None
    return value if isinstance(value, str) else ""
