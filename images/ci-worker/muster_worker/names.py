"""The team's public addresses, from inside a build: see images/php/names."""

import os
import subprocess

DOMAIN = "/run/muster/domain"


class Names:
    """What leads to them ends with everything else between two commands, so that it is started before each."""

    def __init__(self, environ):
        self._domain = environ.get("PUBLIC_DOMAIN", "")
        self._environment = {"PATH": environ["PATH"]}
        self._forwards = dict.fromkeys(environ.get("PUBLIC_FORWARDS", "").split())

    def lead(self):
        if not self._forwards:
            return
        # A build may have put something else there.
        if os.path.lexists(DOMAIN):
            os.remove(DOMAIN)
        with open(DOMAIN, "x", encoding="utf-8") as file:
            file.write(f"{self._domain}\n")
        for forward, running in self._forwards.items():
            if running is None or running.poll() is not None:
                self._forwards[forward] = subprocess.Popen(
                    ["public-forward", forward],
                    env=self._environment,
                    start_new_session=True,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
