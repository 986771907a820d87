"""Whom programs of a build trust, beside the system's authorities: see images/php/trust-authority."""

import os
import subprocess


class Trust:
    """What a build leaves of it is removed before the next one, so that it is made when a command finds none."""

    def __init__(self, environ):
        names = ("AUTHORITY_URL", "PATH", "SSL_CERT_FILE")
        self._environment = {name: environ[name] for name in names if name in environ}

    def establish(self):
        if "AUTHORITY_URL" not in self._environment:
            return
        # Beside the file that programs read, what the gateway said.
        if not os.path.isfile(f"{self._environment['SSL_CERT_FILE']}.own"):
            subprocess.run(
                ["trust-authority"],
                env=self._environment,
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
            )
