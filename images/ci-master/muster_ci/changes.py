"""Turns the form that tells of a push into a change for Buildbot, without trusting it. Needs no Buildbot."""

import json

from . import names
from .names import Invalid

TEXT_LIMIT = 20_000
FILES_LIMIT = 1000


def change(fields, repository_url):
    """Buildbot's change of the form FIELDS (name to string) that the team's git server posts.

    The repository's address follows from its name: one in the form could be forged, and would be cloned.
    """
    project = names.repository(fields.get("project", ""))
    return {
        "project": project,
        "repository": repository_url(project),
        "branch": names.branch(fields.get("branch", "")),
        "revision": names.revision(fields.get("revision", "")),
        "author": fields.get("author", "")[:255] or "unknown",
        "committer": None,
        "comments": fields.get("comments", "")[:TEXT_LIMIT],
        "revlink": _link(fields.get("revlink", "")),
        "when_timestamp": _time(fields.get("when") or fields.get("when_timestamp") or ""),
        "files": _files(fields.get("files") or "[]"),
        "properties": _properties(fields.get("properties") or "{}"),
        "category": None,
        "codebase": "",
    }


def _link(value):
    return value if value.startswith(("http://", "https://")) and len(value) < 1000 else ""


def _time(value):
    if not value:
        return None
    try:
        seconds = int(float(value))
    except (ValueError, OverflowError):
        raise Invalid(f"{names.quoted(value)} is not a time in seconds") from None
    return seconds if 0 < seconds < 2**33 else None


def _json(name, text, kind):
    try:
        value = json.loads(text)
    except ValueError:
        raise Invalid(f"{name} is not JSON") from None
    if not isinstance(value, kind):
        raise Invalid(f"{name} is not a JSON {kind.__name__}")
    return value


def _files(text):
    return [file for file in _json("files", text, list) if isinstance(file, str)][:FILES_LIMIT]


def _properties(text):
    """Who pushed, and the push's mark, by which the git server asks whether it arrived. Nothing else is passed on."""
    given = _json("properties", text, dict)
    return {name: given[name][:64] if isinstance(given.get(name), str) else "" for name in ("push", "pusher")}
