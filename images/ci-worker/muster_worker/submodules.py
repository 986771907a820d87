"""Submodules from the server that the repository is on. Those from elsewhere are left out; the survey names them."""

import os
import posixpath
import re
import shutil

from .git import Failed

# Submodules in submodules.
DEEPEST = 4


def resolve(url, base):
    """The address of a submodule, relative to the repository at BASE as git takes it."""
    if not url.startswith(("./", "../")):
        return url
    while url.startswith(("./", "../")):
        up, _, url = url.partition("/")
        if up == "..":
            base = posixpath.dirname(base.rstrip("/"))
    return f"{base}/{url}"


def own(url, base):
    """(name, address) of a repository beside the one at BASE, or None. Members write the address that they see."""
    folder = posixpath.dirname(base)
    match = re.fullmatch(r"([a-z0-9][a-z0-9._-]{0,63}?)(\.git)?/?", posixpath.basename(url.rstrip("/")))
    if not match or ".." in match[1]:
        return None
    here = posixpath.dirname(url.rstrip("/"))
    public = os.environ.get("GIT_PUBLIC_URL", "").rstrip("/")
    return (match[1], f"{folder}/{match[1]}.git") if here in {folder, public} - {""} else None


def listed(git, folder):
    """(path, address, commit) of each submodule of the repository in a folder."""
    read = ("-C", folder, "config", "--file", ".gitmodules")
    keys = git.run(*read, "--get-regexp", r"^submodule\..*\.path$", check=False)
    for line in (keys or "").splitlines():
        key, _, path = line.partition(" ")
        url = git.run(*read, key.removesuffix("path") + "url", check=False)
        tree = (git.run("-C", folder, "ls-tree", "HEAD", "--", path, check=False) or "").split()
        if url and len(tree) > 3 and tree[1] == "commit":
            yield path, url.strip(), tree[2]


def filled(git, folder=".", deep=0):
    """The folders of the submodules that are there, relative to the current one."""
    for path, _, commit in listed(git, folder) if deep < DEEPEST else ():
        target = os.path.normpath(os.path.join(folder, path))
        if os.path.isdir(os.path.join(target, ".git")):
            yield target, commit
            yield from filled(git, target, deep + 1)


def fill(git, base, fetch, sources, folder=".", deep=0):
    """FETCH(name, address) updates a mirror and returns its path. SOURCES bounds what is checked out."""
    for path, url, commit in listed(git, folder) if deep < DEEPEST else ():
        found = own(resolve(url, base), base)
        target = os.path.join(folder, path)
        if found is None or os.path.realpath(target) != os.path.join(os.path.realpath(folder), path):
            continue
        name, address = found
        print(f"submodule {os.path.normpath(target)}: {name} {commit[:12]}", flush=True)
        mirror = fetch(name, address)
        listing = git.run("--git-dir", mirror, "ls-tree", "-r", "-l", "-z", commit, check=False)
        if listing is None:
            raise Failed(f"submodule {path}: commit {commit[:12]} of {name} was not pushed: push it there first")
        sources.commit(listing, f"the commit with its submodule {path}")
        shutil.rmtree(target, ignore_errors=True)
        git.run("clone", "--quiet", "--shared", "--no-checkout", "--template=", mirror, target)
        git.run("-C", target, "checkout", "--quiet", "--force", "--detach", commit)
        fill(git, address, fetch, sources, target, deep + 1)
