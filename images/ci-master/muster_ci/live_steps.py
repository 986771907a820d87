"""Steps of the deployer: it puts live what the pipeline hands over, or an earlier release."""

import json
import os

from buildbot.process import remotetransfer
from buildbot.process.results import FAILURE, SKIPPED, SUCCESS, WARNINGS
from twisted.internet import defer

from . import findings, forms, history
from .steps import Step, package_path

# muster-deploy's statuses beside success and failure.
SUPERSEDED, DEPLOYED_WITH_WARNINGS = 3, 4


class Live(Step):
    """What the deployer's commands have in common; `action` is what the history calls it."""

    action = ""
    warnOnWarnings = True

    def __init__(self, settings, **arguments):
        super().__init__(time_limit=settings.pipeline.timeout, **arguments)
        self._settings = settings

    def origin(self, project):
        """Where the deployer asks whether a commit is on the deploy branch."""
        settings = self._settings
        account = settings.git_account(project)
        return {
            "url": settings.repository_url(project),
            "branch": settings.pipeline.deploy_branch,
            "user": account["GIT_CI_USER"],
            "password": account["GIT_CI_PASSWORD"],
        }

    def finish(self, order, status, answer):
        if answer:
            self.say(answer["message"])
        self._write_down(order, status, answer or {"message": "the deployer did not answer"})
        if status == SUPERSEDED and answer:
            return SKIPPED
        if status not in (0, DEPLOYED_WITH_WARNINGS) or not answer:
            return FAILURE
        for name in ("release", "revision", "previous"):
            self.setProperty(name, answer[name], self.name)
        return WARNINGS if status == DEPLOYED_WITH_WARNINGS else SUCCESS

    def _write_down(self, order, status, answer):
        history.record(
            history.entry(
                order["project"],
                self.action,
                release=answer.get("release"),
                revision=answer.get("revision") or order.get("revision"),
                by=order["by"],
                author=order.get("author"),
                subject=order.get("subject") or order.get("reason"),
                problem="" if status == 0 else answer["message"],
            )
        )

    def getBuildResultSummary(self):
        return {"build": self.descriptionDone} if self.descriptionDone else {}


class Deploy(Live):
    name = forms.RELEASE_STEP
    action = "deploy"

    @defer.inlineCallbacks
    def run(self):
        package = package_path(self.getProperty("package_of"))
        result = yield self._deploy(package)
        # If the deployer went away, Buildbot repeats this build when it is back.
        if self.build.conn is not None and os.path.exists(package):
            os.unlink(package)
        return result

    @defer.inlineCallbacks
    def _deploy(self, package):
        yield self.addLog("stdio")
        if not os.path.exists(package):
            self.say(findings.PACKAGE_GONE)
            return FAILURE
        with open(package, "rb") as file:
            received = yield self.transfer(
                "downloadFile", workerdest="package.tar", reader=remotetransfer.FileReader(file), mode=0o600
            )
        if not received:
            return FAILURE
        source = self.build.sources[0]
        order = {
            "project": source.project,
            "revision": source.revision,
            "author": self.getProperty("author"),
            "subject": self.getProperty("subject"),
            "by": self.getProperty("pusher") or self.getProperty("author"),
            "tip": self.getProperty("tip"),
            "as_of": self.getProperty("as_of"),
            "migrate": self.getProperty("migrate"),
            "origin": self.origin(source.project),
        }
        return self.finish(
            order, *(yield self.run_command(["muster-deploy", "release"], initialStdin=json.dumps(order)))
        )


class Rollback(Live):
    name = "rollback"
    action = "rollback"

    @defer.inlineCallbacks
    def run(self):
        order = {
            "project": self.getProperty("project"),
            "release": self.getProperty("release"),
            "by": self.getProperty("owner"),
            "reason": self.getProperty("reason") or "",
            "origin": self.origin(self.getProperty("project")),
        }
        return self.finish(
            order, *(yield self.run_command(["muster-deploy", "rollback"], initialStdin=json.dumps(order)))
        )
