"""Build steps. Few and coarse: each one costs the push some hundredths of a second."""

import json
import os

from buildbot.plugins import steps
from buildbot.process import remotetransfer
from buildbot.process.results import FAILURE, RETRY, SKIPPED, SUCCESS, WARNINGS
from twisted.internet import defer

from . import findings, forms, pipeline
from .commands import PACKAGE_LIMIT, Step
from .install import Install, has_development

# How often a build may lose its worker: then it is the build that ends it.
TRIES = 2
# As many changed files a push tells of at most: images/git-server/lib/changes.py.
FILES_TOLD = 500


def package_path(build):
    """Where the master keeps a build's package until it is deployed; relative to the master's folder."""
    return os.path.join("packages", f"{int(build)}.tar")


class Checkout(Step):
    """Fetches the sources, and adds the steps that this repository needs."""

    name = "checkout"

    def __init__(self, settings, releases=False, **arguments):
        super().__init__(time_limit=settings.pipeline.timeout, **arguments)
        self._settings = settings
        # Whether it runs on the worker of releases, where nothing may run but what goes live.
        self._releases = releases

    @defer.inlineCallbacks
    def run(self):
        source = self.build.sources[0]
        settings = self._settings
        refusal = yield self._refusal(source)
        if refusal:
            self.say(refusal)
            return FAILURE
        started = self.master.reactor.seconds()
        status, facts = yield self.run_command(
            ["muster-checkout", source.project, settings.repository_url(source.project), source.branch]
            + ([source.revision] if source.revision else []),
            env=settings.git_account(source.project),
        )
        if status != 0 or facts is None:
            self.say(facts["message"] if facts else "checkout failed")
            return FAILURE

        first_seen = (yield self.master.data.get(("sourcestamps", source.ssid)))["created_at"]
        properties = {
            "got_revision": facts["revision"],
            "author": facts["author"],
            "subject": facts["subject"],
            "survey": facts["text"],
            "notes": facts["survey"]["notes"],
            "not_deployed": self._not_deployed(facts["survey"], source) or "",
            # Since when this revision is known to be the branch's tip: see muster_worker/releases.py.
            "tip": facts["tip"],
            "as_of": started if facts["tip"] else first_seen.timestamp(),
        }
        for name, value in properties.items():
            self.setProperty(name, value, "checkout")
        self.say(f"{facts['revision'][:12]} {facts['subject']}"[:100])
        self.build.addStepsAfterCurrentStep(list(self._more(facts["survey"], source)))
        if properties["not_deployed"].startswith("not deployed"):
            self.say(properties["not_deployed"])
            return WARNINGS
        return SUCCESS

    @defer.inlineCallbacks
    def _refusal(self, source):
        """Why this build is not even begun, or None."""
        settings = self._settings
        if self._releases and findings.not_live(source.project, source.branch, settings.pipeline, settings.live):
            return findings.NOT_LIVE_ANY_MORE
        tries = yield self.master.data.get(("buildrequests", self.build.requests[0].id, "builds"))
        if sum(each["results"] == RETRY for each in tries) >= TRIES:
            return f"not tried again: its worker was lost {TRIES} times during this build"
        return None

    def _not_deployed(self, survey, source):
        settings = self._settings
        why = findings.not_deployed(survey, source.project, source.branch, settings.pipeline, settings.live)
        if why is None and not self._releases:
            return findings.TESTED_BESIDE
        return why

    def _more(self, survey, source):
        chosen = self._settings.pipeline
        for step in pipeline.steps(survey, chosen):
            yield self._step(step)
        if self._not_deployed(survey, source) is None:
            for step in pipeline.release_steps(survey):
                yield self._shell(step)
            yield Package(chosen, migrate=pipeline.migrates(survey))

    def _step(self, step):
        if isinstance(step, pipeline.Workflows):
            return Workflows(self._settings, step.lenient)
        if isinstance(step, pipeline.Install):
            return Install(self._settings.pipeline, step, self._place(step))
        return self._shell(step)

    def _place(self, step):
        return os.path.normpath(os.path.join(self.workdir, step.folder))

    def _shell(self, step):
        statuses = {0: SUCCESS, **dict.fromkeys(step.warning_statuses, WARNINGS)}
        return steps.ShellCommand(
            name=step.name,
            description=step.name,
            descriptionDone=step.name,
            command=list(step.command),
            workdir=self._place(step),
            doStepIf=has_development(step.folder) if step.development else True,
            env=self._settings.pipeline.environment,
            decodeRC=statuses,
            haltOnFailure=True,
            flunkOnFailure=True,
            warnOnWarnings=True,
            logEnviron=False,
            timeout=None,
            maxTime=self._settings.pipeline.timeout,
            sigtermTime=5,
        )


