"""muster-package REPOSITORY REVISION DIST: packs what goes live.

Its last line is {"package", "bytes", "kind", "unserved"} as JSON. In the package: the commit's files as git has them,
what the build left for the live site (by the survey, and the folder DIST), the survey, and the list of the commit's
ancestors, by which the deployer tells older from newer. "unserved" says why there is nothing to serve, or is null.
"""

import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile

from muster_survey import survey
from muster_survey.tree import Folder

from . import answers, bounds, lfs, submodules
from .git import Failed, Git, unconfigured
from .releases import ANCESTORS_FILE, ANCESTORS_LIMIT, SURVEY_FILE
from .remains import MIRRORS

PACKAGE = "/var/lib/worker/package.tar"
LEFT = frozenset({".git", "node_modules"})


def environment():
    """Of git: a build's own configuration could run programs while its files are packed, or leave some out."""
    return unconfigured({"safe.directory": "*", "core.attributesFile": os.devnull})


def git(mirror, *arguments):
    order = ["git", "--git-dir", mirror, *arguments]
    return subprocess.run(order, env=environment(), stdout=subprocess.PIPE, check=True).stdout


def archive_of(mirror, revision, *options):
    """The command that writes a commit's files as git has them, and those of Git LFS in place of their pointers."""
    return ["git", *lfs.settings(mirror), "--git-dir", mirror, "archive", "--format=tar", *options, revision]


def add_submodules(archive):
    for folder, commit in submodules.filled(Git(environment())):
        with tempfile.TemporaryFile() as file:
            mirror = f"{folder}/.git"
            order = archive_of(mirror, commit, f"--prefix={folder}/")
            subprocess.run(order, env=environment(), stdout=file, check=True)
            file.seek(0)
            with tarfile.open(fileobj=file) as part:
                for each in part:
                    archive.addfile(each, part.extractfile(each) if each.isfile() else None)


def built(found, dist):
    """(folder, whether its files replace the commit's) of what the build left for the live site."""
    replaced = {project["composer"]["vendor"] for project in found["projects"] if project["composer"]}
    replaced |= {found["site"]["dist"] or dist, dist}
    for folder in sorted({*found["pack"], *replaced}):
        if os.path.isdir(folder) and os.path.realpath(folder) == os.path.join(
            os.path.realpath("."), os.path.normpath(folder)
        ).removesuffix("/."):
            yield folder, folder in replaced


def add(archive, folder, fresh, committed, writable):
    """What the build wrote into a folder; with FRESH, what it changed of the commit too. Tests may have uploaded."""
    for above, folders, files in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if name not in LEFT and os.path.normpath(os.path.join(above, name)) not in writable
        )
        links = [name for name in folders if os.path.islink(os.path.join(above, name))]
        for name in sorted((*files, *links)):
            path = os.path.normpath(os.path.join(above, name))
            if (fresh or path not in committed) and (os.path.islink(path) or os.path.isfile(path)):
                archive.add(path, recursive=False)


def note(archive, name, content):
    listed = tarfile.TarInfo(name)
    listed.size = len(content)
    archive.addfile(listed, io.BytesIO(content))


def unserved(found):
    if found["root"] or found["backend"]:
        return None
    if found["kind"] == "library":
        return "it is a library, without a site (if there is one, set root in muster.yaml)"
    said = next((note for note in found["notes"] if note["level"] == "warning"), None)
    if not said:
        return "no site in it"
    return said["text"] + (f" ({said['remedy']})" if said["remedy"] else "")


def main(arguments):
    repository, revision, dist = arguments
    mirror = f"{MIRRORS}/{repository}.git"
    if not os.path.isdir(mirror):
        # The worker removes it when anything in it is not as the checkout left it.
        raise Failed("the build wrote into the worker's copy of the repository, which is thrown away: build again")
    found = survey(Folder("."), built=True)
    with open(PACKAGE, "wb") as file:
        subprocess.run(archive_of(mirror, revision), env=environment(), stdout=file, check=True)
    ancestors = git(mirror, "rev-list", f"--max-count={ANCESTORS_LIMIT}", revision)
    folders = dict(built(found, dist))
    writable = {entry["path"] for entry in found["writable"]}
    with bounds.Package.open(PACKAGE, "a") as archive:
        add_submodules(archive)
        committed = set(archive.getnames())
        for folder, fresh in folders.items():
            add(archive, folder, fresh, committed, writable)
        note(archive, SURVEY_FILE, json.dumps(found).encode())
        note(archive, ANCESTORS_FILE, ancestors)
    print("commit", revision, *folders, sep="\n  ", flush=True)
    size = os.path.getsize(PACKAGE)
    answers.tell({"package": PACKAGE, "bytes": size, "kind": found["kind"], "unserved": unserved(found)})


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (Failed, bounds.TooMuch, subprocess.CalledProcessError, OSError, tarfile.TarError) as error:
        sys.exit(f"muster: {error}")
