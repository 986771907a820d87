"""The event of a push, as workflows see it in github.event, and what of GitHub's is not known here."""

import subprocess

from . import expressions

# Of GitHub's event of a push; what is below the others is not known either, unless `event_of` gives it.
LACKING = {"base_ref", "before", "commits", "compare", "created", "forced", "organization"}


def event_of(push):
    """github.event: to conditions, what is not in it is empty."""
    owner, _, name = push["repository"].partition("/")
    return {
        "ref": f"refs/heads/{push['branch']}",
        "after": push["revision"],
        "deleted": False,
        "head_commit": {"id": push["revision"], **push.get("commit", {"message": ""})},
        "pusher": {"name": push["actor"]},
        "sender": {"login": push["actor"]},
        "repository": {
            "full_name": push["repository"],
            "name": name,
            "owner": {"login": owner},
            "default_branch": push["default"],
            "fork": False,
        },
    }


def commit_of(revision):
    """What git knows of a commit, by GitHub's names."""
    done = subprocess.run(
        ["git", "log", "-1", "--format=%an%x00%ae%x00%B", revision], stdout=subprocess.PIPE, check=False
    )
    name, _, rest = done.stdout.decode("utf-8", "replace").partition("\0")
    email, _, message = rest.partition("\0")
    return {"message": message.strip(), "author": {"name": name, "email": email}}


def lacking(condition, event):
    """The fields of GitHub's event that a condition asks for, and that EVENT has not."""
    tokens = [(match.lastgroup, match[match.lastgroup]) for match in expressions.TOKEN.finditer(condition)]
    found = {}
    for place, (_, text) in enumerate(tokens):
        if text.casefold() == "github" and tokens[max(place - 1, 0)][1] != ".":
            first, *path = _path(tokens[place + 1 :]) or [""]
            if first == "event" and (field := _lacking(path, event)):
                found[f"github.event.{field}"] = None
    return sorted(found)


def _path(tokens):
    """The names by which an expression goes on from a value: .name or ['name']."""
    found = []
    while len(tokens) > 1 and (tokens[0][1], tokens[1][0]) in ((".", "name"), ("[", "text")):
        found.append(tokens[1][1].strip("'").casefold())
        tokens = tokens[2 if tokens[0][1] == "." else 3 :]
    return found


def _lacking(path, event):
    known = event
    for place, name in enumerate(path):
        if not isinstance(known, dict):
            return None
        if name not in known:
            return ".".join(path[: place + 1]) if place > 0 or name in LACKING else None
        known = known[name]
    return None
