"""The step that installs what Composer has for a folder."""

from buildbot.process.results import FAILURE, SUCCESS, WARNINGS
from twisted.internet import defer

from . import findings
from .commands import Step

# Of a build: folders whose development packages are missing, and what is said of them.
WITHOUT, LINES = "without_development", "not_installed"


def has_development(folder):
    """Whether a folder's development packages were installed; of a step, when its turn comes."""
    return lambda step: folder not in step.getProperty(WITHOUT, [])


class Install(Step):
    """Installs packages. Where development packages are out of reach, what needs them is left out and named."""

    def __init__(self, chosen, step, workdir):
        super().__init__(
            time_limit=chosen.timeout,
            name=step.name,
            workdir=workdir,
            env=chosen.environment,
            sigtermTime=5,
        )
        self._wanted = step
        self._unrunnable = chosen.unrunnable
        self._short = ""

    @defer.inlineCallbacks
    def run(self):
        status, answer = yield self.run_command(["muster-composer"])
        if status != 0:
            self.say(f"{self.name}: {answer['message']}" if answer else f"{self.name} (failure)")
            return FAILURE
        if not answer or not answer["host"]:
            self.say(self.name)
            return SUCCESS
        folder = self._wanted.folder
        self._short, line = findings.installation(answer, folder, self._wanted.tests, self._unrunnable)
        self.setProperty(WITHOUT, [*self.getProperty(WITHOUT, []), folder], self.name)
        self.setProperty(LINES, [*self.getProperty(LINES, []), line], self.name)
        self.say(line)
        return FAILURE if self._unrunnable == "fail" else WARNINGS

    def getBuildResultSummary(self):
        return {"build": self._short} if self._short else super().getBuildResultSummary()
