"""Says how full the volume is, and ends a master that has no room left: its next start waits for it."""

import json
import os
import sys

from buildbot.util.service import BuildbotService
from twisted.internet import defer, reactor, task, utils
from twisted.python import log
from twisted.web import resource

from . import room

EVERY = 10
COUNTED_EVERY = 300


class Report(resource.Resource):
    isLeaf = True

    def __init__(self):
        super().__init__()
        self._used = None
        self._until = 0

    def render_GET(self, request):
        self._count()
        size, free = room.figures()
        request.setHeader(b"content-type", b"application/json")
        return json.dumps({"disk": {"ci": {"used": self._used, "size": size, "free": free}}}).encode()

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
