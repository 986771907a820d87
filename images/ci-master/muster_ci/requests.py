"""What the forms send. Needs no Buildbot."""

from . import names


def build(repository, branch, revision):
    """(repository, branch, revision or None) of the form "Build a branch"; raises Invalid."""
    return (
        names.repository(repository.strip()),
        names.branch(branch.strip()),
        names.revision(revision.strip().lower()) if revision.strip() else None,
    )


def rollback(repository, release):
    """(repository, release or "" for one step back) of the form "Roll back"; raises Invalid."""
    return names.repository(repository.strip()), names.release(release.strip()) if release.strip() else ""
