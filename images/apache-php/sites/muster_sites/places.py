"""Where repositories are, and what is known of each: in a member's workspace and on the live server."""

import datetime
import json
import os
import re
from dataclasses import dataclass

# Characters that Apache's configuration, its patterns or its substitutions would read as more than a name.
UNFIT = re.compile(r'[\x00-\x1f"\\*?\[\]{}$%<>|^]')
# For so long assets of a former release are answered.
KEPT_SECONDS = 3600
# A log line is short; as many releases as this are kept anyway.
LOG_BYTES = 16_384


@dataclass(frozen=True)
class Former:
    """A release that was live, its document root, and until when its assets are answered (seconds since 1970)."""

    folder: str
    root: str
    until: float


@dataclass(frozen=True)
class Place:
    """One repository. `folder` is its real path, "" where there is none; `survey` is None then.

    `label` is its part of a host name, None without one, and `why` says why. `linked` are folders outside of its own
    that links may lead to. `revision` and `log` are files of the deployer's. `database` has the variables of an account
    of the repository's own.
    """

    name: str
    label: str | None
    folder: str = ""
    survey: dict | None = None
    linked: tuple[str, ...] = ()
    revision: str | None = None
    formers: tuple[Former, ...] = ()
    why: str | None = None
    log: str | None = None
    database: tuple[tuple[str, str], ...] = ()


def label_of(name, owner):
    """(a repository's part of the host name `<label>--<owner>`, None) or (None, why it has none)"""
    label = re.sub(r"[._]", "-", name.lower())
    if "--" in label:
        return None, 'its name has "--", which separates the parts of an address'
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", label):
        return None, "its name has other characters than letters, digits, dots, hyphens and underscores"
    if len(f"{label}--{owner}") > 63:
        return None, f"its name is longer than {61 - len(owner)} characters"
    return label, None


def in_order(names, first):
    return sorted(set(names) | {first}, key=lambda name: (name != first, name))


def labelled(names, owner):
    """(name, label, why) of each; of two with the same label, the first has it."""
    taken = {}
    for name in names:
        label, why = label_of(name, owner)
        if label in taken:
            label, why = None, f'"{taken[label]}" has the same address'
        if label:
            taken[label] = name
        yield name, label, why


def folders(path):
    try:
        with os.scandir(path) as found:
            return [entry.name for entry in found if entry.is_dir() and not entry.name.startswith(".")]
    except OSError:
        return []


def in_workspace(workspace, first, owner, look):
    """LOOK: a folder → its survey."""
    for name, label, why in labelled(in_order(folders(workspace), first), owner):
        folder = os.path.realpath(f"{workspace}/{name}")
        inside = os.path.isdir(folder) and folder.startswith(f"{os.path.realpath(workspace)}/")
        if not inside or UNFIT.search(folder):
            yield Place(name, label, why=why)
        else:
            yield Place(name, label, folder, look(folder), why=why)


def live(releases, shared, first, look):
    """SHARED: where sites write, below their names; one that writes beside its code is shown from there."""
    for name, label, why in labelled(in_order(folders(releases), first), "live"):
        site = os.path.realpath(f"{releases}/{name}")
        release = os.path.realpath(f"{site}/current")
        log = f"{site}/releases.log"
        if os.path.isdir(release) and release.startswith(f"{site}/releases/") and not UNFIT.search(release):
            own = f"{os.path.realpath(shared)}/{name}"
            survey = described(site, release) or look(release)
            formers = tuple(formerly(site, own, release, survey)) if survey else ()
            linked, revision = (release, f"{own}/files"), f"{release}/REVISION"
            folder, account = shown_from(own, release, survey), tuple(database(site))
            yield Place(name, label, folder, survey, linked, revision, formers, why, log, account)
        elif not UNFIT.search(name):
            yield Place(name, label, why=why, log=log)


def shown_from(own, release, survey):
    """The folder that a release is shown from: its own, or the one that the deployer names where the site writes."""
    folder = os.path.realpath((survey or {}).get("folder") or release)
    return folder if folder.startswith(f"{own}/releases/") and os.path.isdir(folder) else release


def database(site):
    """(variable, value) of the account that the deployer made for a repository; none where it has the server's."""
    try:
        with open(f"{site}/database.json", encoding="ascii") as file:
            account = json.load(file)
    except (OSError, ValueError):
        return
    for name in ("DB_NAME", "DB_USER", "DB_PASSWORD"):
        if re.fullmatch(r"[A-Za-z0-9._-]+", account.get(name, "")):
            yield name, account[name]


def described(site, release):
    """The survey of a release after its build, None where the deployer wrote none."""
    try:
        with open(f"{site}/meta/{os.path.basename(release)}.json", encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def formerly(site, own, current, survey):
    """The releases that were live within the last hour, the last one first."""
    switched = os.lstat(f"{site}/current").st_mtime
    known = {os.path.basename(current)}
    for release, until in reversed(list(_history(f"{site}/releases.log", os.path.basename(current), switched))):
        folder = f"{site}/releases/{release}"
        known_of = described(site, folder) or survey
        folder = shown_from(own, folder, known_of)
        root = (known_of["root"] or {}).get("path")
        if release in known or not root or switched - until > KEPT_SECONDS or UNFIT.search(f"{folder}{root}"):
            continue
        known.add(release)
        if os.path.isdir(folder):
            yield Former(folder, os.path.normpath(f"{folder}/{root}"), until + KEPT_SECONDS)


def _history(log, current, switched):
    """(release, until when it was live), the oldest first. The log follows the switch."""
    last = None
    for entry in _tail(log):
        release, time = entry.get("release"), entry.get("time")
        if not isinstance(release, str) or not re.fullmatch(r"[0-9A-Za-z-]+", release):
            continue
        if last and last != release:
            yield last, datetime.datetime.fromisoformat(time).timestamp()
        last = release
    if last and last != current:
        yield last, switched


def _tail(log):
    try:
        with open(log, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - LOG_BYTES))
            lines = file.read().splitlines()
    except OSError:
        return
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:
            continue
