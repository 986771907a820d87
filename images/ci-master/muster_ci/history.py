"""Who put what live when, and who rolled back: a file in the master's volume that is only ever appended to, out of
reach of everything that sites and migrations can write. Needs no Buildbot.

`python -m muster_ci.history show` prints it, one JSON object a line, the oldest first; `… record` appends the entry on
its standard input, for a rollback that was ordered past the master.
"""

import datetime
import json
import os
import sys

FILE = "/var/lib/buildbot/releases.jsonl"
# What a line may say. Texts come from commits and from pages.
KEYS = ("repository", "action", "release", "revision", "by", "author", "subject", "problem")
ACTIONS = ("deploy", "rollback")
LONGEST = 500


def entry(repository, action, **more):
    """What is written down: `problem` is empty when all went well; without `release`, the site is as it was."""
    values = {"repository": repository, "action": action, **more}
    unknown = set(values) - set(KEYS)
    if unknown or action not in ACTIONS:
        raise ValueError(f"not an entry: {', '.join(sorted(unknown)) or action}")
    return {key: str(values.get(key) or "")[:LONGEST] for key in KEYS}


def record(value, path=FILE, now=None):
    time = (now or datetime.datetime.now(datetime.UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    line = json.dumps({"time": time, **value}).encode() + b"\n"
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        # A power failure may have cut the last line, which this one must not continue.
        size = os.fstat(descriptor).st_size
        cut = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        # One write: another process appends before it or after it.
        os.write(descriptor, (b"\n" if cut else b"") + line)
    finally:
        os.close(descriptor)


def show(path=FILE, last=None):
    """Its whole lines; of the last LAST bytes, if that is given."""
    try:
        with open(path, encoding="ascii") as file:
            if last is not None:
                file.seek(max(0, os.fstat(file.fileno()).st_size - last))
            return [line for line in file.read().split("\n") if line.startswith("{") and line.endswith("}")]
    except FileNotFoundError:
        return []


def main(arguments):
    if arguments == ["show"]:
        print("".join(f"{line}\n" for line in show()), end="")
    elif arguments == ["record"]:
        record(entry(**json.load(sys.stdin)))
    else:
        sys.exit("usage: python -m muster_ci.history show|record")


if __name__ == "__main__":
    main(sys.argv[1:])
