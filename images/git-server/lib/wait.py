"""What the CI makes of a push, in the pusher's terminal: what it found, and with the push option ci.wait its steps,
what was not run and what failed.
"""

import collections
import os
import re
import sys
import time

import buildbot

LONGEST = 1800
POLL = 0.4
PATIENCE = 10
# A push that does not wait may take so many seconds longer, to say what was found.
GLANCE = 4
LOG_LINES = 25
# A failed step's last lines that are read, of which those above are told.
LOG_READ = 200
WIDTH = 300
# The step that finds out what the repository is, and what it says.
CHECKOUT = "checkout"
# Step → properties of the build that it has set, with lines for the pusher. Buildbot stores them just after the step.
TOLD = {CHECKOUT: ("survey", "not_deployed"), "workflows": ("not_run", "workflow_remarks")}
STORED = 1
BEFORE = {"not_run": "not run: "}
# Buildbot's own steps that tell a pusher nothing.
HOUSEWORK = ("worker_preparation",)
RESULTS = ["passed", "passed with warnings", "FAILED", "skipped", "broke off", "will be repeated", "was cancelled"]
SUCCESS, WARNINGS, FAILURE, SKIPPED, EXCEPTION, RETRY, CANCELLED = range(7)
# How Buildbot's summary of a build begins.
SAID = re.compile(r"^(?:(?:failed|warnings|exception|retry|cancelled|build successful) ?)+")
LEFT_OUT = re.compile(r"(?:\d+ of \d+ jobs|(?:[^\s:]+: )?(?:phpunit|pest)) not run")
# A step that says by itself what it left out.
INSTALL = "composer install"
# Lines of which one is enough: what is told is how many there were.
REPEATED = re.compile(
    r"\b(?:(?:PHP )?(?:Deprecated|Notice|Warning):(?! \d+ time)|npm (?:warn|WARN) |(?:Deprecation|Experimental)Warning:)"
)
# npm says how it is used after why it failed, and names a log where nobody can read it.
USAGE = re.compile(r"npm (?:error|ERR!) (?:Usage:|Clean install a project)")
NPM = re.compile(r"npm (?:error|ERR!)")
NOISE = re.compile(r"npm (?:error|ERR!)(?:\s*$| A complete log of this run)")
# What a step tells the CI (images/ci-worker/muster_worker/answers.py).
ANSWER = "answer: "
# Escape sequences and other characters that move a terminal's cursor.
CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-_]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# What programs say of a host that has no address where they run.
UNREACHED = re.compile(
    r"(?:Could not resolve(?: host)?:?|getaddrinfo (?:ENOTFOUND|EAI_AGAIN)|resolve address for|Failed to resolve) '?"
    r"((?:[\w-]+\.)+[a-z]+)",
    re.I,
)
PID = "/tmp/muster/apache2.pid"


class GivenUp(Exception):
    pass


