"""The webhooks' addresses on the CI's web server: /change_hook/<provider>."""

from twisted.internet import defer
from twisted.python import log
from twisted.web import resource, server

from . import access, webhook
from .names import Invalid


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
