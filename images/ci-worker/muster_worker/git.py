"""Git as the worker runs it: asking nobody, and with nothing of what earlier builds configured."""

import base64
import os
import posixpath
import subprocess


class Failed(Exception):
    """The message is for the log of the build."""


def environment_of(url, user, password):
    """The environment for a server's repositories: that of URL, and those beside it. No file holds the password."""
    settings = {
        # The older protocol needs one request fewer.
        "protocol.version": "0",
        "safe.directory": "*",
        "advice.detachedHead": "false",
        "init.defaultBranch": "main",
    }
    if password:
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        settings[f"http.{posixpath.dirname(url)}/.extraHeader"] = f"Authorization: Basic {token}"
    return unconfigured(settings)


def unconfigured(settings):
    """The environment in which git knows SETTINGS, and nothing of what a build wrote into its home."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    clean |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_TERMINAL_PROMPT": "0"}
    clean["GIT_NO_REPLACE_OBJECTS"] = "1"
    clean["GIT_CONFIG_COUNT"] = str(len(settings))
    for position, (key, value) in enumerate(settings.items()):
        clean[f"GIT_CONFIG_KEY_{position}"] = key
        clean[f"GIT_CONFIG_VALUE_{position}"] = value
    return clean


class Git:
    def __init__(self, environment):
        self._environment = environment

    def run(self, *arguments, check=True):
        done = subprocess.run(["git", *arguments], env=self._environment, stdout=subprocess.PIPE, check=False)
        if check and done.returncode != 0:
            raise Failed(f"git {' '.join(arguments)} failed")
        return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None
