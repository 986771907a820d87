"""Which PHP, Node and Python are here, and how far they are what a workflow's steps ask for."""

import dataclasses
import functools
import json
import re
import subprocess

from . import expressions
from .expressions import Unknown


@dataclasses.dataclass(frozen=True)
class Runtime:
    name: str
    # Key of the action's input.
    key: str
    # Prints the version.
    command: tuple[str, ...]
    # How many of a version's parts make another language of it.
    parts: int


RUNTIMES = {
    "shivammathur/setup-php": Runtime("PHP", "php-version", ("php", "-r", "echo PHP_VERSION;"), 2),
    "actions/setup-node": Runtime("Node", "node-version", ("node", "-p", "process.versions.node"), 1),
    "actions/setup-python": Runtime(
        "Python", "python-version", ("python3", "-c", "import platform; print(platform.python_version())"), 2
    ),
}
PHP = "shivammathur/setup-php"
ANY = frozenset(("", "*", "x", "latest", "highest", "stable", "current", "node", "lts/*", "lts/-1", "pre-installed"))
CONSTRAINT = re.compile(r"(>=|\^|~|)v?(\d+(?:\.(?:\d+|x|\*))*)")
# What setup-php is asked for and what PHP has by other names, or within itself.
EXTENSIONS = {
    "mysql": ("mysqli", "pdo_mysql"),
    "opcache": ("zend opcache",),
    "sqlite": ("sqlite3", "pdo_sqlite"),
    "libxml": ("libxml",),
}
TOOLS = frozenset("composer phpunit none cs2pr pecl".split())


@functools.cache
def here(runtime):
    done = subprocess.run(runtime.command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return done.stdout.decode().strip()


@functools.cache
def extensions():
    """In lower case; those that can be switched on are there as well."""
    order = ["php", "-r", "echo json_encode(get_loaded_extensions());"]
    done = subprocess.run(order, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return frozenset(name.lower() for name in json.loads(done.stdout)) | {"xdebug", "pcov"}


def fits(wanted, version, parts):
    """Whether a version is one that is asked for, as far as it makes a difference."""
    wanted = wanted.strip().lower()
    if wanted in ANY:
        return True
    return any(_fits(each.strip(), numbers(version)[:parts], parts) for each in wanted.split("||"))


def _fits(wanted, version, parts):
    match = CONSTRAINT.fullmatch(wanted.removesuffix("-dev"))
    if not match:
        # A range, or a name that nobody knows here.
        return not re.fullmatch(r"nightly|canary.*|\d+.*", wanted)
    operator, asked = match[1], numbers(match[2])[:parts]
    if operator == ">=":
        return version >= asked
    if operator == "^":
        return version[:1] == asked[:1] and version >= asked
    return version[: len(asked)] == asked


def numbers(version):
    found = []
    for part in re.split(r"[.\-+]", version.removeprefix("v")):
        if not part.isdigit():
            break
        found.append(int(part))
    return found


def _filled(value, context):
    if isinstance(value, list):
        return [each for each in (_filled(one, context) for one in value) if each is not None]
    try:
        return expressions.shown(expressions.fill(str(value), context))
    except Unknown:
        return None


def _asked(steps, context):
    """(runtime, inputs of the action) of each step that sets one up."""
    for step in steps:
        name = str(step.get("uses", "")).partition("@")[0]
        if name in RUNTIMES:
            given = step["with"] if isinstance(step.get("with"), dict) else {}
            yield RUNTIMES[name], {key: _filled(value, context) for key, value in given.items()}


def strange_versions(steps, context):
    """[(runtime, version)] that a job's steps ask for, and that are not here."""
    return [
        (runtime, wanted)
        for runtime, given in _asked(steps, context)
        if isinstance(wanted := given.get(runtime.key), str) and not fits(wanted, here(runtime), runtime.parts)
    ]


def obstacles(steps, context):
    """What a job's steps ask PHP's set-up for and would miss."""
    for runtime, given in _asked(steps, context):
        if runtime is RUNTIMES[PHP]:
            missing = [name for name in _names(given.get("extensions")) if not _has(name)]
            if missing:
                yield f"it needs PHP's {', '.join(missing)}, not here (packages of the roster may add it)"
            tools = [name for name in _names(given.get("tools")) if name not in TOOLS]
            if tools:
                yield f"it needs {', '.join(tools)} from setup-php, not here: require it in composer.json"


def _names(text):
    """Of a list as in "mbstring, :opcache, redis-6.0, composer:v2"."""
    for name in re.split(r"[,\s]+", text if isinstance(text, str) else ""):
        if name and not name.startswith(":") and name != "none":
            yield re.sub(r"[:@^].*$|-(?=\d|beta|stable|rc|alpha).*$", "", name).lower()


def _has(name):
    known = extensions()
    return all(each in known for each in EXTENSIONS.get(name, (name.replace("-", "_"),)))
