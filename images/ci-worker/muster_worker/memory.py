"""Whether the kernel has ended processes here for want of memory. Both versions of cgroups."""

import re

CGROUP = "/sys/fs/cgroup"
EVENTS = ("memory.events", "memory/memory.oom_control")
LIMITS = ("memory.max", "memory/memory.limit_in_bytes")


def killed(cgroup=CGROUP):
    """How many, since the container's start."""
    match = re.search(r"^oom_kill (\d+)", _first(cgroup, EVENTS), re.M)
    return int(match[1]) if match else 0


def line(before, cgroup=CGROUP):
    """What a step's log says of those that were ended since there were BEFORE, or nothing."""
    count = killed(cgroup) - before
    if count <= 0:
        return ""
    limit = _first(cgroup, LIMITS).strip()
    has = f", and the worker has {int(limit) // 2**20} MiB" if limit.isdigit() else ""
    what = "a process" if count == 1 else f"{count} processes"
    return f"muster: out of memory: {what} of this step needed more than there is{has}\n"


def _first(cgroup, names):
    for name in names:
        try:
            with open(f"{cgroup}/{name}", encoding="utf-8") as file:
                return file.read()
        except OSError:
            pass
    return ""
