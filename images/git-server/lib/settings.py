"""The settings that the entry point writes for the hooks: addresses, and the secret of the CI's change hook."""

import json

PATH = "/tmp/muster/settings.json"


def load():
    with open(PATH, encoding="utf-8") as file:
        return json.load(file)
