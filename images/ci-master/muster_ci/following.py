"""Follows the upstream: learns of pushes from its webhooks, and by looking at its branches."""

import treq
from buildbot.util.service import BuildbotService
from buildbot.util.state import StateMixin
from twisted.internet import defer
from twisted.python import log

from . import changes, upstream
from .names import Invalid
from .statuses import StatusReporter
from .webhook_pages import Auth

# Seconds: the schedulers start after this service.
FIRST_LOOK = 2
# Seconds until the next look after one that failed.
RETRY_AFTER = 15


def with_upstream(config, settings):
    """Makes CONFIG follow the upstream, if there is one, and returns it."""
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
    """Remembers the revision of each branch of the upstream, and turns every other one into a change.

    The database keeps that memory, so a push while the master is down is found when it is back.
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
        """Takes a push from a webhook. Fires with whether it was news."""
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
            # If a webhook came meanwhile, the answer may be older than what it said.
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
            timeout=upstream.TIMEOUT,
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
