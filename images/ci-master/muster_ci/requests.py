"""Checks what the forms send. Needs no Buildbot."""

from . import names


class Refused(ValueError):
    """problems: the message for each field of the form that is not what it should be."""

    def __init__(self, problems):
        super().__init__("; ".join(problems.values()))
        self.problems = problems


def build(project, branch, revision):
    """(repository, branch, revision or None) of the form "Build a branch"."""
    return _checked(
        project=lambda: names.repository(project.strip()),
        branch=lambda: names.branch(branch.strip()),
        revision=lambda: names.revision(revision.strip().lower()) if revision.strip() else None,
    )


def rollback(repository, release, live):
    """(repository, release or "" for one step back) of the form "Roll back"."""

    def known():
        name = names.repository(repository.strip())
        if live.deployer(name) is None:
            raise names.Invalid(f"{names.quoted(name)} is not on the roster, so that nobody puts it live")
        return name

    return _checked(
        repository=known,
        release=lambda: names.release(release.strip()) if release.strip() else "",
    )


def _checked(**fields):
    values, problems = [], {}
    for field, read in fields.items():
        try:
            values.append(read())
        except names.Invalid as error:
            problems[field] = str(error)
    if problems:
        raise Refused(problems)
    return tuple(values)