class Workflows(Step):
    """Runs .github/workflows. What cannot run here is left out and named; the rest decides."""

    name = "workflows"

    def __init__(self, settings, lenient, **arguments):
        super().__init__(
            time_limit=settings.pipeline.timeout,
            env=settings.pipeline.environment,
            haltOnFailure=not lenient or settings.pipeline.unrunnable == "fail",
            flunkOnFailure=not lenient or settings.pipeline.unrunnable == "fail",
            warnOnFailure=True,
            sigtermTime=5,
            **arguments,
        )
        self._team = settings.team
        self._default_branch = settings.pipeline.deploy_branch
        self._lenient = lenient
        self._unrunnable = settings.pipeline.unrunnable

    @defer.inlineCallbacks
    def run(self):
        source = self.build.sources[0]
        files = self.build.allFiles()
        order = {
            "repository": f"{self._team}/{source.project}",
            "branch": source.branch,
            "default": self._default_branch,
            "revision": self.getProperty("got_revision"),
            "actor": self.getProperty("pusher") or self.getProperty("author"),
            # Of a build by hand nobody says what it changed, and of a very large push not all.
            "files": files if 0 < len(files) < FILES_TOLD else None,
        }
        _, answer = yield self.run_command(["muster-workflows"], initialStdin=json.dumps(order))
        if answer is None or "jobs" not in answer:
            self.say("workflows could not be run")
            return FAILURE
        _, lines = findings.jobs(answer)
        self.setProperty(findings.REMARKS, findings.first(answer["notes"]), self.name)
        self.setProperty(findings.NOT_RUN, lines, self.name)
        result, said = findings.verdict(answer, self._lenient, self._unrunnable)
        self.say(said or self.name)
        return {"passed": SUCCESS, "warnings": WARNINGS, "failed": FAILURE, "skipped": SKIPPED}[result]


class Package(Step):
    """Brings what was built to the master, as one archive, and has it released if there is something to serve."""

    name = "package"
    warnOnWarnings = True
    unserved = None

    def __init__(self, chosen, migrate, **arguments):
        super().__init__(time_limit=chosen.timeout, **arguments)
        self._chosen = chosen
        self._migrate = migrate

    @defer.inlineCallbacks
    def run(self):
        self.setProperty("migrate", self._migrate, "package")
        project = self.build.sources[0].project
        status, answer = yield self.run_command(
            ["muster-package", project, self.getProperty("got_revision"), self._chosen.dist]
        )
        if status != 0 or answer is None:
            return FAILURE
        self.say(f"{answer['bytes'] / 1e6:.1f} MB")
        if answer["bytes"] > PACKAGE_LIMIT:
            self.say(f"the package has {answer['bytes']} bytes, more than {PACKAGE_LIMIT}")
            return FAILURE
        if answer["unserved"]:
            self.unserved = f"tested, not deployed: {answer['unserved']}"
            self.setProperty("not_deployed", self.unserved, self.name)
            self.say(self.unserved)
            return SUCCESS if answer["kind"] == "library" else WARNINGS
        destination = package_path(self.build.buildid)
        writer = remotetransfer.FileWriter(destination, PACKAGE_LIMIT, 0o600)
        try:
            sent = yield self.transfer("uploadFile", workersrc=answer["package"], writer=writer, keepstamp=False)
        finally:
            writer.cancel()
        if not sent or not os.path.exists(destination):
            return FAILURE
        self.build.addStepsAfterCurrentStep([Release()])
        return SUCCESS

    def getBuildResultSummary(self):
        return {"build": self.unserved} if self.unserved else super().getBuildResultSummary()


class Release(steps.Trigger):
    """Hands the package to the deployer and waits for the outcome."""

    def __init__(self):
        super().__init__(
            name="deploy",
            description="deploy",
            schedulerNames=[forms.DEPLOY],
            waitForFinish=True,
            updateSourceStamp=True,
            haltOnFailure=True,
            flunkOnFailure=True,
            warnOnWarnings=True,
        )
        self._outcome = ""

    @defer.inlineCallbacks
    def run(self):
        result = yield super().run()
        build = yield self._deploy_build()
        if build is None:
            return result
        step = yield self.master.data.get(("builds", build["buildid"], "steps", forms.RELEASE_STEP))
        # Repeats the outcome here: whoever pushed reads this build, not the deployer's.
        self._outcome = step["state_string"] if step else build["state_string"]
        return result

    @defer.inlineCallbacks
    def _deploy_build(self):
        for request in self.brids:
            builds = yield self.master.data.get(("buildrequests", request, "builds"))
            if builds:
                return max(builds, key=lambda build: build["buildid"])
        return None

    def getResultSummary(self):
        return {"step": self._outcome} if self._outcome else super().getResultSummary()

    def getBuildResultSummary(self):
        return {"build": self._outcome} if self._outcome else {}

    def createTriggerProperties(self, properties):
        project = self.build.sources[0].project
        copied = {name: self.getProperty(name) for name in ("author", "as_of", "migrate", "pusher", "subject", "tip")}
        triggered = super().createTriggerProperties(properties)
        triggered.update(
            {**forms.virtual_live(project), **copied, "project": project, "package_of": self.build.buildid}, "Trigger"
        )
        return triggered
