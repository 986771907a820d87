"""Tells the upstream how the tests of a commit do."""

import treq
from buildbot.process.results import CANCELLED, FAILURE, RETRY, SKIPPED, SUCCESS, WARNINGS
from buildbot.reporters.utils import getURLForBuild
from buildbot.util.service import BuildbotService
from twisted.internet import defer, task
from twisted.python import log

from . import forms, upstream

# Seconds before each further attempt to send a status; None gives up.
PAUSES = (1, 5, None)


class StatusReporter(BuildbotService):
    name = "upstream-status"

    STATES = {
        SUCCESS: "success",
        WARNINGS: "success",
        SKIPPED: "success",
        FAILURE: "failure",
        RETRY: "pending",
        CANCELLED: "cancelled",
        None: "pending",
    }

    def checkConfig(self, settings):
        pass

    def reconfigService(self, settings):
        self._upstream = settings

    @defer.inlineCallbacks
    def startService(self):
        yield super().startService()
        # One after the other: "pending" must not overtake "success".
        self._lock = defer.DeferredLock()
        self._consumers = []
        for event in ("new", "finished"):
            consumer = yield self.master.mq.startConsuming(self._heard, ("builds", None, event))
            self._consumers.append(consumer)

    @defer.inlineCallbacks
    def stopService(self):
        for consumer in self._consumers:
            yield consumer.stopConsuming()
        yield super().stopService()

    def _heard(self, key, build):
        self._lock.run(self._report, build).addErrback(log.err, "status for the upstream")

    @defer.inlineCallbacks
    def _report(self, build):
        data = self.master.data
        request = yield data.get(("buildrequests", build["buildrequestid"]))
        builder = yield data.get(("builders", request["builderid"]))
        if builder["name"] not in forms.TESTS:
            return
        buildset = yield data.get(("buildsets", request["buildsetid"]))
        source = buildset["sourcestamps"][0]
        properties = yield data.get(("builds", build["buildid"], "properties"))
        revision = source["revision"] or properties.get("got_revision", (None,))[0]
        if source["project"] not in self._upstream.repositories or not revision:
            return
        order = upstream.status_request(
            self._upstream,
            source["project"],
            source["branch"],
            revision,
            self.STATES.get(build["results"] if build["complete"] else None, "error"),
            build["state_string"] if build["complete"] else "is being tested",
            getURLForBuild(self.master, build["builderid"], build["number"]),
        )
        if order is not None:
            yield self._send(*order)

    @defer.inlineCallbacks
    def _send(self, url, headers, body):
        for pause in PAUSES:
            try:
                answer = yield treq.post(url, headers=headers, json=body, timeout=upstream.TIMEOUT, persistent=False)
                yield answer.content()
                problem = None if answer.code < 300 else f"status {answer.code}"
                passing = answer.code >= 500
            except Exception as error:
                problem, passing = f"{type(error).__name__}: {error}", True
            if problem is None:
                return
            if pause is None or not passing:
                log.msg(f"upstream: {body['state']} was not accepted at {url}: {problem}")
                return
            yield task.deferLater(self.master.reactor, pause, lambda: None)
