"""Follows the upstream: its webhooks at /change_hook/<provider>, its branches by looking, and statuses back to it."""

import treq
from buildbot.process.results import CANCELLED, FAILURE, RETRY, SKIPPED, SUCCESS, WARNINGS
from buildbot.reporters.utils import getURLForBuild
from buildbot.util.service import BuildbotService
from buildbot.util.state import StateMixin
from twisted.internet import defer, task
from twisted.python import log
from twisted.web import resource, server

from . import access, changes, forms, upstream, webhook
from .names import Invalid

TIMEOUT = 30
# Seconds: the schedulers start after this service.
FIRST_LOOK = 2
# Seconds until the next look after one that failed.
RETRY_AFTER = 15
STATUS_PAUSES = (1, 5, None)


def with_upstream(config, settings):
    """CONFIG, which follows the upstream where there is one."""
    if settings.upstream is None:
        return config
    follower = Follower(settings.upstream, settings.pipeline.deploy_branch)
    config["services"].append(follower)
    if settings.upstream.token:
        config["services"].append(StatusReporter(settings.upstream))
    if settings.upstream.webhook_secret:
        config["www"]["auth"] = Auth(settings, follower)
    return config


class Follower(BuildbotService, StateMixin):
    """Knows which revision each branch of the upstream had, and makes a change of every other one.

    What is known is kept: a push while the master is down is found when it is back.
    """

    name = "upstream"

    def checkConfig(self, settings, deploy_branch):
        pass

    def reconfigService(self, settings, deploy_branch):
        self._upstream = settings
        self._deploy_branch = deploy_branch

    @defer.inlineCallbacks
    def startService(self):
        yield super().startService()
        # Repository → {"complete": whether all branches were seen, "heads": branch → revision}.
        self._known = yield self.getState("known", {})
        self._lock = defer.DeferredLock()
        self._webhooks = 0
        self._problems = {}
        self._stopping = False
        self._looking = None
        self._next = self.master.reactor.callLater(FIRST_LOOK, self._look)

    @defer.inlineCallbacks
    def stopService(self):
        self._stopping = True
        if self._next.active():
            self._next.cancel()
        if self._looking is not None:
            self._looking.cancel()
        yield super().stopService()

    def receive(self, push):
        """A push that a webhook told of. Fires with whether it was news."""
        self._webhooks += 1
        return self._lock.run(self._learn, push.project, push.branch, push.revision, push.change)

    @defer.inlineCallbacks
    def _learn(self, project, branch, revision, change):
        heads = self._known.setdefault(project, {"complete": False, "heads": {}})["heads"]
        if heads.get(branch) == revision:
            return False
        if revision is None:
            del heads[branch]
        else:
            yield self.master.data.updates.addChange(**change)
            heads[branch] = revision
        yield self.setState("known", self._known)
        return revision is not None

    @defer.inlineCallbacks
    def _look(self):
        self._looking = defer.gatherResults([self._look_at(name) for name in self._upstream.repositories])
        try:
            fine = all((yield self._looking))
        except Exception:
            if self._stopping:
                return
            log.err(None, "upstream")
            fine = False
        self._looking = None
        if not self._stopping:
            interval = self._upstream.interval if fine else min(RETRY_AFTER, self._upstream.interval)
            self._next = self.master.reactor.callLater(interval, self._look)

    @defer.inlineCallbacks
    def _look_at(self, project):
        problem = None
        try:
            before = self._webhooks
            found = yield self._heads(project)
            # What was asked before a webhook came may be older than what it told.
            if before == self._webhooks:
                yield self._lock.run(self._compare, project, found)
        except defer.CancelledError:
            raise
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
        if problem != self._problems.get(project):
            self._problems[project] = problem
            log.msg(f"upstream: {self._upstream.repository_url(project)}: {problem or 'answers again'}")
        return problem is None

    @defer.inlineCallbacks
    def _heads(self, project):
        answer = yield treq.get(
            f"{self._upstream.repository_url(project)}/info/refs",
            params={"service": "git-upload-pack"},
            headers=self._upstream.headers(),
            timeout=TIMEOUT,
            persistent=False,
        )
        body = yield answer.content()
        if answer.code != 200:
            raise Invalid(f"answers with status {answer.code}")
        return upstream.heads(body)

    @defer.inlineCallbacks
    def _compare(self, project, found):
        known = self._known.get(project, {"complete": False, "heads": {}})
        for branch, revision in upstream.news(known["heads"], known["complete"], found, self._deploy_branch):
            fields = {"project": project, "branch": branch, "revision": revision}
            yield self._learn(project, branch, revision, changes.change(fields, self._upstream.repository_url))
        now = {"complete": True, "heads": found}
        if self._known.get(project) != now:
            self._known[project] = now
            yield self.setState("known", self._known)


