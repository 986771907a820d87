import contextlib
import json
import os
import sys
import tempfile

SURVEY = os.path.join(os.path.dirname(__file__), "../../../images/php/survey")
sys.path.insert(0, os.path.abspath(SURVEY))
sys.dont_write_bytecode = True

from muster_survey import survey, text  # noqa: E402
from muster_survey.tree import Commit, Folder  # noqa: E402

__all__ = ["Commit", "Folder", "files", "package", "repository", "shape", "text"]


def package(build=None, dependencies=(), development=(), test=None, **more):
    """The text of a package.json."""
    scripts = {name: script for name, script in (("build", build), ("test", test)) if script}
    return json.dumps(
        {
            "scripts": scripts,
            "dependencies": dict.fromkeys(dependencies, "1"),
            "devDependencies": dict.fromkeys(development, "1"),
            **more,
        }
    )


def files(listed):
    """Paths → texts; a list of paths means empty files."""
    return listed if isinstance(listed, dict) else dict.fromkeys(listed, "")


@contextlib.contextmanager
def repository(listed):
    """A folder with files; a text that begins with "→ " is a link."""
    with tempfile.TemporaryDirectory() as folder:
        for path, content in files(listed).items():
            place = os.path.join(folder, path)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            if isinstance(content, str) and content.startswith("→ "):
                os.symlink(content[2:], place)
                continue
            with open(place, "wb") as file:
                file.write(content if isinstance(content, bytes) else content.encode())
        yield folder


def shape(listed, built=False):
    with repository(listed) as folder:
        return survey(Folder(folder), built)
