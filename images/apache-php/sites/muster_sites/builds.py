"""What a workspace's sites need before they can be shown, a front end's build and Composer's packages: the editor beside
is told which do, and says how it goes.
"""

import json
import os

# Read and written by images/code-server/builder too.
FOLDER = ".muster"


def state(workspace, place):
    """What muster_builder.py wrote about a repository, None where it has not looked at it yet."""
    try:
        with open(f"{workspace}/{FOLDER}/builds/{place.name}.json", encoding="utf-8") as file:
            said = json.load(file)
        return {**said, "since": float(said["since"])} if said["state"] != "built" else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_front_end(place):
    """Whether the site is what a build writes; what only a Node server shows is none."""
    found = place.survey
    return bool(found and found["site"]["dist"] and found["root"] and found["root"]["path"] == found["site"]["dist"])


def outputs(place):
    """What has to be there before the site can be shown."""
    if is_front_end(place):
        yield f"{place.folder}/{place.survey['root']['path']}/index.html"
    for project in place.survey["projects"] if place.survey else ():
        composer = project["composer"]
        if composer and composer["install"] and composer["required"]:
            yield f"{place.folder}/{composer['vendor']}/autoload.php"


def ask(workspace, found, replace):
    """Writes down the sites that need something and in which state each is; the files that this depends on."""
    there = [place for place in found if any(outputs(place)) and place.survey["own"] == "built"]
    folder = f"{workspace}/{FOLDER}"
    if not there and not os.path.exists(f"{folder}/frontends"):
        return []
    os.makedirs(f"{folder}/builds", exist_ok=True)
    depends, lines = [], []
    for place in there:
        moves = [f"{place.folder}/.git/logs/HEAD", *_manifests(place)]
        # Of the output only whether it is there: a build that is being watched writes it all the time.
        times = "-".join(str(_changed(path)) for path in moves)
        lines.append(f"{place.name}\t{times}\t{int(all(map(os.path.exists, outputs(place))))}\n")
        depends += [*moves, *outputs(place), f"{folder}/builds/{place.name}.json"]
    replace(f"{folder}/frontends", "".join(lines))
    return depends


def _manifests(place):
    for project in place.survey["projects"]:
        below = "" if project["folder"] == "." else f"/{project['folder']}"
        if project["composer"]:
            yield from (f"{place.folder}{below}/composer.{kind}" for kind in ("json", "lock"))
        if project["node"]:
            yield f"{place.folder}{below}/package.json"
            if project["node"]["lock"]:
                yield f"{place.folder}/{project['node']['lock']}"


def _changed(path):
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0
