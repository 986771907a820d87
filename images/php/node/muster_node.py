"""muster-node MANAGER[@VERSION] ARGUMENT...: becomes npm, pnpm, yarn or bun, with downloads that are kept.

Without a version it is the one that the project in the current folder asks for.

Before an install, the registries that the project names are asked whether they answer: a manager would try for minutes.
"""

import concurrent.futures
import configparser
import os
import pathlib
import re
import socket
import subprocess
import sys
import urllib.parse

# Whoever runs this leaves its folder out of the path (-P), and what it runs must not inherit another one.
sys.path.insert(0, "/usr/local/lib/muster")

from muster_survey import managers, projects  # noqa: E402
from muster_survey.tree import Folder  # noqa: E402

# A worker's volume; in an editor, the member's home.
CACHE = os.environ.get("MUSTER_CACHE", "/var/lib/worker/cache")
MANAGERS = f"{CACHE}/managers"
BERRY = "@yarnpkg/cli-dist"
# Seconds in which a registry answers.
PATIENCE = 5
# Where locks say that packages come from when no registry was set; a mirror has the same.
PUBLIC = re.compile(r"https?://registry\.(?:npmjs\.org|yarnpkg\.com)(?=/)")
FILES = (".npmrc", ".yarnrc", ".yarnrc.yml", "bunfig.toml")
LOCKS = ("package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml")
# An address after the word that makes it a registry's, or where a locked package lies.
NAMED = re.compile(
    r"""(?i)(?:registry(?:Server)?"?\s*[=:]?\s*|"?resolved"?:?\s+|tarball:\s*)["']?(https?://[^\s"'#,}]+)"""
)


def package_of(manager, version):
    return BERRY if manager == "yarn" and not version.startswith("1") else manager


def program(manager, version):
    """The path of a manager, installed once for each version that somebody asks for."""
    if manager == "npm":
        return "npm"
    wanted = f"{package_of(manager, version)}@{version}"
    folder = os.path.join(MANAGERS, wanted.replace("/", "+"))
    path = f"{folder}/node_modules/.bin/{manager}"
    if not os.path.exists(path):
        os.makedirs(folder, exist_ok=True)
        subprocess.run(
            ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, wanted],
            check=True,
            cwd=folder,
        )
    return path


def read(name):
    try:
        with open(name, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def mirror():
    """The npm registry of the team's, or "" for the public one."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.read_string("[npm]\n" + read(os.environ.get("NPM_CONFIG_GLOBALCONFIG", "/etc/npmrc")))
    found = parser["npm"].get("registry", "").strip().rstrip("/")
    return "" if PUBLIC.match(f"{found}/") else found


def registries():
    """(host, port) → address of what the project's files name beside the public registry."""
    found = {}
    for name in (*FILES, *LOCKS):
        for address in NAMED.findall(read(name)):
            url = urllib.parse.urlsplit(address)
            if url.hostname and not PUBLIC.match(address):
                found.setdefault((url.hostname, port_of(url)), f"{url.scheme}://{url.hostname}/")
    return found


def port_of(url):
    try:
        return url.port or (443 if url.scheme == "https" else 80)
    except ValueError:
        return 443


def silent(place):
    """Why nothing answers there, or None."""
    try:
        socket.create_connection(place, PATIENCE).close()
    except OSError as error:
        return error.strerror or str(error)
    return None


def check_registries():
    named = registries()
    if any(name in os.environ for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")) or not named:
        return
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for address, why in zip(named.values(), pool.map(silent, named), strict=True):
            if why:
                sys.exit(f"muster: the registry {address} does not answer ({why}): its packages cannot be installed")


def use_mirror(manager, version, address):
    """Lets other managers than npm take the team's mirror; yarn's old locks name the public registry in full."""
    if not address or any("registry" in read(name) for name in FILES):
        return
    os.environ.update({"npm_config_registry": address, "YARN_REGISTRY": address, "YARN_NPM_REGISTRY_SERVER": address})
    if address.startswith("http://"):
        os.environ["YARN_UNSAFE_HTTP_WHITELIST"] = urllib.parse.urlsplit(address).hostname
    lock = read("yarn.lock")
    if package_of(manager, version) == "yarn" and PUBLIC.search(lock):
        with open("yarn.lock", "w", encoding="utf-8") as file:
            file.write(PUBLIC.sub(address, lock))


def asked_for(manager):
    """The version of a manager for the project of the current folder or one above it."""
    here = os.getcwd()
    for folder in (here, *map(str, pathlib.PurePath(here).parents)):
        if os.path.exists(f"{folder}/package.json"):
            found, version, _ = projects.manager_of(Folder(folder), ".")
            if found == manager and version:
                return version
    return managers.VERSIONS[manager]


def main(arguments):
    manager, _, version = arguments[0].partition("@")
    if manager != "npm" and not version:
        version = asked_for(manager)
    if arguments[1:2] != ["run"]:
        check_registries()
    if manager != "npm":
        use_mirror(manager, version, mirror())
    os.environ.update(
        {
            "BUN_INSTALL_CACHE_DIR": f"{CACHE}/bun",
            "YARN_CACHE_FOLDER": f"{CACHE}/yarn",
            "YARN_GLOBAL_FOLDER": f"{CACHE}/berry",
            "YARN_ENABLE_TELEMETRY": "0",
        }
    )
    if manager == "pnpm":
        os.environ.update({"npm_config_store_dir": f"{CACHE}/pnpm", "PNPM_HOME": f"{CACHE}/pnpm-home"})
    path = program(manager, version)
    # What scripts call by its name is the same.
    os.environ["PATH"] = f"{os.path.dirname(path)}:{os.environ['PATH']}".lstrip(":")
    os.execvp(path, [path, *arguments[1:]])


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except subprocess.CalledProcessError:
        sys.exit(f"muster: {sys.argv[1]} could not be installed")
