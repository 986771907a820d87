"""Why the names that a push makes would break git for everybody: a line for each update of standard input, or nothing.

Reads the updates of pre-receive, "old new ref" a line; looks only at names that are new.
"""

import re
import subprocess
import sys
import unicodedata

ZERO = "0" * 40
KINDS = {"refs/heads/": "branch", "refs/tags/": "tag"}
# What git itself writes beside branches, and looks for before them: in any case where file systems know none.
PSEUDO = re.compile(r"@|(?i:HEAD|(?:FETCH|ORIG|MERGE)_HEAD)|[A-Z_]+_HEAD|AUTO_MERGE|[0-9a-f]{40}|[0-9a-f]{64}")
# Windows has no files of these names, whatever follows a dot, and none that end with one: a clone there fetches nothing.
WINDOWS = re.compile(r"(?:con|prn|aux|nul|com[1-9]|lpt[1-9])(?:\..*)?|.*\.", re.IGNORECASE)
# How a clone calls a branch of the server, and git a branch of its own.
REMOTE = re.compile(r"(?:(?:remotes/)?origin|heads)/(.+)", re.IGNORECASE)


def split(ref):
    """(kind, name) of a ref, or (None, ref)"""
    return next(((KINDS[above], ref.removeprefix(above)) for above in KINDS if ref.startswith(above)), (None, ref))


def folded(name):
    """The name as file systems see it that know no case, or one form of each letter only."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def misleading(kind, name):
    """Why a name means something else to git, or None."""
    if name.startswith("refs/"):
        target = split(name)[1]
        return f"{kind} {name} would make {target} ambiguous for everybody: git push origin HEAD:{target}"
    if PSEUDO.fullmatch(name):
        return f"{name} is git's own name for something else: choose another name for the {kind}"
    if part := next(filter(WINDOWS.fullmatch, name.split("/")), None):
        return f"{part} is no file's name on Windows, where nobody could fetch any more: choose another for the {kind}"
    return None


def clash(ref, there):
    """Why a ref cannot be told from one of those that are there, or None."""
    kind, name = split(ref)
    wanted = folded(name).split("/")
    for other in there:
        of, other_name = split(other)
        if of is None or other == ref:
            continue
        if of == "branch" and (inner := REMOTE.fullmatch(name)) and folded(inner[1]) == folded(other_name):
            remedy = f"git push origin HEAD:{other_name}" if kind == "branch" else "name the tag otherwise"
            return f"{kind} {name} would be taken for the branch {other_name} of a clone: {remedy}"
        if of != kind:
            if folded(other_name) == folded(name):
                both = f"there is a {of} {other_name}, and git push origin {other_name} would mean both"
                return f"{both}: name the {kind} otherwise"
            continue
        parts, own = other_name.split("/"), name.split("/")
        depth = min(len(parts), len(own))
        same = next((place for place in range(depth) if parts[place] != own[place]), depth)
        if same == depth:
            continue
        # Up to a folder of one that is the other's folder or itself.
        if folded(other_name).split("/")[: same + 1] == wanted[: same + 1]:
            mine, theirs = "/".join(own[: same + 1]), "/".join(parts[: same + 1])
            return (
                f"{mine} and {theirs} of {of} {other_name} differ by case or accents only, which macOS and Windows"
                f" cannot tell apart: write {theirs}"
            )
    return None


def refusals(updates, there):
    """UPDATES: (old, new, ref); THERE: the refs of the repository."""
    gone = {ref for _, new, ref in updates if new == ZERO}
    known = [ref for ref in there if ref not in gone]
    for old, new, ref in updates:
        kind, name = split(ref)
        if kind is None or new == ZERO or old != ZERO:
            continue
        why = misleading(kind, name) or clash(ref, known)
        if why:
            yield why
        known.append(ref)


def main():
    text = sys.stdin.buffer.read().decode("utf-8", "replace")
    updates = [tuple(line.split(" ", 2)) for line in text.splitlines()]
    listed = subprocess.run(["git", "for-each-ref", "--format=%(refname)"], stdout=subprocess.PIPE, check=True)
    for why in refusals(updates, listed.stdout.decode("utf-8", "replace").splitlines()):
        print(why)


if __name__ == "__main__":
    main()
