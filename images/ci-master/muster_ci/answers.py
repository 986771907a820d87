"""Reads the answers of the worker's muster-* commands. Needs no Buildbot."""

import json

PREFIX = "muster: "


def read(status, output, errors):
    """The JSON object in the last line of OUTPUT, or None.

    A command that fails writes no such line. Then the last line of ERRORS says why, for whoever reads the log.
    """
    answer = _json(_last_line(output))
    if answer is None and status != 0 and _last_line(errors).startswith(PREFIX):
        return {"message": _last_line(errors).removeprefix(PREFIX)}
    return answer


def _last_line(text):
    return text.rstrip().rsplit("\n", 1)[-1]


def _json(line):
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
