"""muster-composer: installs the packages of the current folder's composer.json.

Where hosts that only development packages come from are out of reach, what the site needs is installed alone: tests and
tools are missing then, and nothing else. The last line says so: {"host", "packages", "more"} as JSON are the host that
was out of reach or null, and the first development packages that composer.json names and how many there are besides.
Status 0, or that of Composer.
"""

import json
import os
import re
import shutil
import subprocess
import sys

INSTALL = ("composer", "install", "--no-interaction", "--no-progress", "--prefer-dist")
SITE_ONLY = ("--no-dev", "--optimize-autoloader")
# What Composer, curl and git say of a host that has no address, does not answer, or whose connection breaks off.
UNREACHED = re.compile(
    r"curl error (?:5|6|7|28|35|56) while downloading https?://([\w.-]+)"
    r"|unable to access 'https?://([\w.-]+)[^']*': (?:Could not resolve|Failed to connect|Connection|Operation timed)"
)
# All packages are there by then: what fails afterwards is the project's own.
COMPLETE = "Generating"
# How Composer is used, which it says after why it failed.
USAGE = "install [--prefer-source]"
# Before the answer to the CI: images/ci-master/muster_ci/answers.py.
MARK = "answer: "
# Packages that are named.
NAMED = 6
# Composer breaks what it says at this column.
COLUMNS = "1000"


def packages(manifest, key):
    """The packages that a part of composer.json names; PHP and its extensions are none."""
    named = manifest.get(key)
    return sorted(name for name in named if "/" in name) if isinstance(named, dict) else []


def unreached(lines):
    """The first host that was out of reach, where that is why packages are missing; or None."""
    if any(line.startswith(COMPLETE) and "autoload" in line for line in lines):
        return None
    found = next(filter(None, map(UNREACHED.search, lines)), None)
    return found and (found[1] or found[2])


def site_only(manifest, locked):
    """The command that installs what the site needs and nothing else; None where it needs what failed, too.

    Without a lock Composer looks development packages up as well, even to leave them out.
    """
    if not packages(manifest, "require-dev"):
        return None
    if locked:
        return (*INSTALL, *SITE_ONLY)
    if packages(manifest, "require"):
        return None
    return ("composer", "dump-autoload", "--no-interaction", "--no-dev", "--optimize")


def run(command):
    """(status, lines) of a command, whose lines are told as they come."""
    lines = []
    with subprocess.Popen(
        command, env={**os.environ, "COLUMNS": COLUMNS}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        for line in process.stdout:
            text = line.decode("utf-8", "replace").rstrip()
            if not text.startswith(USAGE):
                lines.append(text)
                print(text, flush=True)
    return process.returncode, lines


def answer(host, names):
    named = names[:NAMED]
    print(MARK + json.dumps({"host": host, "packages": named, "more": len(names) - len(named)}), flush=True)


def main():
    with open("composer.json", encoding="utf-8") as file:
        manifest = json.load(file)
    vendor = (manifest.get("config") or {}).get("vendor-dir") or "vendor"
    empty = not os.path.lexists(vendor)
    status, lines = run(INSTALL)
    host = unreached(lines) if status else None
    if host is None:
        if status == 0:
            answer(None, [])
        return status
    command = site_only(manifest, os.path.isfile("composer.lock"))
    if command is not None:
        if empty:
            # Of what was not whole.
            shutil.rmtree(vendor, ignore_errors=True)
        print(f"{host} is out of reach. Without development packages: {' '.join(command)}", flush=True)
        if run(command)[0] == 0:
            answer(host, packages(manifest, "require-dev"))
            return 0
    print(f"muster: {host} is out of reach", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
