"""Settings with an upstream, for tests."""

import json

from muster_ci.names import Invalid
from muster_ci.settings import SECRETS, of_environment

# Of the pushes in payloads/.
REVISION = "8f1d3c5b7a9e0f2d4c6b8a0e1f3d5c7b9a2e4f60"
URLS = {
    "github": "https://github.com/our-team",
    "gitlab": "https://gitlab.example.org/group/our-team",
    "gitea": "https://git.example.org/our-team",
    "git": "https://git.example.org",
}
COMPLETE = {
    "CI_URL": "http://ci.localhost:8080",
    "GIT_INTERNAL_URL": "http://demo-git:8080",
    "GIT_ACCOUNT_URL": "http://demo-git:8080/-/account",
    "CI_LIVE": json.dumps({"repositories": {"app": "deployer"}}),
    **{name: f"secret of {name}" for name in (*SECRETS, "DEPLOYER_PASSWORD")},
}


def an_upstream(server, token="", webhook_secret="", **changes):
    """Its part of the environment."""
    given = {"provider": server, "url": URLS[server], "repositories": ["app", "shop"], **changes}
    return {"CI_UPSTREAM": json.dumps(given), "UPSTREAM_TOKEN": token, "UPSTREAM_WEBHOOK_SECRET": webhook_secret}


def problems_of(environment):
    try:
        of_environment({**COMPLETE, **environment})
    except Invalid as error:
        return str(error).split("\n")
    return []
