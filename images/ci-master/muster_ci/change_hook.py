"""Changes by HTTP: /change_hook/base, which the team's git server posts to (its password is checked before)."""

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
            # Invalid is a ValueError, which the sender gets to read with the status 400.
            return [changes.change(fields, settings.repository_url)], None

    return {"base": {"custom_class": TeamGitServer}}
