"""Says how full the volumes of master and workers are, and ends a master that has no room left: its next start waits for
it.
"""

import json
import os
import re
import sys

from buildbot.util.service import BuildbotService
from twisted.internet import defer, reactor, task, utils
from twisted.python import log
from twisted.web import resource

from . import room

EVERY = 10
COUNTED_EVERY = 300
ASKED_EVERY = 10
WORKER = re.compile(r"worker-\d+|release-worker")


class Report(resource.Resource):
    """The figures that are known; a request has those of the workers asked for."""

    isLeaf = True

    def __init__(self, master):
        super().__init__()
        self._master = master
        self._used = None
        self._until = self._asked_until = 0
        self._of_workers = {}

    def render_GET(self, request):
        self._count()
        self._ask()
        size, free = room.figures()
        request.setHeader(b"content-type", b"application/json")
        return json.dumps({"disk": {"ci": {"used": self._used, "size": size, "free": free}, **self._of_workers}}).encode()

    @defer.inlineCallbacks
    def _count(self):
        now = reactor.seconds()
        if now < self._until:
            return
        self._until = now + COUNTED_EVERY
        try:
            line = yield utils.getProcessOutput("/usr/local/bin/disk-usage", [room.FOLDER], env=os.environ)
            used = line.split()[1]
            self._used = int(used) if used.isdigit() else None
        except Exception:
            log.err(None, "disk usage")

    def _ask(self):
        now = reactor.seconds()
        if now < self._asked_until:
            return
        self._asked_until = now + ASKED_EVERY
        for name, worker in self._master.workers.workers.items():
            # The deployers' volumes are the live site's, which tells of them itself.
            if WORKER.fullmatch(name) and worker.conn is not None and worker.conn.mind is not None:
                self._ask_one(name, worker.conn.mind)

    @defer.inlineCallbacks
    def _ask_one(self, name, mind):
        try:
            figures = yield mind.callRemote("getDiskUsage")
            self._of_workers[name] = {key: figures[key] for key in ("used", "size", "free")}
        except Exception as error:
            # It has just gone, or is of an image that does not know.
            log.msg(f"disk usage of {name}: {type(error).__name__}")


class FullDisk(BuildbotService):
    name = "full-disk"

    def reconfigService(self):
        pass

    @defer.inlineCallbacks
    def startService(self):
        yield super().startService()
        self._loop = task.LoopingCall(self._look)
        self._loop.start(EVERY, now=False)

    @defer.inlineCallbacks
    def stopService(self):
        self._loop.stop()
        yield super().stopService()

    def _look(self):
        if room.is_full():
            # As when it is stopped (buildbot.tac): unfinished builds are repeated.
            sys.stderr.write("muster: disk full: the CI stops until there is room\n")
            sys.stderr.flush()
            os._exit(1)