class Webhook(resource.Resource):
    isLeaf = True

    def __init__(self, settings, follower):
        super().__init__()
        self._upstream = settings
        self._follower = follower

    def render_POST(self, request):
        gone = []
        request.notifyFinish().addErrback(gone.append)

        def answer(result):
            if not gone:
                status, text = result
                request.setResponseCode(status)
                request.setHeader(b"content-type", b"text/plain; charset=utf-8")
                request.write(f"{text}\n".encode())
                request.finish()

        def failed(failure):
            log.err(failure, "webhook")
            return 500, "the push could not be stored: send it again"

        defer.maybeDeferred(self._receive, request).addErrback(failed).addCallback(answer)
        return server.NOT_DONE_YET

    @defer.inlineCallbacks
    def _receive(self, request):
        if int(request.getHeader("content-length") or 0) > webhook.BODY_LIMIT:
            return 413, "too large"
        request.content.seek(0)
        try:
            push = webhook.push(self._upstream, request.getHeader, request.content.read())
        except webhook.Refused as refusal:
            log.msg(f"webhook refused: {refusal}")
            return refusal.status, str(refusal)
        except Invalid as error:
            return 400, str(error)
        if push is None:
            return 202, "nothing to build"
        news = yield self._follower.receive(push)
        return 202, f"{push.project} {push.branch} {push.revision}" if news else "nothing new"


class ChangeHooks(resource.Resource):
    """Webhooks check their sender themselves; everything else stays behind the password."""

    def __init__(self, protected, webhook_of):
        super().__init__()
        self._protected = protected
        self._webhook_of = webhook_of

    def getChildWithDefault(self, name, request):
        return self._webhook_of.get(name) or self._protected.getChildWithDefault(name, request)

    def render(self, request):
        return self._protected.render(request)


class Auth(access.TeamAuth):
    def __init__(self, settings, follower):
        super().__init__(settings.account_url, settings.secrets["CI_HOOK_SECRET"])
        self._webhook_of = {settings.upstream.provider.encode(): Webhook(settings.upstream, follower)}

    def reconfigAuth(self, master, new_config):
        super().reconfigAuth(master, new_config)
        root = master.www.root
        protected = root.children[b"change_hook"]
        if not isinstance(protected, ChangeHooks):
            root.putChild(b"change_hook", ChangeHooks(protected, self._webhook_of))


class StatusReporter(BuildbotService):
    """Tells the upstream how the tests of a commit do."""

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
        if builder["name"] != forms.PIPELINE:
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
        for pause in STATUS_PAUSES:
            try:
                answer = yield treq.post(url, headers=headers, json=body, timeout=TIMEOUT, persistent=False)
                yield answer.content()
                problem = None if answer.code < 300 else f"status {answer.code}"
                passing = answer.code >= 500
            except Exception as error:
                problem, passing = f"{type(error).__name__}: {error}", True
            if problem is None:
                return
            if pause is None or not passing:
                log.msg(f"upstream: {body['state']} was not taken at {url}: {problem}")
                return
            yield task.deferLater(self.master.reactor, pause, lambda: None)
