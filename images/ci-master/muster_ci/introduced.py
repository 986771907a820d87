"""Members whom the gateway introduces: where they sign in there, it sends their account with each request."""

import base64
import calendar
import datetime

import jwt
from buildbot.www import auth
from twisted.internet import defer
from twisted.web.util import DeferredResource

# Of the session that a request gets; the next request brings the account again.
LIFETIME = datetime.timedelta(minutes=5)


def account(header):
    """Name and password of an Authorization header, as bytes; None when it has none."""
    scheme, _, encoded = (header or b"").partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        name, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
    except ValueError:
        return None
    return (name, password) if colon and name else None


def believe(site, is_member):
    """Makes SITE take a member's account on every path. IS_MEMBER: (name, password) → Deferred of a bool."""
    ordinary = site.getResourceFor

    def resource_for(request):
        known = account(request.getHeader(b"authorization"))
        if known is None:
            return ordinary(request)
        return DeferredResource(_resource(site, request, ordinary, known, is_member))

    site.getResourceFor = resource_for


@defer.inlineCallbacks
def _resource(site, request, ordinary, known, is_member):
    if (yield is_member(*known)):
        _sign_in(site, request, known[0].decode())
    return ordinary(request)


def _sign_in(site, request, name):
    expires = datetime.datetime.now(datetime.UTC) + LIFETIME
    claims = {
        "user_info": {"username": name, "email": name},
        "exp": calendar.timegm(expires.timetuple()),
    }
    token = jwt.encode(claims, site.session_secret, algorithm=auth.SESSION_SECRET_ALGORITHM)
    cookie = auth.build_cookie_name(request.isSecure(), []).decode()
    # Pages read the first of these, WebSockets the second.
    request.received_cookies = {cookie.encode(): token.encode()}
    request.requestHeaders.setRawHeaders(b"cookie", [f"{cookie}={token}".encode()])
