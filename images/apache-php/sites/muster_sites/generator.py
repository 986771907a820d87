"""Writes the virtual hosts and their waiting pages."""

import os
import sys

from muster_survey import survey
from muster_survey.tree import Folder

from . import builds, hosts, pages, places

# Where live sites write.
SHARED = os.environ.get("SHARED_ROOT", "/srv/shared")
# Files and folders of a repository whose change makes its site another one.
MANIFESTS = ("composer.json", "package.json")


def look(folder):
    """The survey of a folder; None when it fails, which is to keep no other site from being shown."""
    try:
        return survey(Folder(folder), built=True)
    except Exception as error:
        print(f"muster-sites: {folder}: {error.__class__.__name__}: {error}", file=sys.stderr, flush=True)
        return None


def generate(output, releases, workspace):
    """Whether anything that Apache has to read anew was written."""
    first, owner = os.environ.get("REPOSITORY", "app"), os.environ.get("MEMBER_ID", "")
    live = bool(releases)
    sites = places.live(releases, SHARED, first, look) if live else places.in_workspace(workspace, first, owner, look)
    found = list(sites)
    for place in found:
        if place is found[0] or place.label:
            build = None if live else builds.state(workspace, place)
            replace(f"{output}/pages/{place.label or hosts.FIRST}.html", pages.waiting(place, live, build))
    replace(f"{output}/pages/{hosts.UNKNOWN}.html", pages.unknown(found, "live" if live else owner))
    depends = [path for place in found for path in watched(place)]
    if not live:
        depends += builds.ask(workspace, found, replace)
    replace(f"{output}/watched", "".join(f"{path}\n" for path in depends))
    return replace(f"{output}/sites.conf", hosts.text(found))


def watched(place):
    """What the site depends on below the top of its repository."""
    if not place.survey:
        return
    found = place.survey
    paths = {found["root"] and found["root"]["path"], found["site"]["dist"]}
    paths |= {f"{project['folder']}/{name}" for project in found["projects"] for name in MANIFESTS}
    if found["backend"]:
        paths.add(found["backend"]["root"])
    for path in sorted(filter(None, paths)):
        while path not in ("", "."):
            yield f"{place.folder}/{path}"
            path = os.path.dirname(path)


def replace(path, text):
    """Whether a file has another content now."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            if file.read() == text:
                return False
    except OSError:
        pass
    with open(f"{path}.new", "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
    os.replace(f"{path}.new", path)
    return True
