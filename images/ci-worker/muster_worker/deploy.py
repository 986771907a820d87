"""muster-deploy release|rollback: carries out the order on its standard input (JSON), and answers in its last line.
muster-deploy database|sites only looks.

Status 0: done. 3: not done, since something newer was deployed before. 4: done, with warnings. Anything else: failed,
the site is as it was, and the last line of standard error says why.
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

from . import answers, bounds, database, origin, page, privacy, remedies, sites
from .git import Failed
from .releases import ANCESTORS_FILE, SURVEY_FILE, Deployed, Refused, Site, is_newer, name, one_step_back
from .shared import Shared, make_links, stray_links

LIVE = "/srv/live"
SHARED = "/srv/shared"
SUPERSEDED, WARNINGS = 3, 4
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
    own = (ANCESTORS_FILE, SURVEY_FILE, "REVISION")
    members = [member for member in archive.getmembers() if member.name not in own]
    archive.extractall(target, members=members, filter="data")
    for folder, folders, files in os.walk(target):
        for entry in (*folders, *files):
            path = os.path.join(folder, entry)
            if not os.path.islink(path):
                os.chmod(path, 0o755 if entry in folders or os.access(path, os.X_OK) else 0o644)


def read(archive, name):
    try:
        return archive.extractfile(name).read()
    except KeyError as error:
        raise Refused(f"the package lacks {name}: push again, or rebuild") from error


def ancestors_of(archive):
    return frozenset(read(archive, ANCESTORS_FILE).decode("ascii").split())


def survey_of(archive):
    return json.loads(read(archive, SURVEY_FILE))


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


def migrate(folder, account):
    """Runs the repository's own hook, with the live database's ACCOUNT in DB_*."""
    command = ["composer", "run-script", "--no-interaction", "--timeout=0", "migrate"]
    if "DB_HOST" in os.environ:
        command.insert(0, "with-database")
    print("composer run-script migrate", flush=True)
    home = "/tmp/migrate"
    shutil.rmtree(home, ignore_errors=True)
    os.makedirs(home)
    private = ("CI_", "DB_ADMIN", "WORKER_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(private)}
    done = subprocess.run(
        command,
        cwd=folder,
        env={**environment, **account, "HOME": home, "COMPOSER_HOME": f"{home}/.composer"},
        stdin=subprocess.DEVNULL,
        check=False,
    )
    # What it leaves running would change the release once its links have been looked at.
    privacy.end_left()
    if done.returncode != 0:
        raise Refused(f"migrate ended with status {done.returncode}")


class Delivery:
    """One repository's site: its releases, what it writes, its database, and its page."""

    def __init__(self, repository):
        self.repository = repository
        self.site = Site(LIVE, repository)
        self.shared = Shared(SHARED, repository)
        self.live = page.of_environment(os.environ, repository)
        # What whoever pushed has to know.
        self.warnings = []

    def warn(self, text):
        print(f"warning: {text}", flush=True)
        self.warnings.append(text)

    def fill(self, chosen, archive, survey, may_migrate):
        """Makes the folder of a release: the package, links to what is writable, and what the migration adds."""
        folder = self.site.release_path(chosen)
        unpack(archive, folder)
        for refused in self.shared.attach(folder, self.site.seeds_path(chosen), survey["writable"]):
            self.warn(refused)
        make_links(folder, survey.get("links", ()))
        self.site.describe(chosen, survey, folder)
        if "DB_HOST" in os.environ and (may_migrate or survey["lint"]["php"]):
            await_database(os.environ["DB_HOST"], int(os.environ["DB_PORT"]))
        account = database.ensure(self.site.path, self.repository, os.environ) if survey["lint"]["php"] else {}
        if may_migrate:
            migrate(folder, account)
        for link, target in stray_links(folder, self.shared.files):
            self.warn(f"the link {link} was left out: it leads out of the release, to {target}")

    def activate(self, chosen):
        """Switches to a release, with the code that it brings to writable folders."""
        former = self.site.current()
        survey = self.site.survey(chosen)
        writable = survey["writable"] if survey else []
        self.shared.refresh(self.site.seeds_path(chosen), former and self.site.seeds_path(former), writable)
        if any(not entry["folder"] for entry in writable):
            folder = self.site.release_path(chosen)
            self.site.describe(chosen, survey, self.shared.expose(folder, chosen, writable))
        self.site.switch(chosen)
        self.shared.keep({former, chosen})

    def ask(self):
        """What the site answers now; None where that cannot be asked."""
        current = self.site.current()
        if self.live is None or not current:
            return None
        if not self.live.await_revision(self.repository, self.site.revision(current)):
            return page.Answer(0)
        return self.live.ask((self.site.survey(current) or {}).get("folder", ""))


