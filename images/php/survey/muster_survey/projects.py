"""What there is to install, test and build, folder by folder."""

import posixpath
import re

from . import frontends, managers, workspaces
from .tree import depth, join, parent, part

DEPTH = 3
CODECEPTION = ("codeception.yml", "codeception.dist.yml")
PHPUNIT = ("phpunit.xml", "phpunit.xml.dist", "phpunit.dist.xml")
MANIFESTS = ("composer.json", "package.json", *PHPUNIT)
# Folders of what others wrote, or of what a test reads: named in the notes, not installed.
FOREIGN = frozenset(
    """
    lib libs library libraries plugin plugins third_party third-party thirdparty external extern ext contrib
    modules themes extensions assets static
    """.split()
)
SAMPLES = frozenset(
    """
    fixture fixtures __fixtures__ example examples sample samples stub stubs testdata test-data test_data _data
    data templates skeleton e2e
    """.split()
)
TESTS = frozenset({"test", "tests", "_test", "_tests", "__tests__", "spec"})
INSTALLED_BY = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "workspaces")
LOCKS = {
    "pnpm-lock.yaml": "pnpm",
    "yarn.lock": "yarn",
    "bun.lock": "bun",
    "bun.lockb": "bun",
    "package-lock.json": "npm",
    "npm-shrinkwrap.json": "npm",
}
PHP_TEST = re.compile(r"(.+?)/tests/(?:.+/)?[^/]*Test\.php")
# The form of a lock → the pnpm that reads it as it is.
PNPM = {"5": "7", "6": "8", "9": "9"}
UNIT_TESTS = ("test:unit", "unit", "test:ci")
BROWSER_TESTS = re.compile(r"\b(cypress|playwright|e2e|nightwatch|testcafe|wdio|karma|ng test)\b")


def of(tree, said):
    """(projects, the root's first; the folders that were left out)"""
    folders, left_out = _folders(tree, said)
    found = [project for folder in folders if (project := _project(tree, folder, said))]
    found += [project for above in found if above["node"] for project in _of_workspace(tree, above)]
    return found, left_out


def _folders(tree, said):
    with_manifest = {parent(path) for path in tree.files if posixpath.basename(path) in MANIFESTS}
    if not any(name in tree.files for name in PHPUNIT):
        with_manifest |= {match[1] for path in tree.files if (match := PHP_TEST.fullmatch(path))}
    if "subfolders" in said:
        return [".", *said["subfolders"]], []
    chosen, left_out = ["."], []
    members = {member for above in with_manifest for member in workspaces.members(tree, above)}
    for folder in sorted(with_manifest - {"."}, key=lambda each: (depth(each), each)):
        names = set(folder.lower().split("/"))
        if names & SAMPLES or any(name.startswith(".") for name in names) or folder in members:
            continue
        tests = folder.lower().split("/")[-1] in TESTS and "." in with_manifest
        if depth(folder) > DEPTH or names & FOREIGN or tests or not _to_do(tree, folder):
            left_out.append(folder)
        else:
            chosen.append(folder)
    return chosen, left_out


def _to_do(tree, folder):
    """Whether a folder is a project, and not a package that was copied into another one."""
    names = set(tree.files_in(folder))
    if depth(folder) == 1 or names & {*PHPUNIT, *LOCKS, "composer.lock"} or _has_tests(tree, join(folder, "tests")):
        return True
    scripts = part(tree.object(join(folder, "package.json")), "scripts")
    return frontends.of(tree, folder) is not None or _test(tree, folder, scripts)[0] is not None


def _project(tree, folder, said):
    project = {
        "folder": folder,
        "composer": _composer(tree, folder),
        "node": _node(tree, folder),
        "phpunit": _phpunit(tree, folder, said),
    }
    return project if any(value for key, value in project.items() if key != "folder") else None


def _composer(tree, folder):
    path = join(folder, "composer.json")
    if path not in tree.files:
        return None
    manifest, locked = tree.object(path), join(folder, "composer.lock") in tree.files
    required = [name for name in part(manifest, "require") if "/" in name]
    development = [name for name in part(manifest, "require-dev") if "/" in name]
    vendor = part(manifest, "config").get("vendor-dir")
    vendor = join(folder, vendor if isinstance(vendor, str) and vendor.strip("/") else "vendor")
    vendored = join(vendor, "autoload.php") in tree.files and not ignores(tree, vendor)
    autoload = part(manifest, "autoload") or part(manifest, "autoload-dev")
    return {
        # Nothing can differ where nothing is asked for.
        "lock": locked or not (required or development),
        "install": not vendored and bool(required or development or autoload or locked),
        "vendored": vendored,
        "vendor": vendor,
        "required": bool(required),
        "development": bool(development),
        "migrate": "migrate" in part(manifest, "scripts"),
    }


def ignores(tree, path):
    """Whether a .gitignore names a folder as a whole."""
    lines = {line.strip().strip("/") for line in tree.text(join(parent(path), ".gitignore")).splitlines()}
    return posixpath.basename(path) in lines or path in {
        line.strip().strip("/") for line in tree.text(".gitignore").splitlines()
    }


def _node(tree, folder, workspace=None):
    """What a package.json asks for. What WORKSPACE, a folder above, installs and has scripts for is done there."""
    path = join(folder, "package.json")
    if path not in tree.files:
        return None
    manifest = tree.object(path)
    manager, version, lock = manager_of(tree, workspace or folder)
    scripts = {name: text for name, text in part(manifest, "scripts").items() if isinstance(text, str) and text.strip()}
    front = frontends.of(tree, folder)
    test, needs = _test(tree, folder, scripts)
    install = not workspace and any(manifest.get(key) for key in INSTALLED_BY)
    wanted = {
        "lint": "lint" if "lint" in scripts else None,
        "test": test,
        "build": frontends.build_script(manifest, front and front["framework"]),
    }
    commands = {key: script and managers.run(manager, version, script) for key, script in wanted.items()}
    return {
        "manager": manager,
        "version": version,
        "lock": None if workspace else lock,
        "install": install,
        "workspace": workspace,
        **wanted,
        "untested": needs,
        "commands": {"install": managers.install(manager, version, lock) if install else None, **commands},
        "dist": front["dist"] if front and front["framework"] and not front["server"] else None,
    }


