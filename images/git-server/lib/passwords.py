"""Passwords of members that a push holds. The server does not know them: each editor leaves fingerprints of its own,
which tell nothing about a password that is long and random.
"""

import hashlib
import json
import os
import re
import subprocess

FOLDER = "/srv/git/.fingerprints"
MEMBERS = "/tmp/muster/members"
WORD = re.compile(rb"[A-Za-z0-9]{16,64}")
FINGERPRINT = re.compile(r"([a-z]{1,20}) ([0-9a-f]{64})")
MOST = 10
# Bytes of one file that are looked into, and of a whole push.
FILE_LIMIT = 1024**2
PUSH_LIMIT = 32 * 1024**2
ZERO = "0" * 40


def store(member, text, folder=FOLDER):
    """Keeps what an editor says: "NAME SHA256" a line. Returns whether it was right."""
    lines = text.splitlines()
    found = [match for match in map(FINGERPRINT.fullmatch, lines) if match]
    if len(found) != len(lines) or not 0 < len(found) <= MOST:
        return False
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, member)
    with open(f"{path}.new", "w", encoding="ascii") as file:
        json.dump({match[2]: match[1] for match in found}, file)
    os.replace(f"{path}.new", path)
    return True


def known(folder=FOLDER, members=MEMBERS):
    """{fingerprint: "alice's database password"} of those who are members now."""
    try:
        with open(members, encoding="utf-8") as file:
            names = file.read().split()
    except FileNotFoundError:
        return {}
    found = {}
    for name in names:
        try:
            with open(os.path.join(folder, name), encoding="ascii") as file:
                found |= {print_: f"{name}'s {what} password" for print_, what in json.load(file).items()}
        except (FileNotFoundError, ValueError):
            continue
    return found


def objects(old, new, others):
    """{blob: path} of what a push brings that neither the branch nor OTHERS had."""
    without = [f"^{revision}" for revision in ((old,) if old != ZERO else others)]
    listed = _git("rev-list", "--objects", "--stdin", given=[new, *without])
    pairs = (line.partition(" ") for line in listed.decode("utf-8", "replace").splitlines())
    return {identifier: path for identifier, _, path in pairs if path}


def heads_beside(branches):
    heads = _git("for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads", given=()).decode()
    return [head for head, _, branch in (line.partition(" ") for line in heads.splitlines()) if branch not in branches]


def contents(identifiers):
    """(blob, its bytes) of each that is not too large."""
    sizes = _git("cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)", given=identifiers).decode()
    left, wanted = PUSH_LIMIT, []
    for line in sizes.splitlines():
        identifier, kind, size = (line.split() + ["", ""])[:3]
        if kind == "blob" and int(size) <= min(FILE_LIMIT, left):
            left -= int(size)
            wanted.append(identifier)
    data = _git("cat-file", "--batch", given=wanted)
    position = 0
    for identifier in wanted:
        end = data.index(b"\n", position)
        size = int(data[position:end].split()[2])
        yield identifier, data[end + 1 : end + 1 + size]
        position = end + size + 2


def _git(*arguments, given):
    text = "".join(f"{each}\n" for each in given).encode()
    return subprocess.run(["git", *arguments], input=text, stdout=subprocess.PIPE, check=True).stdout


def found(updates, fingerprints):
    """A line for each password in what a push brings: [(old, new, branch)]."""
    if not fingerprints:
        return
    others = heads_beside({branch for _, _, branch in updates})
    paths = {}
    for old, new, _ in updates:
        if new != ZERO:
            paths |= objects(old, new, others)
    told = set()
    for identifier, data in contents(paths):
        for word in WORD.findall(data):
            whose = fingerprints.get(hashlib.sha256(word).hexdigest())
            if whose and (identifier, whose) not in told:
                told.add((identifier, whose))
                yield f"{paths[identifier]} holds {whose}"
