"""Tells the CI and the pusher of a push that was just stored."""

import fcntl
import os
import signal
import subprocess
import sys
import time

import addresses
import change_hook
import changes
import passwords
import settings as setup
import spool
import wait

SECONDS = 3


def say(text):
    try:
        print(text, flush=True)
    except OSError:
        # The pusher is gone; the rest is still to be done.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")


def say_ci(text):
    say(f"CI: {text}")


def push_options():
    count = int(os.environ.get("GIT_PUSH_OPTION_COUNT", "0"))
    return {os.environ.get(f"GIT_PUSH_OPTION_{number}", "") for number in range(count)}


def branches(lines):
    for line in lines:
        old, new, ref = line.decode("utf-8", "replace").rstrip("\n").split(" ", 2)
        if ref.startswith("refs/heads/"):
            yield old, new, ref.removeprefix("refs/heads/")


def point_head(updates):
    """Makes the first branch the default one when a repository does not begin with main."""
    made = [branch for old, new, branch in updates if old == changes.ZERO and new != changes.ZERO]
    if not made:
        return
    head = changes.git("symbolic-ref", "HEAD").strip()
    if changes.tip(".", head.removeprefix("refs/heads/")) == changes.ZERO:
        changes.git("symbolic-ref", "HEAD", f"refs/heads/{made[0]}")


def note_time():
    """Keeps the age that cgit's list of repositories shows."""
    with open("info/web/last-modified", "w", encoding="utf-8") as file:
        file.write(time.strftime("%Y-%m-%d %H:%M:%S +0000\n", time.gmtime()))


def warn_of_passwords(updates):
    """The push counts; what is in a repository can be read by everybody who reads it, for ever."""
    try:
        for line in passwords.found(updates, passwords.known()):
            say(f"Warning: {line}. Read it from the environment, and have new passwords made.")
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        print(f"muster: passwords were not looked for: {error}", file=sys.stderr)


def let_go():
    """Ends the lock that pre-receive took: the next push to this repository may go on."""
    try:
        fcntl.flock(8, fcntl.LOCK_UN)
    except OSError:
        # A push from within the container does not come through the CGI, and has no lock.
        pass


def main():
    # Interrupting a push that is already stored ends the waiting, not the announcement.
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    updates = list(branches(sys.stdin.buffer))
    settings = setup.load()
    options = push_options()
    point_head(updates)
    note_time()
    warn_of_passwords(updates)
    if not settings["hook"]:
        let_go()
        return

    queue = spool.Spool()
    why = addresses.missing(project(), settings["first"])
    if why:
        say_ci(f"{project()} has no site of its own: {why}")
    skip = "ci.skip" in options
    entries = changes.announce(queue, ".", updates, os.environ.get("REMOTE_USER", ""), quiet=skip)
    let_go()
    if skip:
        say_ci("not told, as you asked")
    if not entries:
        return
    obstacle = change_hook.deliver(settings, queue, SECONDS)
    if any(queue.waits(entry) for entry in entries):
        say_ci(f"{obstacle or 'busy'}. Your push is stored, and will be built as soon as the CI takes it.")
        return
    if any(queue.is_aside(entry) for entry in entries):
        say_ci("your push is stored, but the CI will not build it")
        return
    say_ci(f"on its way, see {settings['ci']}/")
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    pushed = [(branch, new) for _, new, branch in updates if new != changes.ZERO]
    if "ci.wait" in options:
        for branch, revision in pushed:
            wait.Wait(settings, say_ci).follow(project(), branch, revision)
    elif len(pushed) == 1:
        wait.Wait(settings, say_ci).glance(project(), *pushed[0])


def project():
    return os.path.basename(os.getcwd()).removesuffix(".git")


main()
