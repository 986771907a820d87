"""Files of Git LFS: the worker keeps them beside the mirror, and puts them in the place of their pointers."""

import json
import os


def settings(mirror):
    """Arguments of git with which it writes the files that are kept in place of their pointers."""
    for key, value in (
        ("lfs.storage", f"{mirror}/lfs"),
        # Nothing is fetched, and a pointer whose file is not there stays one.
        ("lfs.url", "file:///nonexistent"),
        ("lfs.skipDownloadErrors", "true"),
        ("filter.lfs.smudge", "git-lfs smudge -- %f"),
        # Without it, git-lfs takes itself for not installed.
        ("filter.lfs.clean", "git-lfs clean -- %f"),
    ):
        yield from ("-c", f"{key}={value}")


def fill(git, mirror, url, sources):
    """Fetches the files of the commit that is checked out; what was never pushed stays a pointer, and is told.

    SOURCES bounds them.
    """
    attributes = git.run("grep", "--quiet", "-e", "filter=lfs", "HEAD", "--", ":(glob)**/.gitattributes", check=False)
    if attributes is None:
        return
    os.makedirs(f"{mirror}/lfs", exist_ok=True)
    options = (*settings(mirror), "-c", f"lfs.url={url}/info/lfs", "-c", "lfs.concurrenttransfers=3")
    listed = git.run(*options, "lfs", "ls-files", "--json", "HEAD")
    sources.large_files(file["size"] for file in json.loads(listed)["files"] or ())
    if git.run(*options, "lfs", "fetch", "origin", "HEAD", check=False) is None:
        print("Note: not every file of Git LFS could be fetched.", flush=True)
    git.run(*options, "lfs", "checkout", check=False)
    # Without it, git takes the files for changes of the build's.
    git.run("config", "filter.lfs.clean", "git-lfs clean -- %f")
