"""/change_hook/base, where the team's git server posts its changes. Buildbot has checked the password by then."""

from . import changes


def dialects(settings):
    class TeamGitServer:
        def __init__(self, master, options):
            pass

        def getChanges(self, request):
            fields = {
                name.decode("utf-8", "replace"): values[0].decode("utf-8", "replace")
                for name, values in request.args.items()
            }
            # Invalid is a ValueError: the sender gets its message, with the status 400.
            return [changes.change(fields, settings.repository_url)], None

    return {"base": {"custom_class": TeamGitServer}}
