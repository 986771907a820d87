"""Runs Buildbot's worker, in both roles."""

import os
import re
import shutil
import sys

from buildbot_worker.bot import Worker
from buildbot_worker.pb import WorkerForBuilderPbLike
from buildbot_worker.runprocess import RunProcessPP
from twisted.application import service
from twisted.internet import process, reactor, task
from twisted.python import log

from . import memory, privacy

HOME = "/var/lib/worker"
ORPHANS_EVERY = 5


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


def command_exited(protocol, reason):
    """Lets a command be over when it ends, even if something that it left running holds its output open."""

    def let_go():
        if protocol.transport.pipes:
            log.msg("ending what the command left running")
            privacy.kill_leftovers()

    # One second for output that is still on its way.
    reactor.callLater(1, let_go)


def build_starts(builder):
    """Ends what an earlier build left running, before this one sees a password."""
    privacy.kill_leftovers()


def main():
    memory.start_expendable(reactor)
    privacy.seal()
    privacy.adopt_orphans()
    # The code under test must not inherit it.
    password = os.environ.pop("WORKER_PASSWORD")
    match = re.fullmatch(r"([A-Za-z0-9.-]+):([0-9]{1,5})", os.environ["CI_MASTER"])
    if not match:
        sys.exit(f"muster: CI_MASTER is {os.environ['CI_MASTER']!r}: it must be HOST:PORT")

    RunProcessPP.processExited = command_exited
    WorkerForBuilderPbLike.remote_startBuild = build_starts
    log.startLogging(sys.stdout, setStdout=False)
    # Buildbot's folders of builds; what has to stay (repositories, caches) is elsewhere.
    base = os.path.join(HOME, "builds")
    shutil.rmtree(base, ignore_errors=True)
    os.makedirs(base)
    worker = Worker(
        match[1],
        int(match[2]),
        os.environ["WORKER_NAME"],
        password,
        base,
        keepalive=60,
        # Notices within seconds that the master is back.
        maxdelay=5,
        umask=0o022,
        allow_shutdown=None,
    )
    application = service.MultiService()
    worker.setServiceParent(application)
    application.startService()
    reactor.addSystemEventTrigger("before", "shutdown", application.stopService)
    task.LoopingCall(reap_orphans).start(ORPHANS_EVERY)
    reactor.run()


main()
