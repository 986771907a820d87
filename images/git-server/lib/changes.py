"""Turns a push's updates into changes in the spool, and remembers in each repository what it has announced.

From that memory (the file "announced", branch: revision) the next start finds the pushes that were stored but whose
hook was killed before it could write the change, and announces them.
"""

import json
import os
import subprocess
import time

import spool

ZERO = "0" * 40
MAX_FILES = 500
# Buildbot's column; some databases refuse more.
MAX_AUTHOR = 255


def git(*arguments, folder="."):
    done = subprocess.run(
        ["git", f"--git-dir={folder}", *arguments],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"},
    )
    return done.stdout.decode("utf-8", "replace")


def announce(queue, folder, updates, pusher=None, quiet=False):
    """Writes a change for each update (old, new, branch), and returns the files' names. Quiet only remembers."""
    entries = []
    with queue.lock("write"):
        known = announced(folder)
        for old, new, branch in updates:
            if new == ZERO:
                known.pop(branch, None)
                continue
            if not quiet and known.get(branch) != new:
                # A push that took the starter project's place knows nothing of it.
                before = known.get(branch, ZERO) if old == ZERO else old
                entries.append(queue.add(describe(folder, before, new, branch, pusher)))
            known[branch] = new
        spool.write(os.path.join(folder, "announced"), known)
    return entries


def announce_missed(queue, root="/srv/git"):
    """Announces every branch that is not where its last announcement left it."""
    for name in sorted(os.listdir(root)):
        folder = os.path.join(root, name)
        if name.startswith(".") or not name.endswith(".git") or not os.path.isdir(folder):
            continue
        known = announced(folder)
        heads = git("for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads", folder=folder)
        tips = [line.split(" ", 1) for line in heads.splitlines()]
        missed = [(known.get(branch, ZERO), new, branch) for new, branch in tips if known.get(branch) != new]
        if missed:
            announce(queue, folder, missed)


def announced(folder):
    try:
        with open(os.path.join(folder, "announced"), encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


def tip(folder, branch):
    try:
        return git("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}", folder=folder).strip()
    except subprocess.CalledProcessError:
        return ZERO


def describe(folder, old, new, branch, pusher=None):
    author, _, comments = git("show", "--no-patch", "--format=%an <%ae>%n%B", new, folder=folder).partition("\n")
    return {
        # Tells this push from another one of the same revision.
        "push": os.urandom(8).hex(),
        "project": os.path.basename(os.path.realpath(folder)).removesuffix(".git"),
        "branch": branch,
        "revision": new,
        "author": author[:MAX_AUTHOR],
        "comments": comments.rstrip("\n"),
        "files": changed_files(folder, old, new),
        "when": int(time.time()),
        "pusher": recorded_pusher(folder, branch, new) if pusher is None else pusher,
    }


def recorded_pusher(folder, branch, revision):
    """Who moved the branch to the revision, according to its reflog."""
    log = git("log", "--walk-reflogs", "--max-count=50", "--format=%H %gn", f"refs/heads/{branch}", "--", folder=folder)
    moves = (line.partition(" ") for line in log.splitlines())
    return next((name for new, _, name in moves if new == revision), "")


def changed_files(folder, old, new):
    try:
        if old == ZERO:
            old = git("merge-base", "HEAD", new, folder=folder).strip()
        names = git("diff-tree", "-r", "-z", "--name-only", "--no-renames", old, new, folder=folder)
    except subprocess.CalledProcessError:
        names = ""
    # The first branch, an unrelated one, or one without commits of its own: all of its files.
    names = names or git("ls-tree", "-r", "-z", "--name-only", new, folder=folder)
    return [name for name in names.split("\0") if name][:MAX_FILES]
