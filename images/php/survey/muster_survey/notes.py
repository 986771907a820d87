"""What a push is not tested for, and what of it cannot work here: said, with what helps."""

import fnmatch
import posixpath
import re

from . import servers, sites
from .projects import CODECEPTION, other_configurations
from .tree import depth, join

OTHER_CI = {
    ".gitlab-ci.yml": "GitLab",
    "Jenkinsfile": "Jenkins",
    ".travis.yml": "Travis CI",
    "azure-pipelines.yml": "Azure",
    "bitbucket-pipelines.yml": "Bitbucket",
    ".circleci/config.yml": "CircleCI",
    ".drone.yml": "Drone",
    "appveyor.yml": "AppVeyor",
    ".woodpecker.yml": "Woodpecker",
    "buildspec.yml": "CodeBuild",
}
PIPELINE = "write its commands as a workflow in .github/workflows, or ask for a step in muster:ci.steps"
# How many folders deep other tests are looked for, and where they are somebody else's.
NEAR = 3
COPIED = re.compile(r"(^|/)(lib|libs|fixtures|plugins?)/")
PHP_TESTS = (*CODECEPTION, "behat.yml", "behat.yml.dist")
PYTHON_TESTS = ("tox.ini", "pytest.ini", "conftest.py", "noxfile.py")


def note(level, text, remedy=None, file=None, untested=False):
    return {"level": level, "text": text, "remedy": remedy, "file": file, "untested": untested}


def of(tree, said, found, projects, left_out):
    yield from _site(tree, said, found)
    yield from _projects(tree, projects, left_out)
    yield from _other_tests(tree)
    yield from _containers(tree)
    yield from _git(tree)
    if tree.truncated:
        yield note(
            "info", "only the files near the root were looked at: there are very many", "say the rest in muster.yaml"
        )


def _site(tree, said, found):
    kind, root = found["kind"], found["root"]
    if kind == "empty":
        yield note("warning", "no index file", "put one at the root, or set root in muster.yaml")
    if kind == "server":
        server = found["server"]
        yield note(
            "warning",
            f"{server['language']} is not served here: {server['reason']}",
            "build it, and commit its pages as public/"
            if server["file"] in servers.GENERATORS
            else "its tests may run as a workflow in .github/workflows",
            server["file"],
        )
    if found["start"]:
        yield note(
            "warning",
            f"no index file in {_folder(root['path'])}: it begins with {found['start']}",
            "put an index file there, or set root in muster.yaml",
        )
    elif root and not found["site"]["dist"] and not sites.index_of(tree, root["path"]):
        yield note("warning", f"no index file in {_folder(root['path'])}", "put one there, or set root in muster.yaml")
    if root and root["source"] == "built" and not sites.index_of(tree, root["path"]):
        yield note(
            "warning",
            f"the build wrote no {join(root['path'], 'index.html')}",
            "name the folder that it writes as dist in muster.yaml",
        )
    if kind == "frontend" and not found["backend"]:
        for name in sites.BACK_ENDS:
            if (
                name in tree.folders
                and any(join(name, each) in tree.files for each in servers.LANGUAGES)
                or (join(name, "package.json") in tree.files and found["site"]["folder"] != name)
            ):
                yield note("warning", f"{name}/ is not served here: only PHP is", None, name)


def _folder(path):
    return "the repository's root" if path == "." else f"{path}/"


