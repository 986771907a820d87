"""muster-package REPOSITORY REVISION DIST: packs what goes live; prints {"package", "bytes"} as JSON in its last line.

It holds the commit's files as git has them, vendor (Composer) and DIST (the front end) as they were built, and the list
of the commit's ancestors, by which the deployer tells older from newer.
"""

import io
import json
import os
import subprocess
import sys
import tarfile

from .releases import ANCESTORS_FILE, ANCESTORS_LIMIT

PACKAGE = "/var/lib/worker/package.tar"


def git(mirror, *arguments):
    return subprocess.run(["git", "--git-dir", mirror, *arguments], stdout=subprocess.PIPE, check=True).stdout


def main(arguments):
    repository, revision, dist = arguments
    mirror = f"/var/lib/worker/mirrors/{repository}.git"
    with open(PACKAGE, "wb") as file:
        subprocess.run(["git", "--git-dir", mirror, "archive", "--format=tar", revision], stdout=file, check=True)
    ancestors = git(mirror, "rev-list", f"--max-count={ANCESTORS_LIMIT}", revision)
    with tarfile.open(PACKAGE, "a") as archive:
        names = set(archive.getnames())
        built = [folder for folder in ("vendor", dist) if os.path.isdir(folder) and not os.path.islink(folder)]
        for folder in built:
            archive.add(folder)
        if "public" not in names and not os.path.isdir("public") and dist in built:
            # There is only a front end: it is the site.
            link = tarfile.TarInfo("public")
            link.type, link.linkname = tarfile.SYMTYPE, dist
            archive.addfile(link)
            names.add("public")
        if not any(name == "public" or name.startswith("public/") for name in names):
            print('Note: there is no folder "public", which is what the live server shows.')
        listed = tarfile.TarInfo(ANCESTORS_FILE)
        listed.size = len(ancestors)
        archive.addfile(listed, io.BytesIO(ancestors))
    print("commit", revision, *built, sep="\n  ", flush=True)
    print(json.dumps({"package": PACKAGE, "bytes": os.path.getsize(PACKAGE)}))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (subprocess.CalledProcessError, OSError, tarfile.TarError) as error:
        sys.exit(f"muster: {error}")
