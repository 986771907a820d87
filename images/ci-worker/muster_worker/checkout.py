"""muster-checkout REPOSITORY URL BRANCH [REVISION]: fills the current folder, and says what it is in the log and as
JSON in its last line: {"revision", "tip", "author", "subject", "survey", "text"}.

A mirror of each repository stays in the worker, so that a push costs one small fetch. The account for it is in
GIT_CI_USER and GIT_CI_PASSWORD, which only this process and its git see; without a password git does not sign in.
"""

import os
import shutil
import sys
import time

from muster_survey import survey, text
from muster_survey.tree import Folder

from . import answers, bounds, lfs, privacy, submodules
from .git import Failed, Git, environment_of
from .remains import MIRRORS

# Characters of a message about all faults, which the log has too.
MESSAGE_LIMIT = 1000
CONFIG = """[core]
	repositoryformatversion = 0
	bare = true
	hooksPath = /dev/null
[gc]
	autoDetach = false
"""


def mirror_of(git, repository):
    """Returns the mirror's path, with nothing left in it that git would run."""
    path = f"{MIRRORS}/{repository}.git"
    if not os.path.isfile(f"{path}/HEAD"):
        shutil.rmtree(path, ignore_errors=True)
        git.run("init", "--quiet", "--bare", "--template=", path)
    with open(f"{path}/config", "w", encoding="utf-8") as file:
        file.write(CONFIG)
    for lock in ("shallow.lock", "packed-refs.lock"):
        if os.path.exists(f"{path}/{lock}"):
            os.unlink(f"{path}/{lock}")
    return path


def fetch(git, repository, url, pauses=(1, 3, 8, 15)):
    """Updates the mirror and returns its path. A git server that is being replaced is back within half a minute."""
    everything = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
    for pause in (*pauses, None):
        mirror = mirror_of(git, repository)
        fetched = git.run(
            "--git-dir", mirror, "fetch", "--quiet", "--prune", "--no-tags", url, *everything, check=False
        )
        if fetched is not None:
            return mirror
        if pause is None:
            break
        print("Fetching failed: trying again.", flush=True)
        time.sleep(pause)
        if pause > 1:
            # The mirror may be damaged.
            shutil.rmtree(mirror)
    raise Failed(f"{repository} could not be fetched")


def commit_of(git, mirror, branch, revision):
    """(revision, whether the branch points to it, author, subject)"""
    ref = f"refs/heads/{branch}^{{commit}}"
    tip = git.run("--git-dir", mirror, "rev-parse", "--quiet", "--verify", ref, check=False)
    tip = (tip or "").strip()
    if not revision and not tip:
        raise Failed(f"there is no branch {branch!r}")
    wanted = revision or tip
    shown = git.run("--git-dir", mirror, "log", "-1", "--format=%H%n%an%n%s", wanted, "--", check=False)
    if not shown:
        raise Failed(f"commit {wanted} is gone: its branch was deleted, or replaced by a forced push")
    full, author, subject = (shown.split("\n") + ["", ""])[:3]
    if git.run("--git-dir", mirror, "merge-base", "--is-ancestor", full, ref, check=False) is None:
        raise Failed(f"commit {full[:12]} is not on {branch}: the branch was deleted, or replaced by a forced push")
    return full, full == tip, author, subject


def check_out(git, mirror, url, branch, revision):
    """A clone that borrows the mirror's objects, with the branch checked out as tools expect it."""
    git.run("clone", "--quiet", "--shared", "--no-checkout", "--template=", mirror, ".")
    git.run("checkout", "--quiet", "--force", "--no-track", "-B", branch, revision)
    git.run("config", "remote.origin.url", url)


def main(arguments):
    repository, url, branch = arguments[:3]
    revision = arguments[3] if len(arguments) > 3 else ""
    privacy.seal()
    user, password = (os.environ.pop(name, "") for name in ("GIT_CI_USER", "GIT_CI_PASSWORD"))
    git = Git(environment_of(url, user, password))
    mirror = fetch(git, repository, url)
    revision, tip, author, subject = commit_of(git, mirror, branch, revision)
    print(f"{repository} {branch} {revision}\n{author}: {subject}", flush=True)
    sources = bounds.Sources()
    sources.commit(git.run("--git-dir", mirror, "ls-tree", "-r", "-l", "-z", revision))
    check_out(git, mirror, url, branch, revision)
    submodules.fill(git, url, lambda name, address: fetch(git, name, address, (1,)), sources)
    lfs.fill(git, mirror, url, sources)

    found = survey(Folder("."))
    told = text.of(found)
    print(told, flush=True)
    if found["faults"]:
        faults = "; ".join(text.fault_line(fault) for fault in found["faults"])
        raise Failed(faults if len(faults) <= MESSAGE_LIMIT else f"{faults[:MESSAGE_LIMIT]}…")
    about = {"revision": revision, "tip": tip, "author": author[:255], "subject": subject[:255]}
    answers.tell({**about, "survey": found, "text": told})


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (Failed, bounds.TooMuch, ValueError, OSError) as error:
        sys.exit(f"muster: {error}")
