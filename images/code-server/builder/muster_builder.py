"""muster-builder: installs and builds the front ends of a workspace, so that the member's own site shows them, and
installs Composer's packages where a site needs some and has none.

It runs when the web server beside has written down that one has changed (muster_sites/builds.py): a commit, a pull, a
manifest, an output that is gone. It builds one at a time, where there is no output or the sources are newer than it, and
leaves alone what is committed, and what a Node of the member's own is at work on.
"""

import json
import os
import re
import subprocess
import sys
import time

# Whoever runs this leaves its folder out of the path (-P), and what it runs must not inherit another one.
sys.path.insert(0, "/usr/local/lib/muster")

from muster_survey import survey  # noqa: E402
from muster_survey.tree import Folder  # noqa: E402

# A build needs no browser: packages that bring one for tests need not download it, as in the CI.
WITHOUT_BROWSERS = {
    "CYPRESS_INSTALL_BINARY": "0",
    "PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD": "1",
    "PUPPETEER_SKIP_DOWNLOAD": "1",
}
WORKSPACE = os.environ.get("WORKSPACE", "/workspace")
STATE = f"{WORKSPACE}/.muster"
# Seconds that one command may take, and between two looks at what the member runs.
LIMIT = int(os.environ.get("MUSTER_BUILD_LIMIT", "900"))
INTERVAL = 5
# Lines and characters of a log that the page shows.
LAST, WIDTH = 20, 300
# npm says how it is used after why it failed.
USAGE = re.compile(r"npm (?:error|ERR!) (?:Usage:|Clean install a project)")
# When memory or time runs short, the editor goes first.
POLITE = ("choom", "-n", "1000", "--", "nice", "-n", "15", "timeout", "--kill-after=10", str(LIMIT))
# The editor's own processes work everywhere.
EDITOR = "/opt/code-server/"
SECRETS = ("PASSWORD", "GIT_PASSWORD", "HASHED_PASSWORD")
# What package managers write last, by which the time of an install is known.
INSTALLED = ("node_modules/.package-lock.json", "node_modules/.modules.yaml", "node_modules/.yarn-integrity",
             "node_modules/.yarn-state.yml", ".pnp.cjs", "node_modules")  # fmt: skip


class Failure(Exception):
    """Why a command did not end well."""


def changed(path):
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0


def wanted():
    """(repository, key) of each site that needs something, as the web server wrote them down."""
    try:
        with open(f"{STATE}/frontends", encoding="utf-8") as file:
            lines = [line.rstrip("\n").split("\t") for line in file]
    except OSError:
        return []
    return [(line[0], line[1]) for line in lines if len(line) == 3 and "/" not in line[0] and line[0][:1] != "."]


def without_packages(folder, found):
    """The folders where packages that a site needs are missing; those that are there are the member's to renew."""
    for project in found["projects"] if found["own"] == "built" else ():
        composer = project["composer"]
        if composer and composer["install"] and composer["required"]:
            if not os.path.exists(f"{folder}/{composer['vendor']}/autoload.php"):
                yield project["folder"]


def front_end(found):
    """The project that builds the site, None where nothing here does."""
    dist = found["site"]["dist"]
    if found["own"] != "built" or not dist:
        return None
    nodes = [project for project in found["projects"] if project["node"] and project["node"]["commands"]["build"]]
    named = [project for project in nodes if project["node"]["dist"] == dist]
    return next(iter(named or [project for project in nodes if project["folder"] == found["site"]["folder"]]), None)


def steps(found, project):
    """(the project that installs a project's packages, [(folder, words)] of what builds its output, the last its own)"""
    nodes = [each for each in found["projects"] if each["node"]]
    above = project["node"]["workspace"]
    root = next((each for each in nodes if above is not None and each["folder"] == above), project)
    before = [each for each in nodes[: nodes.index(project)] if above is not None and each["node"]["workspace"] == above]
    builds = [(each["folder"], each["node"]["commands"]["build"]) for each in (*before, project)]
    return root, [(folder, words) for folder, words in builds if words]


def git(folder, *arguments):
    """Paths that git says, None where it is no repository."""
    words = ("git", "-C", folder, "ls-files", "-z", "--", *arguments)
    ran = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return [os.fsdecode(path) for path in ran.stdout.split(b"\0") if path] if ran.returncode == 0 else None


def newest(folder, project, dist, tree):
    """When the last of the sources was changed."""
    listed = git(folder, project)
    if listed is None:
        hidden = (path for path in tree.files if not any(part.startswith(".") for part in path.split("/")))
        listed = [path for path in hidden if not path.startswith(f"{dist}/")]
    return max((changed(f"{folder}/{path}") for path in listed), default=0.0)


