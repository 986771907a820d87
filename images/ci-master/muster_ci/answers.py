"""Reads the answers of the worker's muster-* commands. Needs no Buildbot."""

import itertools
import json

PREFIX = "muster: "
# Before each line of an answer: Buildbot splits long lines, so the worker does.
MARK = "answer: "


def read(status, output, errors):
    """The JSON object in the last, marked lines of OUTPUT, or None.

    A command that fails writes no such lines. Then the last line of ERRORS says why, for whoever reads the log.
    """
    answer = _json(_marked(output))
    if answer is None and status != 0 and _last_line(errors).startswith(PREFIX):
        return {"message": _last_line(errors).removeprefix(PREFIX)}
    return answer


def _marked(text):
    lines = itertools.takewhile(lambda line: line.startswith(MARK), reversed(text.rstrip("\n").split("\n")))
    return "".join(line.removeprefix(MARK) for line in reversed(list(lines)))


def _last_line(text):
    return text.rstrip().rsplit("\n", 1)[-1]


def _json(line):
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
