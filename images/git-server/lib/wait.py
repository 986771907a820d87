"""Push option ci.wait: follows a push's build, and writes its steps and what failed into the pusher's terminal."""

import os
import re
import sys
import time

import buildbot

LONGEST = 1800
POLL = 0.4
PATIENCE = 10
LOG_LINES = 25
# Buildbot's own steps that tell a pusher nothing.
HOUSEWORK = ("worker_preparation",)
RESULTS = ["passed", "passed with warnings", "FAILED", "skipped", "broke off", "will be repeated", "was cancelled"]
SUCCESS, WARNINGS, FAILURE, SKIPPED, EXCEPTION, RETRY, CANCELLED = range(7)
# Escape sequences and other characters that move a terminal's cursor.
CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-_]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# What Buildbot itself says in front of the build's own words.
VERDICT = re.compile(r"^(?:build successful|warnings|failed) (?=.)")
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
                    self.tell_step(step)
            return now if now["complete"] else None

        done = self.until(finished)
        if done["results"] in (FAILURE, EXCEPTION):
            self.tell_triggered(identifier)
        seconds = done["complete_at"] - done["started_at"]
        outcome = VERDICT.sub("", clean(done["state_string"]))
        self.say(f"{RESULTS[done['results']]} after {seconds:.0f} s ({outcome})")
        return done["results"]

    def tell_step(self, step):
        failed = step["results"] in (FAILURE, EXCEPTION)
        if not failed and (step["hidden"] or step["name"] in HOUSEWORK):
            return
        seconds = step["complete_at"] - step["started_at"]
        self.say(f"  {clean(step['name'])}: {RESULTS[step['results']]} ({seconds:.0f} s)")
        if failed:
            for line in self.last_lines(step["stepid"]):
                self.say(f"  | {line}")

    def tell_triggered(self, build):
        """Says what went wrong in the builds that this one started, such as the release."""
        for triggered in self.api.get(f"/builds/{build}/triggered_builds")["builds"]:
            for step in self.api.get(f"/builds/{triggered['buildid']}/steps")["steps"]:
                if step["complete"] and step["results"] in (FAILURE, EXCEPTION):
                    self.tell_step(step)

    def last_lines(self, step):
        lines = []
        for log in self.api.get(f"/steps/{step}/logs")["logs"]:
            first = max(0, log["num_lines"] - LOG_LINES)
            chunk = self.api.get(f"/logs/{log['logid']}/contents", offset=first, limit=LOG_LINES)["logchunks"][0]
            for line in chunk["content"].splitlines():
                # In a command's log, each line begins with a letter for its source; h is Buildbot itself.
                if log["type"] != "s":
                    lines.append(line)
                elif line[:1] in ("o", "e"):
                    lines.append(line[1:])
        return [clean(line) for line in lines]


def clean(text):
    return CONTROL.sub("", text)
