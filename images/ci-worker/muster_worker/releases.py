"""Releases below /srv/live/<repository>: names, order, switching, pruning. Runs nothing but the file system."""

import dataclasses
import datetime
import json
import os
import re
import shutil

KEPT = 5
ANCESTORS_FILE = ".muster-ancestors"
# What the live server knows a release by: see images/php/survey.
SURVEY_FILE = ".muster-survey.json"
ANCESTORS_LIMIT = 2000
NAME = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{12}\Z")


class Refused(Exception):
    """The message is for the log of the build."""


def name(now, revision, taken):
    """The next release's name: it sorts after all that exist, even if the clock went back."""
    newest = max((release[:16] for release in taken), default="")
    while (stamp := now.strftime("%Y%m%dT%H%M%SZ")) <= newest:
        now = datetime.datetime.strptime(newest, "%Y%m%dT%H%M%SZ") + datetime.timedelta(seconds=1)
    return f"{stamp}-{revision[:12]}"


@dataclasses.dataclass(frozen=True)
class Deployed:
    """The last deployment, for comparison with the next one."""

    revision: str
    # The time since when the revision was known to be the branch's tip.
    as_of: float
    ancestors: frozenset


def is_newer(revision, ancestors, tip, as_of, last):
    """Whether a revision may follow the one that was deployed last (None: there was none)."""
    if last is None or revision == last.revision or last.revision in ancestors:
        return True
    # Its branch was moved to it by force, after the last one had been pushed.
    return tip and as_of > last.as_of


def to_prune(releases, current):
    """All but the newest ones; the current one always stays."""
    newest_first = sorted(releases, reverse=True)
    stay = ([current] if current in releases else []) + [release for release in newest_first if release != current]
    return sorted(stay[KEPT:])


def one_step_back(releases, current):
    earlier = [release for release in releases if release < current]
    if not earlier:
        raise Refused(f"there is no release before {current}" if current else "nothing is live")
    return max(earlier)


class Site:
    """One repository's folder of the live volume."""

    def __init__(self, root, repository):
        self.path = os.path.join(root, repository)
        self.releases_path = os.path.join(self.path, "releases")
        self.meta_path = os.path.join(self.path, "meta")

    def prepare(self):
        os.makedirs(self.releases_path, exist_ok=True)
        os.makedirs(self.meta_path, exist_ok=True)
        for entry in os.listdir(self.releases_path):
            if not self._complete(entry):
                self.discard(entry)

    def releases(self):
        try:
            return sorted(entry for entry in os.listdir(self.releases_path) if self._complete(entry))
        except FileNotFoundError:
            return []

    def _complete(self, release):
        # REVISION is written last: without it, a deployment was cut short.
        return NAME.match(release) is not None and os.path.isfile(self.release_path(release) + "/REVISION")

    def release_path(self, release):
        return os.path.join(self.releases_path, release)

    def seeds_path(self, release):
        """What the commit has in the site's writable folders."""
        return os.path.join(self.meta_path, f"{release}.files")

    def survey(self, release):
        """What is known of a release; None for one from before it was written down."""
        try:
            with open(os.path.join(self.meta_path, f"{release}.json"), encoding="utf-8") as file:
                return json.load(file)
        except FileNotFoundError:
            return None

    def describe(self, release, survey, folder):
        """Writes down what a release is, and the FOLDER that is served, for the web server."""
        text = json.dumps({**survey, "folder": folder})
        self._replace(os.path.join(self.meta_path, f"{release}.json"), text)

    def discard(self, release):
        """Removes a release. Without REVISION it is none any more: nobody rolls back to one that is half removed."""
        folder = self.release_path(release)
        if os.path.lexists(f"{folder}/REVISION"):
            os.unlink(f"{folder}/REVISION")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(self.seeds_path(release), ignore_errors=True)
        if os.path.lexists(f"{self.meta_path}/{release}.json"):
            os.unlink(f"{self.meta_path}/{release}.json")

    def current(self):
        try:
            return os.path.basename(os.readlink(os.path.join(self.path, "current")))
        except FileNotFoundError:
            return ""

    def revision(self, release):
        with open(self.release_path(release) + "/REVISION", encoding="ascii") as file:
            return file.read().strip()

    def complete(self, release, revision):
        self._replace(self.release_path(release) + "/REVISION", f"{revision}\n")

    def switch(self, release):
        """rename(2): a visitor finds the old release or the new one, never none."""
        new = os.path.join(self.path, "current.new")
        if os.path.lexists(new):
            os.unlink(new)
        os.symlink(f"releases/{release}", new)
        os.replace(new, os.path.join(self.path, "current"))

    def prune(self):
        pruned = to_prune(self.releases(), self.current())
        for release in pruned:
            self.discard(release)
        return pruned

    def record(self, **entry):
        with open(os.path.join(self.path, "releases.log"), "a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    def last_deployed(self):
        try:
            with open(os.path.join(self.path, "deployed.json"), encoding="utf-8") as file:
                value = json.load(file)
        except FileNotFoundError:
            return None
        return Deployed(value["revision"], value["as_of"], frozenset(value["ancestors"]))

    def remember_deployed(self, deployed):
        """None: as if nothing had been deployed."""
        if deployed is None:
            os.unlink(os.path.join(self.path, "deployed.json"))
            return
        value = {**dataclasses.asdict(deployed), "ancestors": sorted(deployed.ancestors)}
        self._replace(os.path.join(self.path, "deployed.json"), json.dumps(value))

    def _replace(self, path, text):
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        with open(f"{path}.new", "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(f"{path}.new", path)
