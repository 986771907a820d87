"""What repositories, branches, revisions and releases may be called. Needs no Buildbot."""

import re

from . import rules

REVISION = re.compile(r"[0-9a-f]{40}\Z")
RELEASE = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{12}\Z")
# The rules of git-check-ref-format(1). Whatever git accepts is built: names are passed as arguments, never in a script.
BRANCH_FORBIDDEN = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|//|@\{|\A[-/.]|\A@\Z|[/.]\Z|/\.|\.lock(/|\Z)")
BRANCH_LIMIT = 255


class Invalid(ValueError):
    """A value from outside that is not what it should be; the message is for the person who sent it."""


def quoted(value, limit=80):
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def repository(value):
    if not rules.follows("repository", value):
        raise Invalid(
            f"{quoted(value)} is not a repository's name: use 1-64 of a-z, 0-9, '.', '_' and '-', starting with a"
            " letter or digit, without '..', not ending in '.git' or '.lock'"
        )
    return value


def branch(value):
    if not isinstance(value, str) or not value or len(value) > BRANCH_LIMIT or BRANCH_FORBIDDEN.search(value):
        raise Invalid(f"{quoted(value)} is not a branch's name")
    return value


def revision(value):
    if not isinstance(value, str) or not REVISION.match(value):
        raise Invalid(f"{quoted(value)} is not a revision: use all 40 hexadecimal digits of a commit")
    return value


def release(value):
    if not isinstance(value, str) or not RELEASE.match(value):
        raise Invalid(f"{quoted(value)} is not a release: use a name like 20260131T120000Z-0123456789ab")
    return value


def relative_folder(value):
    """A folder inside the repository, as in "dist" or "public/build"."""
    if not rules.follows("folder", value):
        raise Invalid(f"{quoted(value)} is not a folder of the repository")
    return value
