"""muster-survey [DIR] [--json|--text] [--built] [--tree REVISION]: what a repository is, and what is done with it.

Status 0, or 1 when something is wrong with muster.yaml or a manifest; 2 when there is nothing to look at.
"""

import argparse
import json
import os
import subprocess
import sys

from . import survey, text
from .tree import Commit, Folder


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="muster-survey", description="Says what a repository is.")
    parser.add_argument("folder", nargs="?", default=".", metavar="DIR")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as data")
    form.add_argument("--text", action="store_true", help="for people, in at most eight lines (the default)")
    parser.add_argument("--built", action="store_true", help="look for what the build wrote")
    parser.add_argument("--tree", metavar="REVISION", help="a commit in place of the files as they are")
    chosen = parser.parse_args(arguments)
    if not os.path.isdir(chosen.folder):
        parser.error(f"{chosen.folder} is not a folder")
    try:
        tree = Commit(chosen.folder, chosen.tree) if chosen.tree else Folder(chosen.folder)
    except subprocess.CalledProcessError:
        parser.error(f"{chosen.folder} has no commit {chosen.tree!r}")
    found = survey(tree, chosen.built)
    print(json.dumps(found) if chosen.json else text.of(found))
    return 1 if found["faults"] else 0


if __name__ == "__main__":
    sys.exit(main())
