"""What is live: for people who look at it, read without a lock."""

import os

from . import database, page, remedies
from .releases import Site


def size_of(path):
    """Bytes on the disk."""
    total = os.lstat(path).st_blocks * 512
    for folder, folders, files in os.walk(path):
        for name in (*folders, *files):
            try:
                total += os.lstat(os.path.join(folder, name)).st_blocks * 512
            except FileNotFoundError:
                continue
    return total


def database_of(live, shared, order):
    """The name of the database of a repository other than the first; None where it has none."""
    try:
        return {"name": database.known(Site(live, order["project"]).path)["DB_NAME"]}
    except FileNotFoundError:
        return {"name": None}


def overview(live, shared, order):
    """{"sites": [{"repository", "release", "answer", "works", "writable"}]}; writable: path → bytes."""
    return {"sites": list(_sites(live, shared))}


def _sites(live, shared):
    # A server without an account that makes others is one repository's; others may have left folders there.
    own = os.environ.get("REPOSITORY") if "DB_ADMIN_PASSWORD" not in os.environ else None
    for repository in [own] if own else sorted(os.listdir(live)):
        site = Site(live, repository)
        current = site.current() if os.path.isdir(site.path) else ""
        if not current:
            continue
        survey = site.survey(current) or {}
        server = page.of_environment(os.environ, repository)
        answer = server and server.ask(survey.get("folder", ""))
        why = answer and not answer.works and page.cause(answer, survey, remedies.of(site.path, repository, os.environ))
        kept = {entry["path"]: f"{shared}/{repository}/files/{entry['path']}" for entry in survey.get("writable", ())}
        yield {
            "repository": repository,
            "release": current,
            "answer": (f"{answer.text}: {why}" if why else answer.text) if answer else "has no address",
            "works": bool(answer and answer.works),
            "writable": {path: size_of(place) for path, place in kept.items() if os.path.lexists(place)},
        }


READERS = {"database": database_of, "sites": overview}
