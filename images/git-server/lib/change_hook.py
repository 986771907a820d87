"""Hands the spool's changes to the CI's change hook, each repository's in the order of its pushes.

When an answer gets lost, HTTP cannot tell whether the request arrived. A change is therefore marked before it is sent,
and before a marked one is sent again, the CI is asked whether it has that push.
"""

import json
import socket
import sys
import urllib.error
import urllib.parse
import urllib.request

import buildbot
import spool

# Bad request, too large, not processable: sending the same change again would not help.
INVALID = (400, 413, 422)


class Refused(Exception):
    """The hook answered with an error: it stored nothing."""


class Invalid(Refused):
    """The hook will never take this change."""


class NotReached(OSError):
    """The request did not even reach the hook."""


def deliver(settings, queue, seconds):
    """Delivers what it can, with SECONDS for each request; returns what stands in the way, or None."""
    obstacle = None
    with queue.lock("deliver", seconds) as had:
        if not had:
            return "earlier changes are still being delivered"
        waiting = set()
        for entry in queue.entries():
            change = queue.read(entry)
            if change["project"] in waiting:
                continue
            try:
                deliver_one(settings, queue, entry, change, seconds)
            except Invalid as error:
                print(f"muster: {change['project']} {change['branch']}: the CI: {error}", file=sys.stderr)
            except Refused as error:
                # Only this repository's later changes wait.
                waiting.add(change["project"])
                obstacle = str(error)
            except buildbot.NO_ANSWER as error:
                return f"no answer ({reason(error)})"
    return obstacle


def reason(error):
    inner = getattr(error, "reason", error)
    return getattr(inner, "strerror", None) or str(inner) or type(inner).__name__


def deliver_one(settings, queue, entry, change, seconds):
    if not spool.was_sent(entry):
        entry = queue.mark_sent(entry)
    elif arrived(settings, change, seconds):
        queue.remove(entry)
        return
    try:
        post(settings, change, seconds)
    except Invalid:
        queue.set_aside(entry)
        raise
    except (Refused, NotReached):
        queue.mark_unsent(entry)
        raise
    queue.remove(entry)


def arrived(settings, change, seconds):
    try:
        found = buildbot.Api(settings, seconds).find(
            change["project"], change["branch"], change["revision"], change["push"]
        )
    except urllib.error.HTTPError as error:
        # The API does not say: better to build twice than never.
        error.close()
        return False
    return found is not None


def post(settings, change, seconds):
    form = urllib.parse.urlencode(form_of(settings, change)).encode()
    request = urllib.request.Request(settings["hook"], data=form)
    request.add_header("Authorization", buildbot.basic("hook", settings["secret"]))
    try:
        buildbot.send(request, seconds).close()
    except urllib.error.HTTPError as error:
        error.close()
        kind = Invalid if error.code in INVALID else Refused
        raise kind(f"it answered {error.code} {error.reason}") from None
    except urllib.error.URLError as error:
        if isinstance(error.reason, (ConnectionRefusedError, socket.gaierror)):
            raise NotReached(*error.reason.args) from None
        raise


def form_of(settings, change):
    """The fields of Buildbot's hook "base"."""
    name = change["project"]
    return {
        "project": name,
        "repository": f"{settings['internal']}/{name}.git",
        "branch": change["branch"],
        "revision": change["revision"],
        "author": change["author"],
        "comments": change["comments"],
        "revlink": f"{settings['git']}/{name}/commit/?id={change['revision']}",
        "when_timestamp": change["when"],
        "files": json.dumps(change["files"]),
        "properties": json.dumps({"pusher": change["pusher"], "push": change["push"]}),
    }
