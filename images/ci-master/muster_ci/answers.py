"""What a worker's muster-* command answers. Needs no Buildbot."""

import json

PREFIX = "muster: "


def read(status, output, errors):
    """The JSON object in the last line of OUTPUT, or None.

    What fails has written no such line: its message is the last line of ERRORS, in words for whoever reads the log.
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
