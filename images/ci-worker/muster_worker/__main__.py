"""Runs Buildbot's worker, in each of its roles."""

import functools
import os
import re
import sys

from . import protocol  # Before Buildbot's own: see there.
from buildbot_worker import pb
from buildbot_worker.bot import Worker
from buildbot_worker.pb import BotPb, WorkerForBuilderPbLike
from buildbot_worker.runprocess import ProcGroupProcess, RunProcess, RunProcessPP
from twisted.application import internet, service
from twisted.internet import process, reactor, task
from twisted.python import log

from . import memory, privacy, remains
from .disk import Disk
from .names import Names
from .output import Output
from .services import Services
from .trust import Trust

ORPHANS_EVERY = 5
RETRY_SECONDS = 5
# Seconds without a command after which what a build left running is ended: it is over then, or its master is away.
REST_AFTER = 10
BUILDS = f"{remains.HOME}/builds"
# When memory runs out, the kernel ends a command before the worker.
EXPENDABLE = (b"/usr/bin/choom", b"-n", b"1000", b"--")


def reap_orphans():
    """Reaps the processes that nobody here waits for; the worker is their parent by now."""
    while True:
        try:
            dead = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if dead is None or dead.si_pid in process.reapProcessHandlers:
            return
        os.waitpid(dead.si_pid, os.WNOHANG)


class Builds:
    """Takes Buildbot's places where a build or a command begins and ends."""

    def __init__(self, role):
        self._deploys = role == "deployer"
        self._remains = remains.Remains(role)
        self._names = Names(os.environ)
        self._trust = Trust(os.environ)
        # The deployer runs no tests, and has a database's account already.
        self._services = None if self._deploys else Services()
        self._rest = None
        self._spawn = RunProcess._spawnProcess
        self._ended = RunProcessPP.processEnded
        self._set_up = ProcGroupProcess._setupChild
        self._add = {"stdout": RunProcess.addStdout, "stderr": RunProcess.addStderr}
        # Of the command that runs, by stream.
        self._output = {}
        self._killed = memory.killed()
        self.clear()

    def install(self):
        WorkerForBuilderPbLike.remote_startBuild = lambda builder: self.clear()
        RunProcess._spawnProcess = lambda run, *arguments, **options: self.command_starts(run, *arguments, **options)
        RunProcessPP.processExited = lambda protocol, reason: self.command_exited(protocol)
        RunProcessPP.processEnded = lambda protocol, reason: self.command_ended(protocol, reason)
        RunProcess.addStdout = lambda run, data: self.said(run, "stdout", data)
        RunProcess.addStderr = lambda run, data: self.said(run, "stderr", data)
        ProcGroupProcess._setupChild = lambda child, *arguments, **options: self.set_up(child, *arguments, **options)

    def clear(self):
        """Ends what an earlier build left running and removes its files, before the next one sees a password."""
        if self._services:
            self._services.close()
        privacy.end_others()
        reap_orphans()
        self._remains.clear()
        os.makedirs(BUILDS)
        if self._services:
            self._services.open()

    def command_starts(self, run, protocol, executable, argv, *arguments, **options):
        if self._rest and self._rest.active():
            self._rest.cancel()
        command = [os.fsdecode(word) for word in argv]
        if command[0] == "muster-package":
            # Nothing may change what is packed.
            privacy.end_others()
        self._remains.before(command)
        self._names.lead()
        self._trust.establish()
        self._output = {stream: Output() for stream in self._add}
        self._killed = memory.killed()
        return self._spawn(run, protocol, EXPENDABLE[0], (*EXPENDABLE, *argv), *arguments, **options)

    def said(self, run, stream, data):
        if passed_on := self._output[stream].take(data):
            self._add[stream](run, passed_on)

    def set_up(self, child, *arguments, **options):
        self._set_up(child, *arguments, **options)
        privacy.signals_as_usual()

    def command_exited(self, protocol):
        """Lets a command be over when it ends, even if something that it left running holds its output open."""

        def let_go():
            if protocol.transport.pipes:
                log.msg("ending what the command left running")
                privacy.end_others()

        # One second for output that is still on its way.
        reactor.callLater(1, let_go)

    def command_ended(self, protocol, reason):
        if self._deploys:
            # What a migration leaves running could write into the next release.
            privacy.end_others()
        for stream, output in self._output.items():
            if rest := output.rest():
                self._add[stream](protocol.command, rest)
        if shortage := memory.line(self._killed):
            self._add["stderr"](protocol.command, shortage)
        self._remains.after([os.fsdecode(word) for word in protocol.command.command])
        self._rest = reactor.callLater(REST_AFTER, privacy.end_others)
        self._ended(protocol, reason)


def main():
    privacy.seal()
    # The code under test must not inherit it.
    password = os.environ.pop("WORKER_PASSWORD")
    match = re.fullmatch(r"([A-Za-z0-9.-]+):([0-9]{1,5})", os.environ["CI_MASTER"])
    if not match:
        sys.exit(f"muster: CI_MASTER is {os.environ['CI_MASTER']!r}: it must be HOST:PORT")

    Builds(os.environ["CI_ROLE"]).install()
    disk = Disk()
    # Called by the master: images/ci-master/muster_ci/disk.py.
    BotPb.remote_getDiskUsage = lambda bot: disk.figures()
    # Notices within seconds that the master is back: Buildbot's own setting for this does nothing any more.
    pb.backoffPolicy = functools.partial(internet.backoffPolicy, maxDelay=RETRY_SECONDS)
    log.startLogging(sys.stdout, setStdout=False)
    worker = Worker(
        match[1],
        int(match[2]),
        os.environ["WORKER_NAME"],
        password,
        BUILDS,
        keepalive=60,
        umask=0o022,
        allow_shutdown=None,
    )
    application = service.MultiService()
    worker.setServiceParent(application)
    application.startService()
    reactor.addSystemEventTrigger("before", "shutdown", application.stopService)
    reactor.callWhenRunning(privacy.stop_for_the_engine_only, lambda: reactor.callFromThread(reactor.stop))
    task.LoopingCall(reap_orphans).start(ORPHANS_EVERY)
    reactor.run()


main()