def manager_of(tree, folder):
    """(manager, version or None, lock or None); the lock may be a workspace's above."""
    manifest = tree.object(join(folder, "package.json"))
    said = re.fullmatch(r"(npm|pnpm|yarn|bun)@(\d[\w.-]*)(\+.*)?", str(manifest.get("packageManager", "")))
    here = folder
    while True:
        locks = [name for name in LOCKS if join(here, name) in tree.files]
        if said and locks:
            locks = [name for name in locks if LOCKS[name] == said[1]]
        if locks or here == ".":
            break
        here = parent(here)
    lock = locks[0] if locks and here == folder else None
    manager = said[1] if said else LOCKS[locks[0]] if lock else "npm"
    version = said[2] if said else None
    if manager == "pnpm" and lock and not version:
        form = re.search(r"(?m)^lockfileVersion: '?(\d+)", tree.text(join(folder, lock)))
        version = PNPM.get(form[1]) if form else None
    if manager == "yarn" and not version:
        berry = join(folder, ".yarnrc.yml") in tree.files or "__metadata:" in tree.text(join(folder, "yarn.lock"))
        version = "4" if berry else "1"
    return manager, version, lock and join(folder, lock)


def _test(tree, folder, scripts):
    """(the script that tests, or None; the one that needs a browser and does not run, or None)"""
    if "test" not in scripts or frontends.NO_TEST in scripts["test"]:
        return None, None
    needed = BROWSER_TESTS.search(scripts["test"])
    if not needed or needed[1] == "ng test" and frontends.tests_in_node(tree, folder):
        return "test", None
    usable = (name for name in UNIT_TESTS if name in scripts)
    return next((name for name in usable if not BROWSER_TESTS.search(scripts[name])), None), "test"


def _of_workspace(tree, above):
    """The packages of a workspace that have a script which it has none for, each behind those that it depends on."""
    own = above["node"]
    for folder in _in_order(tree, workspaces.members(tree, above["folder"])):
        node = _node(tree, folder, above["folder"])
        for kind in ("lint", "test", "build"):
            if own[kind] or (kind == "test" and own["untested"]):
                node[kind] = node["commands"][kind] = None
        if own["test"] or own["untested"]:
            node["untested"] = None
        if any(node[kind] for kind in ("lint", "test", "build", "untested")):
            yield {"folder": folder, "composer": None, "node": node, "phpunit": None}


def _in_order(tree, folders):
    manifests = {folder: tree.object(join(folder, "package.json")) for folder in folders}
    named = {folder: manifest.get("name") for folder, manifest in manifests.items()}
    names = {name: folder for folder, name in named.items() if isinstance(name, str)}
    seen, order = set(), []

    def visit(folder):
        if folder in seen:
            return
        seen.add(folder)
        for name in sorted(frontends.dependencies(manifests[folder])):
            if name in names:
                visit(names[name])
        order.append(folder)

    for folder in sorted(folders, key=lambda each: (depth(each), each)):
        visit(folder)
    return order


def _phpunit(tree, folder, said):
    configuration = next((name for name in PHPUNIT if join(folder, name) in tree.files), None)
    tests = join(folder, "tests")
    if join(tests, "composer.json") in tree.files and tests not in said.get("subfolders", ()):
        return None
    others = other_configurations(tree, folder) or any(join(folder, name) in tree.files for name in CODECEPTION)
    if not configuration and (others or not _has_tests(tree, tests)):
        return None
    wanted = part(tree.object(join(folder, "composer.json")), "require-dev")
    bootstrap = next((name for name in ("tests/bootstrap.php",) if join(folder, name) in tree.files), None)
    return {
        "configuration": configuration,
        "runner": "pest" if "pestphp/pest" in wanted else "phpunit",
        "bootstrap": None if configuration else bootstrap,
    }


def _has_tests(tree, folder):
    return folder in tree.folders and any(path.endswith("Test.php") for path in tree.below(folder))


def other_configurations(tree, folder):
    """PHPUnit's configurations by other names: which one is meant is not known."""
    places = [join(folder, name) for name in (".", "tests", "test")]
    paths = [join(place, name) for place in places for name in tree.files_in(place) if name.endswith(".xml")]
    return [path for path in paths if path.rpartition("/")[2] not in PHPUNIT and "<phpunit" in tree.text(path)]


def lint(tree, said):
    """What `php -l` reads; {"php", "exclude", "lenient"}: an error in a lenient folder is a warning."""
    folders = sorted(tree.folders, key=lambda each: (depth(each), each))
    exclude, lenient = list(said.get("lint", {}).get("exclude", ())), []
    for folder in folders:
        names = folder.lower().split("/")
        if any(folder.startswith(f"{other}/") for other in (*exclude, *lenient)):
            continue
        tested = any(name in TESTS for name in names[:-1]) and names[-1] in SAMPLES
        if tested or names[-1] in ("fixtures", "__fixtures__"):
            exclude.append(folder)
        elif names[-1] in FOREIGN - {"assets", "static", "modules"} or names[-1] == "vendor":
            lenient.append(folder)
    return {
        "php": any(path.endswith((".php", ".phtml")) for path in tree.files),
        "exclude": exclude,
        "lenient": lenient,
    }