class Wait:
    def __init__(self, settings, say):
        self.api = buildbot.Api(settings, 5)
        self.ci = settings["ci"]
        self.say = say
        self.parent = os.getppid()

    def follow(self, project, branch, revision):
        """Until the build has ended."""
        try:
            change = self.until(lambda: self.api.find(project, branch, revision), 30, "the CI does not know of it yet")
            build = self.until(lambda: self.newest(change), note="waiting for a free worker")
            while self.watch(build) == RETRY:
                last = build["buildid"]
                build = self.until(lambda: self.newest(change, last), note="waiting for a free worker")
        except GivenUp as error:
            self.say(f"{error}, see {self.ci}/")
        except buildbot.NO_ANSWER:
            self.say(f"the CI does not answer any more, see {self.ci}/")

    def glance(self, project, branch, revision):
        """Until it is known what the repository is, if that takes no time."""
        deadline = time.monotonic() + GLANCE
        left = lambda: max(0.0, deadline - time.monotonic())
        try:
            change = self.until(lambda: self.api.find(project, branch, revision), left(), "")
            build = self.until(lambda: self.newest(change), left(), "")
            step = self.until(lambda: self.checked_out(build["buildid"]), left(), "")
            self.tell_properties(build["buildid"], step)
            if step["results"] == FAILURE:
                self.tell_step(step)
        except (GivenUp, *buildbot.NO_ANSWER):
            self.say("its turn comes later; git push -o ci.wait waits for the result")

    def checked_out(self, build):
        steps = self.api.get(f"/builds/{build}/steps")["steps"]
        return next((step for step in steps if step["name"] == CHECKOUT and step["complete"]), None)

    def until(self, get, seconds=LONGEST, late="this takes long", note=None):
        """Returns the first result of GET that is not None; the CI may be away meanwhile. Says NOTE after a while."""
        begun = time.monotonic()
        while True:
            try:
                got = get()
            except buildbot.NO_ANSWER:
                got = None
            if got is not None:
                return got
            if os.getppid() != self.parent:
                # The pusher is gone.
                sys.exit()
            if not os.path.exists(PID):
                # Apache has begun its graceful stop.
                raise GivenUp("the git server is being replaced, your push is stored")
            if time.monotonic() > begun + seconds:
                raise GivenUp(late)
            if note and time.monotonic() > begun + PATIENCE:
                self.say(note)
                note = None
            time.sleep(POLL)

    def newest(self, change, after=0):
        """The pipeline's build. The builds that it triggers belong to the change, too, but come later."""
        builds = self.api.get(f"/changes/{change}/builds")["builds"]
        later = (build for build in builds if build["buildid"] > after)
        return min(later, key=lambda build: build["buildid"], default=None)

    def watch(self, build):
        identifier = build["buildid"]
        self.say(f"build {build['number']}: {self.ci}/#/builders/{build['builderid']}/builds/{build['number']}")
        told = set()

        def finished():
            now = self.api.get(f"/builds/{identifier}")["builds"][0]
            for step in self.api.get(f"/builds/{identifier}/steps")["steps"]:
                if step["complete"] and step["stepid"] not in told:
                    told.add(step["stepid"])
                    self.tell_properties(identifier, step)
                    self.tell_step(step)
            return now if now["complete"] else None

        done = self.until(finished)
        if done["results"] in (FAILURE, EXCEPTION):
            self.tell_triggered(identifier)
        self.say(verdict(done))
        return done["results"]

    def tell_properties(self, build, step):
        names = TOLD.get(step["name"])
        if not names:
            return
        deadline = time.monotonic() + STORED
        found = {}
        while names[0] not in found and time.monotonic() < deadline:
            found = self.api.get(f"/builds/{build}", property=names)["builds"][0].get("properties") or {}
            if names[0] not in found:
                time.sleep(POLL / 4)
        for name in names:
            value = found.get(name, [""])[0]
            for line in value if isinstance(value, list) else value.splitlines():
                self.say(BEFORE.get(name, "") + clean(line))

    def tell_step(self, step):
        failed = step["results"] in (FAILURE, EXCEPTION)
        if not failed and (step["hidden"] or step["name"] in HOUSEWORK):
            return
        seconds = step["complete_at"] - step["started_at"]
        self.say(f"  {clean(step['name'])}: {RESULTS[step['results']]} ({seconds:.0f} s)")
        if step["results"] == WARNINGS and step["name"].endswith(INSTALL):
            self.say(f"  | {clean(step['state_string'])}")
        if failed:
            lines = self.last_lines(step["stepid"])
            for line in lines:
                self.say(f"  | {line}")
            host = unreached(lines)
            if host:
                self.say(f"  {host} is out of the CI's reach: name a mirror of the packages in muster:mirrors")

    def tell_triggered(self, build):
        """Says what went wrong in the builds that this one started, such as the release."""
        for triggered in self.api.get(f"/builds/{build}/triggered_builds")["builds"]:
            for step in self.api.get(f"/builds/{triggered['buildid']}/steps")["steps"]:
                if step["complete"] and step["results"] in (FAILURE, EXCEPTION):
                    self.tell_step(step)

    def last_lines(self, step):
        lines = []
        for log in self.api.get(f"/steps/{step}/logs")["logs"]:
            first = max(0, log["num_lines"] - LOG_READ)
            chunk = self.api.get(f"/logs/{log['logid']}/contents", offset=first, limit=LOG_READ)["logchunks"][0]
            for line in chunk["content"].splitlines():
                # In a command's log, each line begins with a letter for its source; h is Buildbot itself.
                if log["type"] != "s":
                    lines.append(line)
                elif line[:1] in ("o", "e"):
                    lines.append(line[1:])
        return shortened(lines)


def unreached(lines):
    """The host that a log's lines say has no address; Composer breaks its lines anywhere, and indents them."""
    broken = "".join(line[2:].rstrip() for line in lines if line.startswith("  "))
    found = next(filter(None, map(UNREACHED.search, (*lines, broken))), None)
    return found and found[1]


def verdict(build):
    """How a build ended: "passed, 1 of 2 jobs not run, after 3 s"."""
    seconds = f"after {build['complete_at'] - build['started_at']:.0f} s"
    said, result = SAID.sub("", clean(build["state_string"])), build["results"]
    left_out = LEFT_OUT.findall(said)
    if result == WARNINGS and left_out:
        rest = " ".join(LEFT_OUT.sub("", said).split())
        return f"passed, {', '.join(left_out)}, {seconds}" + (f" ({rest})" if rest else "")
    return f"{RESULTS[result]} {seconds}" + (f" ({said})" if said else "")


def shortened(lines):
    """The last lines of a log: what is repeated is counted, long ones are cut, answers to the CI are left out."""
    repeated, kept, in_usage = collections.Counter(), [], False
    for line in map(clean, lines):
        in_usage = (in_usage or USAGE.match(line)) and NPM.match(line)
        if in_usage or NOISE.match(line):
            continue
        remark = REPEATED.search(line)
        if remark:
            repeated[remark.group().strip().rstrip(":")] += 1
        elif line.strip() and not line.startswith(ANSWER):
            kept.append(line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…")
    counted = [f"{remark}: {count} time(s)" for remark, count in repeated.items()]
    return [*counted, *kept[-LOG_LINES:]]


def clean(text):
    return CONTROL.sub("", text)