def ask_the_repository(where, revision):
    """Refuses what is not on the deploy branch at this moment, whatever the order says."""
    try:
        on_branch = origin.holds(where, revision)
    except Failed as error:
        raise Refused(str(error)) from None
    if not on_branch:
        raise Refused(f"{revision[:12]} is not on {where['branch']} (any more)")


def release(order):
    delivery = Delivery(order["project"])
    site = delivery.site
    site.prepare()
    revision = order["revision"]
    with tarfile.open(PACKAGE) as archive:
        ancestors = ancestors_of(archive)
        last = site.last_deployed()
        if not is_newer(revision, ancestors, order["tip"], order["as_of"], last):
            message = f"not deployed: {last.revision[:12]} is newer than {revision[:12]}, and was deployed before"
            return SUPERSEDED, {"message": message}
        chosen = name(now(), revision, site.releases())
        survey = survey_of(archive)
        try:
            delivery.fill(chosen, archive, survey, order["migrate"])
            previous = site.current()
            site.complete(chosen, revision)
        except BaseException:
            site.discard(chosen)
            raise
    before = delivery.ask()
    site.remember_deployed(Deployed(revision, max(order["as_of"], last.as_of if last else 0), ancestors))
    delivery.activate(chosen)
    now_live = delivery.ask()
    failing = None if now_live is None or now_live.works else described(now_live, survey, delivery)
    if failing and before and before.works:
        delivery.activate(previous)
        site.remember_deployed(last)
        site.discard(chosen)
        raise Refused(f"{failing}; {previous} is live again")
    site.record(
        time=timestamp(), action="deploy", release=chosen, revision=revision, author=order["author"],
        subject=order["subject"], by=order["by"], **({"problem": failing} if failing else {}),
    )
    for pruned in site.prune():
        print(f"pruned {pruned}")
    message = f"not working: {failing}" if failing else f"live: {chosen}"
    if delivery.warnings:
        message += f" ({'; '.join(delivery.warnings)})"
    answer = {"release": chosen, "revision": revision, "previous": previous, "message": message}
    return WARNINGS if failing or delivery.warnings else 0, answer


def described(answer, survey, delivery):
    why = page.cause(answer, survey, remedies.of(delivery.site.path, delivery.repository, os.environ))
    return f"{answer.text}: {why}" if why else answer.text


def rollback(order):
    delivery = Delivery(order["project"])
    site = delivery.site
    releases = site.releases()
    if not releases:
        raise Refused(f"{order['project']} has no releases")
    previous = site.current()
    chosen = order["release"] or one_step_back(releases, previous)
    if chosen not in releases:
        raise Refused(f"there is no release {chosen}; there are {', '.join(releases)}")
    revision = site.revision(chosen)
    if "origin" in order:
        # `npm run rollback` names none: it works while the git server is down, and a release was once on the branch.
        ask_the_repository(order["origin"], revision)
    delivery.activate(chosen)
    now_live = delivery.ask()
    failing = None if now_live is None or now_live.works else described(now_live, site.survey(chosen), delivery)
    site.record(
        time=timestamp(), action="rollback", release=chosen, revision=revision, author="", subject=order["reason"],
        by=order["by"], **({"problem": failing} if failing else {}),
    )
    message = f"not working: {failing}" if failing else f"live: {chosen}"
    answer = {"release": chosen, "revision": revision, "previous": previous, "message": message}
    return WARNINGS if failing else 0, answer


def main(arguments):
    # A migration must not find the account that the repository is asked with, nor the database's.
    privacy.seal()
    order = json.load(sys.stdin)
    if arguments[0] in sites.READERS:
        print(json.dumps(sites.READERS[arguments[0]](LIVE, SHARED, order)))
        return 0
    if arguments[0] == "release":
        ask_the_repository(order["origin"], order["revision"])
    with open(os.path.join(LIVE, ".lock"), "a", encoding="ascii") as lock:
        # A deployer that was replaced may still be at work.
        fcntl.flock(lock, fcntl.LOCK_EX)
        started = time.monotonic()
        status, answer = {"release": release, "rollback": rollback}[arguments[0]](order)
    print(f"{answer['message']} ({time.monotonic() - started:.2f} s)")
    answers.tell(answer)
    return status


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (Refused, bounds.TooMuch, OSError, tarfile.TarError) as error:
        undone = {"release": "not deployed", "rollback": "not rolled back"}.get(sys.argv[1], "no answer")
        sys.exit(f"muster: {undone}: {error}")
