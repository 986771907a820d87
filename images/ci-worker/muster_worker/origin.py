"""Asks the git server what the deploy branch is now, so that nobody's request has to be believed."""

import shutil
import tempfile

from .git import Failed, Git, environment_of


def holds(origin, revision):
    """Whether a commit is on the branch at this moment: its tip, or one that came before.

    ORIGIN: {"url", "branch", "user", "password"}. Raises Failed when the server does not say.
    """
    url, branch = origin["url"], f"refs/heads/{origin['branch']}"
    git = Git(environment_of(url, origin["user"], origin["password"]))
    told = git.run("ls-remote", "--quiet", url, branch, check=False)
    if told is None:
        raise Failed(f"{url} does not say what {origin['branch']} is")
    heads = dict(reversed(line.split("\t")) for line in told.splitlines())
    if branch not in heads:
        return False
    return heads[branch] == revision or _came_before(git, url, branch, revision)


def _came_before(git, url, branch, revision):
    """Fetches commits without their files; a server that cannot leave those out sends them, too."""
    folder = tempfile.mkdtemp()
    try:
        git.run("init", "--quiet", "--bare", "--template=", folder)
        fetch = ("fetch", "--quiet", "--no-tags", "--filter=tree:0", url, f"{branch}:{branch}")
        git.run("--git-dir", folder, *fetch)
        ancestor = ("merge-base", "--is-ancestor", revision, branch)
        return git.run("--git-dir", folder, *ancestor, check=False) is not None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
