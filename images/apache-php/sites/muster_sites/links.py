"""Symbolic links that a site must not follow."""

import os

# Entries looked at; what lies further down is judged by nobody, and so not shown.
LIMIT = 100_000
# Links that lead over other links, as in a circle.
HOPS = 4


def leading_out(root, allowed, skipped):
    """Paths below ROOT, which is real, of links that lead out of ALLOWED folders, to what is hidden, or in a circle.

    SKIPPED: names in ROOT that are not shown anyway. Links to folders are followed, as a visitor could.
    """
    refused, queue, seen = [], [("", root, 0)], 0
    for prefix, folder, hops in queue:
        try:
            with os.scandir(folder) as found:
                entries = list(found)
        except OSError:
            continue
        seen += len(entries)
        if seen > LIMIT:
            refused.append(prefix.rstrip("/"))
            continue
        for entry in entries:
            if entry.name.startswith(".") or (not prefix and entry.name in skipped):
                continue
            path = f"{prefix}{entry.name}"
            if not entry.is_symlink():
                if entry.is_dir(follow_symlinks=False):
                    queue.append((f"{path}/", entry.path, hops))
                continue
            real = os.path.realpath(entry.path)
            home = next((each for each in allowed if real == each or real.startswith(f"{each}/")), None)
            if home is None or "/." in real[len(home) :] or f"{folder}/".startswith(f"{real}/") or hops == HOPS:
                refused.append(path)
            elif home == allowed[0] and os.path.isdir(real):
                queue.append((f"{path}/", real, hops + 1))
    return sorted(refused)
