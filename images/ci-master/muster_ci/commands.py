"""Steps that run one of the worker's muster-* commands."""

from buildbot.process import buildstep, remotecommand
from buildbot.process.results import FAILURE, SUCCESS, WARNINGS, Results
from twisted.internet import defer

from . import answers

PACKAGE_LIMIT = 1024**3
# The largest that Perspective Broker carries in one message is 640 KiB.
BLOCK = 512 * 1024


class Step(buildstep.ShellMixin, buildstep.BuildStep):
    """Runs one of the worker's muster-* commands, which report to the master how it went (answers.py)."""

    haltOnFailure = True
    flunkOnFailure = True
    warnOnWarnings = True

    def __init__(self, time_limit, **arguments):
        arguments = self.setupShellMixin({"logEnviron": False, "timeout": None, "maxTime": time_limit, **arguments})
        super().__init__(**arguments)

    @defer.inlineCallbacks
    def run_command(self, command, **options):
        """Runs COMMAND; returns (its status, its answer or None)."""
        remote = yield self.makeRemoteShellCommand(command=command, collectStdout=True, collectStderr=True, **options)
        yield self.runCommand(remote)
        return remote.rc, answers.read(remote.rc, remote.stdout, remote.stderr)

    @defer.inlineCallbacks
    def transfer(self, kind, **arguments):
        remote = remotecommand.RemoteCommand(
            kind, {"workdir": self.workdir, "blocksize": BLOCK, "maxsize": PACKAGE_LIMIT, **arguments}
        )
        remote.useLog((yield self.getLog("stdio")))
        yield self.runCommand(remote)
        return remote.rc in (None, 0)

    def say(self, text):
        self.descriptionDone = text

    def getBuildResultSummary(self):
        told = self.results in (FAILURE, WARNINGS) and self.descriptionDone
        return {"build": self.descriptionDone} if told else {}

    def getResultSummary(self):
        if self.descriptionDone:
            return {"step": self.descriptionDone}
        return {"step": f"{self.name} ({Results[self.results]})" if self.results not in (SUCCESS, None) else self.name}
