"""Who may look and who may act. The git server knows the members: it is asked, so a new one changes nothing here."""

import hashlib
import hmac
import os
import time

import treq
from buildbot.www.auth import CustomAuth
from buildbot.www.authz import Authz
from buildbot.www.authz.endpointmatchers import (
    AnyControlEndpointMatcher,
    AnyEndpointMatcher,
    EndpointMatcherBase,
    Match,
)
from buildbot.www.authz.roles import RolesFromBase
from twisted.cred.error import UnauthorizedLogin
from twisted.internet import defer
from twisted.python import log
from twisted.web import pages, resource

from . import actions, disk, history, introduced

CACHE_SECONDS = 30
MEMBERS_SECONDS = 3
# The git server's account for the CI.
GIT_ACCOUNT = "ci"
# The account of the team's machines.
MACHINE = "hook"


class Health(resource.Resource):
    isLeaf = True

    def render_GET(self, request):
        request.setHeader(b"content-type", b"text/plain")
        return b"ok\n"


class History(resource.Resource):
    """What went live of late, for the portal; npm run releases tells all."""

    isLeaf = True
    BYTES = 32 * 1024
    ENTRIES = 50

    def render_GET(self, request):
        request.setHeader(b"content-type", b"application/jsonl")
        lines = history.show(last=self.BYTES)[-self.ENTRIES :]
        return "".join(f"{line}\n" for line in lines).encode()


class TeamAuth(CustomAuth):
    """Log in with the account of the git server, or, for the team's machines, as "hook" with CI_HOOK_SECRET."""

    def __init__(self, account_url, hook_secret):
        super().__init__()
        self._account_url = account_url
        self._hook_secret = hook_secret.encode()
        self._key = os.urandom(32)
        # Digest of name and password → time until which they count as right.
        self._known = {}

    def reconfigAuth(self, master, new_config):
        super().reconfigAuth(master, new_config)
        dash = resource.Resource()
        dash.putChild(b"health", Health())
        dash.putChild(b"history", History())
        dash.putChild(b"report", disk.Report(master))
        master.www.root.putChild(b"-", dash)
        # Server-sent events know no access rules; the pages use WebSockets, which do.
        master.www.root.putChild(b"sse", pages.notFound())
        introduced.believe(master.www.site, self._is_member)

    def _is_member(self, name, password):
        # The machine's account is for its own paths, which ask for it.
        return defer.succeed(False) if name == MACHINE.encode() else self._right(name, password)

    @defer.inlineCallbacks
    def requestAvatarId(self, cred):
        if (yield self._right(cred.username, cred.password)):
            return cred.username
        raise UnauthorizedLogin()

    @defer.inlineCallbacks
    def _right(self, name, password):
        if name == MACHINE.encode():
            return hmac.compare_digest(password, self._hook_secret)
        if not name or name.decode("utf-8", "replace") == GIT_ACCOUNT:
            return False
        now = self.master.reactor.seconds()
        digest = hmac.digest(self._key, len(name).to_bytes(4, "big") + name + password, hashlib.sha256)
        if self._known.get(digest, 0) > now:
            return True
        try:
            answer = yield treq.get(self._account_url, auth=(name, password), timeout=10, persistent=False)
            yield answer.content()
        except Exception:
            log.err(None, "the git server did not say whether an account is right")
            return False
        if answer.code != 200:
            return False
        self._known = {known: until for known, until in self._known.items() if until > now}
        self._known[digest] = now + CACHE_SECONDS
        return True


class Roles(RolesFromBase):
    def getRolesFromUser(self, userDetails):
        match userDetails.get("username"):
            case None:
                return []
            case name if name == MACHINE:
                return ["viewer"]
            case _:
                return ["viewer", "member"]


class MemberActions(EndpointMatcherBase):
    def match(self, ep, action="get", options=None):
        return defer.succeed(Match(self.master) if actions.is_members(ep, action) else None)


class Members:
    """Who has an account on the git server now."""

    def __init__(self, url, password):
        self._url = url
        self._account = (GIT_ACCOUNT, password)
        self._names = frozenset()
        self._until = 0

    @defer.inlineCallbacks
    def has(self, name):
        """Asks again after MEMBERS_SECONDS; while the git server does not answer, those stay who were there last."""
        if time.monotonic() >= self._until:
            try:
                answer = yield treq.get(self._url, auth=self._account, timeout=10, persistent=False)
                text = yield answer.text()
                if answer.code == 200:
                    self._names = frozenset(text.split())
                    self._until = time.monotonic() + MEMBERS_SECONDS
            except Exception:
                log.err(None, "the git server did not say who the members are")
        return name in self._names


class TeamAuthz(Authz):
    """A cookie lasts for days; whoever left the team is a stranger at once."""

    def __init__(self, members, **arguments):
        super().__init__(**arguments)
        self._members = members

    @defer.inlineCallbacks
    def assertUserAllowed(self, ep, action, options, userDetails):
        name = userDetails.get("username")
        if name not in (None, MACHINE) and not (yield self._members.has(name)):
            userDetails = {}
        yield super().assertUserAllowed(ep, action, options, userDetails)


def rules(settings):
    """Members build, stop builds and roll back; nobody stops workers or schedulers from the web."""
    allow = [MemberActions(role="member"), AnyControlEndpointMatcher(role="nobody")]
    if not settings.pipeline.anonymous:
        allow.append(AnyEndpointMatcher(role="viewer"))
    members = Members(settings.members_url, settings.secrets["GIT_CI_PASSWORD"])
    return TeamAuthz(members, allowRules=allow, roleMatchers=[Roles()])
