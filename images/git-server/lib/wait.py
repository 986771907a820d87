"""Push option ci.wait: follows a push's build, and writes its steps and what failed into the pusher's terminal."""

import os
import re
import time

import buildbot

LONGEST = 1800
POLL = 0.4
LOG_LINES = 25
RESULTS = ["passed", "passed with warnings", "FAILED", "skipped", "broke off", "will be repeated", "was cancelled"]
SUCCESS, WARNINGS, FAILURE, SKIPPED, EXCEPTION, RETRY, CANCELLED = range(7)
# Escape sequences, and what else moves a terminal's cursor.
CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-_]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
PID = "/tmp/muster/apache2.pid"


class GivenUp(Exception):
    pass


class Wait:
    def __init__(self, settings, say):
        self.api = buildbot.Api(settings, 5)
        self.ci = settings["ci"]
        self.say = say
        self.deadline = time.monotonic() + LONGEST

    def follow(self, project, branch, revision):
        try:
            change = self.until(lambda: self.api.find(project, branch, revision), "the CI does not know of the push yet", 30)
            build = self.until(lambda: self.newest(change), None, LONGEST)
            while self.watch(build) == RETRY:
                last = build["buildid"]
                self.say("it is repeated")
                build = self.until(lambda: self.newest(change, last), None, LONGEST)
        except GivenUp as error:
            self.say(f"{error}; see {self.ci}/")

    def until(self, get, complaint, seconds):
        """What get returns, once that is anything; the CI may be away in between."""
        deadline = min(self.deadline, time.monotonic() + seconds)
        told = False
        begun = time.monotonic()
        while True:
            try:
                got = get()
            except buildbot.NO_ANSWER:
                got = None
            if got is not None:
                return got
            if not os.path.exists(PID):
                # Apache has begun its graceful stop.
                raise GivenUp("the git server is being replaced, your push is stored")
            if time.monotonic() > deadline:
                raise GivenUp(complaint or "this takes long")
            if complaint is None and not told and time.monotonic() - begun > 10:
                self.say("waiting for a free worker")
                told = True
            time.sleep(POLL)

    def newest(self, change, after=0):
        """The build of the pipeline; the builds that it triggers belong to the change as well, and come later."""
        builds = self.api.get(f"/changes/{change}/builds")["builds"]
        return min((build for build in builds if build["buildid"] > after), key=lambda build: build["buildid"], default=None)

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

        done = self.until(finished, "", LONGEST)
        seconds = done["complete_at"] - done["started_at"]
        self.say(f"{RESULTS[done['results']]} after {seconds:.0f} s ({clean(done['state_string'])})")
        return done["results"]

    def tell_step(self, step):
        failed = step["results"] in (FAILURE, EXCEPTION)
        if step["hidden"] and not failed:
            return
        seconds = step["complete_at"] - step["started_at"]
        self.say(f"  {clean(step['name'])}: {RESULTS[step['results']]} ({seconds:.0f} s)")
        if failed:
            for line in self.last_lines(step["stepid"]):
                self.say(f"  | {line}")

    def last_lines(self, step):
        lines = []
        for log in self.api.get(f"/steps/{step}/logs")["logs"]:
            first = max(0, log["num_lines"] - LOG_LINES)
            chunk = self.api.get(f"/logs/{log['logid']}/contents", offset=first, limit=LOG_LINES)["logchunks"][0]
            for line in chunk["content"].splitlines():
                # In a command's log, a letter says where the line comes from; h is Buildbot's own.
                if log["type"] != "s":
                    lines.append(line)
                elif line[:1] in ("o", "e"):
                    lines.append(line[1:])
        return [clean(line) for line in lines]


def clean(text):
    return CONTROL.sub("", text)
