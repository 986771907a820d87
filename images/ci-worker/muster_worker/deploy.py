"""muster-deploy release|rollback: carries out the order on its standard input (JSON), and answers in its last line.

Status 0: done. 3: not done, since something newer was deployed before. Anything else: failed, the site is as it was,
and the last line of standard error says why.
"""

import datetime
import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import time

from . import bounds, origin, privacy
from .git import Failed
from .releases import ANCESTORS_FILE, Deployed, Refused, Site, is_newer, name, one_step_back

LIVE = "/srv/live"
SUPERSEDED = 3
PACKAGE = "package.tar"
# A database that starts for the first time writes its files; one that was killed repairs them.
DATABASE_SECONDS = 180


def now():
    return datetime.datetime.now(datetime.UTC)


def timestamp():
    return now().strftime("%Y-%m-%dT%H:%M:%SZ")


def unpack(archive, target):
    """Python's "data" filter refuses members and links that lead out of the folder, devices, and set-uid bits."""
    bounds.package(archive)
    os.mkdir(target)
    # REVISION marks a release as complete: only the deployer writes it.
    members = [member for member in archive.getmembers() if member.name not in (ANCESTORS_FILE, "REVISION")]
    archive.extractall(target, members=members, filter="data")
    for folder, folders, files in os.walk(target):
        for entry in (*folders, *files):
            path = os.path.join(folder, entry)
            if not os.path.islink(path):
                os.chmod(path, 0o755 if entry in folders or os.access(path, os.X_OK) else 0o644)


def ancestors_of(archive):
    if ANCESTORS_FILE not in archive.getnames():
        raise Refused("the package does not say which commits came before")
    listed = archive.extractfile(ANCESTORS_FILE)
    return frozenset(listed.read().decode("ascii").split())


def await_database(host, port, seconds=DATABASE_SECONDS, pause=1.0):
    """Waits for MariaDB's greeting: it may be starting at the same time as everything else."""
    end = time.monotonic() + seconds
    waiting = False
    while True:
        try:
            with socket.create_connection((host, port), timeout=5) as connection:
                if connection.recv(1):
                    return
            obstacle = "it closes the connection"
        except OSError as error:
            obstacle = error.strerror or str(error)
        if time.monotonic() >= end:
            raise Refused(f"the live database does not answer at {host}:{port} ({obstacle})")
        if not waiting:
            print(f"waiting for the live database at {host}:{port} ({obstacle})", flush=True)
            waiting = True
        time.sleep(pause)


def migrate(folder):
    """Runs the repository's own hook, with the live database's account in DB_*."""
    command = ["composer", "run-script", "--no-interaction", "--timeout=0", "migrate"]
    if "DB_HOST" in os.environ:
        command.insert(0, "with-database")
        await_database(os.environ["DB_HOST"], int(os.environ["DB_PORT"]))
    print("composer run-script migrate", flush=True)
    home = "/tmp/migrate"
    shutil.rmtree(home, ignore_errors=True)
    os.makedirs(home)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CI_", "WORKER_"))}
    done = subprocess.run(
        command,
        cwd=folder,
        env={**environment, "HOME": home, "COMPOSER_HOME": f"{home}/.composer"},
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode != 0:
        raise Refused(f"migrate ended with status {done.returncode}")


def ask_the_repository(where, revision):
    """Refuses what is not on the deploy branch at this moment, whatever the order says."""
    try:
        on_branch = origin.holds(where, revision)
    except Failed as error:
        raise Refused(str(error)) from None
    if not on_branch:
        raise Refused(f"{revision[:12]} is not on {where['branch']} (any more)")


def release(order):
    site = Site(LIVE, order["project"])
    site.prepare()
    revision = order["revision"]
    with tarfile.open(PACKAGE) as archive:
        ancestors = ancestors_of(archive)
        last = site.last_deployed()
        if not is_newer(revision, ancestors, order["tip"], order["as_of"], last):
            message = f"not deployed: {last.revision[:12]} is newer than {revision[:12]}, and was deployed before"
            return SUPERSEDED, {"message": message}
        chosen = name(now(), revision, site.releases())
        folder = site.release_path(chosen)
        try:
            unpack(archive, folder)
            if order["migrate"]:
                migrate(folder)
            previous = site.current()
            site.complete(chosen, revision)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    site.remember_deployed(Deployed(revision, max(order["as_of"], last.as_of if last else 0), ancestors))
    site.switch(chosen)
    site.record(
        time=timestamp(), action="deploy", release=chosen, revision=revision, author=order["author"],
        subject=order["subject"], by=order["by"],
    )
    for pruned in site.prune():
        print(f"pruned {pruned}")
    return 0, {"release": chosen, "revision": revision, "previous": previous, "message": f"live: {chosen}"}


def rollback(order):
    site = Site(LIVE, order["project"])
    releases = site.releases()
    if not releases:
        raise Refused(f"{order['project']} has no releases")
    previous = site.current()
    chosen = order["release"] or one_step_back(releases, previous)
    if chosen not in releases:
        raise Refused(f"there is no release {chosen}; there are {', '.join(releases)}")
    revision = site.revision(chosen)
    if "origin" in order:
        # `npm run rollback` names none: it works while the git server is down, and what it finds was once on the branch.
        ask_the_repository(order["origin"], revision)
    site.switch(chosen)
    site.record(
        time=timestamp(), action="rollback", release=chosen, revision=revision, author="", subject=order["reason"],
        by=order["by"],
    )
    return 0, {"release": chosen, "revision": revision, "previous": previous, "message": f"live: {chosen}"}


def main(arguments):
    # A migration must not find the account that the repository is asked with.
    privacy.seal()
    order = json.load(sys.stdin)
    if arguments[0] == "release":
        ask_the_repository(order["origin"], order["revision"])
    with open(os.path.join(LIVE, ".lock"), "a", encoding="ascii") as lock:
        # A deployer that was replaced may still be at work.
        fcntl.flock(lock, fcntl.LOCK_EX)
        started = time.monotonic()
        status, answer = {"release": release, "rollback": rollback}[arguments[0]](order)
    print(f"{answer['message']} ({time.monotonic() - started:.2f} s)")
    print(json.dumps(answer))
    return status


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (Refused, bounds.TooMuch, OSError, tarfile.TarError) as error:
        undone = {"release": "not deployed", "rollback": "not rolled back"}[sys.argv[1]]
        sys.exit(f"muster: {undone}: {error}")
