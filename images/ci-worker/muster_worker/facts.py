"""What a checkout contains: by it the master chooses the steps (images/ci-master/muster_ci/pipeline.py)."""

import json
import re

# What "npm init" writes.
NO_TEST = 'echo "Error: no test specified" && exit 1'
PHPUNIT_CONFIGURATIONS = {"phpunit.xml", "phpunit.xml.dist", "phpunit.dist.xml"}
SCRIPTS = ("lint", "test", "build")
# A manifest with any of these has something to install.
INSTALLED = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "workspaces")


def of(files, read):
    """FILES: the paths of the commit; READ: path to text. Raises ValueError for a file that is malformed."""
    paths = set(files)
    return {
        "php": sum(1 for path in files if path.endswith((".php", ".phtml"))),
        "composer": _composer(paths, read),
        "phpunit": _phpunit(paths),
        "npm": _npm(paths, read),
        "workflows": sum(1 for path in files if re.fullmatch(r"\.github/workflows/[^/]+\.ya?ml", path)),
    }


def _object(path, read):
    try:
        value = json.loads(read(path))
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ValueError(f"{path} must be a JSON object")
    return value


def _part(value, key):
    part = value.get(key)
    return part if isinstance(part, dict) else {}


def _composer(paths, read):
    if "composer.json" not in paths:
        return None
    manifest = _object("composer.json", read)
    locked = _object("composer.lock", read) if "composer.lock" in paths else {}
    return {
        "lock": "composer.lock" in paths,
        "development": bool(locked.get("packages-dev")),
        "migrate": "migrate" in _part(manifest, "scripts"),
    }


def _phpunit(paths):
    configured = bool(paths & PHPUNIT_CONFIGURATIONS)
    return configured or any(re.fullmatch(r"tests/(.+/)?[^/]*Test\.php", path) for path in paths)


def _npm(paths, read):
    if "package.json" not in paths:
        return None
    manifest = _object("package.json", read)
    scripts = _part(manifest, "scripts")
    return {
        "lock": bool(paths & {"package-lock.json", "npm-shrinkwrap.json"}),
        "dependencies": any(manifest.get(key) for key in INSTALLED),
        "scripts": [name for name in SCRIPTS if name in scripts and scripts[name] != NO_TEST],
    }