def is_at_work(folder):
    """The command line of a Node of the member's own below a folder, None without one."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = [os.fsdecode(word) for word in file.read().split(b"\0") if word]
            place = os.readlink(f"/proc/{pid}/cwd")
        except OSError:
            continue
        inside = place == folder or place.startswith(f"{folder}/")
        if inside and words and os.path.basename(words[0]) in ("node", "npm", "bun") and EDITOR not in " ".join(words):
            return " ".join(os.path.basename(word) for word in words[1:3]) or words[0]
    return None


class Build:
    def __init__(self, repository, key):
        self.repository, self.key = repository, key
        self.folder = os.path.realpath(f"{WORKSPACE}/{repository}")
        self.state, self.log = f"{STATE}/builds/{repository}.json", f"{STATE}/builds/{repository}.log"
        os.makedirs(os.path.dirname(self.state), exist_ok=True)

    def said(self):
        try:
            with open(self.state, encoding="utf-8") as file:
                return json.load(file)
        except (OSError, ValueError):
            return {}

    def say(self, state, command="", why="", last=""):
        told = {"state": state, "key": self.key, "since": time.time(), "command": command, "why": why, "last": last}
        with open(f"{self.state}.new", "w", encoding="utf-8") as file:
            json.dump({**told, "folder": self.place, "log": self.log}, file)
        os.replace(f"{self.state}.new", self.state)

    def needed(self):
        """Whether it is to be built now; None means: not yet."""
        if not self.folder.startswith(f"{os.path.realpath(WORKSPACE)}/"):
            return False
        tree = Folder(self.folder)
        self.survey, self.place, self.node = survey(tree), self.folder, None
        if self.survey["faults"]:
            return False
        before = self.said()
        self.packages = list(without_packages(self.folder, self.survey))
        if before.get("key") == self.key and before.get("state") == "failed":
            return False
        front_end_needed = self.needs_front_end(tree, before)
        return True if self.packages else front_end_needed

    def needs_front_end(self, tree, before):
        """Whether a front end is to be built now; None means: not yet."""
        project = front_end(self.survey)
        if not project:
            return False
        root, builds = steps(self.survey, project)
        self.place = os.path.normpath(f"{self.folder}/{root['folder']}")
        self.dist = self.survey["site"]["dist"]
        output = self.output()
        if before.get("key") == self.key and before.get("state") == "built" and output:
            return False
        if output and (git(self.folder, self.dist) or newest(self.folder, root["folder"], self.dist, tree) <= output):
            return False
        if other := is_at_work(self.place):
            self.wait(before, other)
            return None
        self.node, self.builds = root["node"], builds
        return True

    def wait(self, before, other):
        why = f'"{other[:80]}" is running in {self.place}'
        if (before.get("state"), before.get("why")) != ("waiting", why):
            self.say("waiting", why=why)

    def output(self):
        """When the page was written, 0 without one; where it is may differ from what was expected."""
        root = survey(Folder(self.folder), built=True)["root"]
        return changed(f"{self.folder}/{root['path']}/index.html") if root else 0.0

    def installed(self):
        """Whether the packages are those of the manifest and the lock."""
        at = next(filter(None, (changed(f"{self.place}/{name}") for name in INSTALLED)), 0.0)
        lock = f"{self.folder}/{self.node['lock']}" if self.node["lock"] else f"{self.place}/package.json"
        return at > changed(lock)

    def run(self):
        """Whether it is built."""
        wanted = [(folder, ("muster-composer",)) for folder in self.packages]
        if self.node:
            install = None if self.installed() else self.node["commands"]["install"]
            wanted += [(self.place, install), *self.builds]
        words = []
        try:
            with open(self.log, "w", encoding="utf-8") as log:
                for folder, words in wanted:
                    if words:
                        self.step(os.path.normpath(os.path.join(self.folder, folder)), words, log)
            if self.node and not self.output():
                raise Failure(f"wrote no index.html to {self.dist} (dist in muster.yaml names another folder)")
        except Failure as failure:
            self.say("failed", shown(words), str(failure), self.last())
            return False
        self.say("built")
        return True

    def step(self, place, words, log):
        self.say("building", shown(words))
        print(f"$ {shown(words)}", file=log, flush=True)
        environment = {name: value for name, value in os.environ.items() if name not in SECRETS}
        environment |= {"CI": "true", "FORCE_COLOR": "0", "NO_COLOR": "1", **WITHOUT_BROWSERS}
        options = {"cwd": place, "env": environment, "stdin": subprocess.DEVNULL, "stdout": log}
        code = subprocess.run((*POLITE, *words), stderr=subprocess.STDOUT, check=False, **options).returncode
        if code == 124:
            raise Failure(f"took longer than {LIMIT // 60} minutes")
        if code in (137, -9):
            raise Failure("was killed: perhaps the editor's memory is too small (limits.code.memory)")
        if code:
            raise Failure(f"failed with status {code}")

    def last(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            lines = [line.rstrip()[:WIDTH] for line in file]
        end = next((number for number, line in enumerate(lines) if USAGE.match(line)), None)
        return "\n".join(lines[:end][-LAST:])


def shown(words):
    """A command as a member types it; a manager's own command asks for the version by itself."""
    if words[:1] == ("muster-composer",):
        return "composer install"
    manager, *others = words[1:] if words[0] == "muster-node" else words
    return " ".join((manager.partition("@")[0], *others))


def main():
    while True:
        later = False
        for repository, key in wanted():
            build = Build(repository, key)
            try:
                needed = build.needed()
                later = later or needed is None
                if needed:
                    done = build.run()
                    print(f"muster: {repository} {'was built' if done else f'was not built: {build.log}'}", flush=True)
            except Exception as error:
                print(f"muster: {repository} cannot be built: {error.__class__.__name__}: {error}", file=sys.stderr)
        if not later:
            return
        time.sleep(INTERVAL)


if __name__ == "__main__":
    main()