def _projects(tree, projects, left_out):
    for project in projects:
        folder, composer, node = project["folder"], project["composer"], project["node"]
        if composer and composer["install"] and not composer["lock"]:
            yield note(
                "warning",
                f"{join(folder, 'composer.json')} has no lock: what is installed may differ each time",
                "run composer install and commit composer.lock",
                join(folder, "composer.json"),
            )
        if node and node["install"] and not node["lock"]:
            yield note(
                "warning",
                f"{join(folder, 'package.json')} has no lock: what is installed may differ each time",
                f"run {node['manager']} install and commit its lock",
                join(folder, "package.json"),
            )
        if node and node["untested"]:
            instead = f": {node['test']} is run instead" if node["test"] else " and is not run"
            yield note(
                "warning",
                f"the script {node['untested']} of {join(folder, 'package.json')} needs a browser{instead}",
                None if node["test"] else "name the tests that need none test:unit",
                join(folder, "package.json"),
                not node["test"],
            )
        locks = [
            name for name in ("package-lock.json", "pnpm-lock.yaml", "yarn.lock") if join(folder, name) in tree.files
        ]
        if node and len(locks) > 1:
            yield note(
                "warning", f"{' and '.join(locks)}: {node['manager']} is used", "delete the lock that is not used"
            )
    for folder in left_out:
        if posixpath.basename(folder) == "tests" and "composer.json" in tree.files_in(folder):
            yield note(
                "warning",
                f"PHPUnit does not run: its tests need {folder}/composer.json",
                f"add {folder} to subfolders in muster.yaml",
                join(folder, "composer.json"),
                True,
            )
            continue
        names = [
            name for name in tree.files_in(folder) if name in ("composer.json", "package.json") or "phpunit" in name
        ]
        for name in names[:1]:
            yield note(
                "info",
                f"{join(folder, name)} is not installed or tested",
                f"add {folder} to subfolders in muster.yaml",
                join(folder, name),
                True,
            )


def _other_tests(tree):
    for path, name in OTHER_CI.items():
        if path in tree.files:
            yield note("warning", f"{path} is not run: it is for {name}", PIPELINE, path, True)
    for path in sorted(path for path in tree.files if depth(path) <= NEAR and not COPIED.search(path)):
        name = posixpath.basename(path)
        if name == "Makefile" and re.search(r"(?m)^(test|check)[\w-]*\s*:", tree.text(path)):
            yield note("info", f"the tests of {path} are not run", PIPELINE, path, True)
        elif name in PYTHON_TESTS or name == "pyproject.toml" and "pytest" in tree.text(path):
            yield note("info", f"{path}: tests in Python are not run", PIPELINE, path, True)
        elif name == "go.mod":
            yield note("info", f"{path}: tests in Go are not run", PIPELINE, path, True)
        elif name in PHP_TESTS:
            yield note("info", f"{path}: its tests are not run", PIPELINE, path, True)
    for path in other_configurations(tree, "."):
        remedy = "name the one that is meant phpunit.xml.dist, and put it at the root"
        yield note("info", f"{path} is not run: PHPUnit's configuration has another name", remedy, path, True)


def _containers(tree):
    names = [
        name for name in tree.files_in(".") if re.fullmatch(r"(docker-)?compose([.-]\w+)*\.ya?ml|Dockerfile", name)
    ]
    if names:
        yield note(
            "info",
            f"{', '.join(sorted(names))} {'is' if len(names) == 1 else 'are'} not used: the site runs in "
            "Muster's own containers",
            None,
            sorted(names)[0],
        )


def _git(tree):
    patterns = re.findall(r"(?m)^\s*(\S+)[^\n]*\bfilter=lfs\b", tree.text(".gitattributes"))
    for pattern in patterns:
        path = next(
            (
                path
                for path in sorted(tree.files)
                if fnmatch.fnmatch(posixpath.basename(path), pattern)
                or fnmatch.fnmatch(path, pattern.lstrip("/").replace("**", "*"))
            ),
            None,
        )
        if path and tree.raw(path).startswith(b"version https://git-lfs"):
            yield note(
                "warning", f"{path} is a pointer of Git LFS, without its content", "run git lfs push --all origin", path
            )
            break
    modules = tree.text(".gitmodules")
    for path, url in re.findall(r"(?ms)^\s*path\s*=\s*(\S+).*?^\s*url\s*=\s*(\S+)", modules):
        if not url.startswith(("./", "../")) and not tree.names(path):
            yield note(
                "warning",
                f"the submodule {path} comes from {shown(url)}, which is not this team's git server",
                f"push it here and write ../{posixpath.basename(url)} in .gitmodules",
                ".gitmodules",
            )


def shown(url):
    """A URL without the account in it."""
    return re.sub(r"//[^/@]*@", "//", url)
