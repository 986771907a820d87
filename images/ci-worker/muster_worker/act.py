"""Runs a workflow with act on the worker itself, since there is no Docker here, and tells what its jobs say."""

import json
import os
import re
import subprocess
import sys

from . import jobs, rewriting

# What act says about itself; and steps that are its own.
NOISE = ("Using docker host", "Couldn't get a valid docker connection", "docker host aware")
# It says so of a job that it passes over, and goes on as if it had run.
PASSED_OVER = "Skipping unsupported platform"
OWN_STEPS = ("Set up job", "Complete job")
# In front of PATH: what steps say last is read, too.
SHELLS = "/opt/muster/shells"
# Lines of a failed step that are repeated at the end.
LAST = 20


def command(path, event, repository, actor, plan, job):
    arguments = ["act", "push", "--json", "--directory", os.getcwd(), "--workflows", path, "--eventpath", event]
    # By themselves it reads .env, .secrets, .vars and .input of the repository, as GitHub does not.
    arguments += [word for kind in ("env", "secret", "var", "input") for word in (f"--{kind}-file", os.devnull)]
    arguments += ["--no-cache-server", "--concurrent-jobs", "1", "--job", job, "--actor", actor or "muster"]
    arguments += ["--env", f"GITHUB_REPOSITORY={repository}"]
    for label in sorted(plan.labels or {"ubuntu-latest"}):
        arguments += ["--platform", f"{label}=-self-hosted"]
    for action, folder in stand_ins(uses()):
        arguments += ["--local-repository", f"{action}={folder}"]
    return arguments


def uses(folder=".github"):
    """What the workflows and actions below a folder use."""
    for above, _, names in os.walk(folder):
        for name in names:
            if name.endswith((".yml", ".yaml")):
                with open(os.path.join(above, name), encoding="utf-8", errors="replace") as file:
                    yield from re.findall(r"""(?m)^[\s-]*uses:\s*["']?([^\s"'#]+)""", file.read())


def stand_ins(used):
    """(repository of an action with its version, folder) for each action that has one."""
    found = {}
    for text in used:
        name, _, version = text.partition("@")
        if folder := jobs.STAND_INS.get(name):
            found[f"{'/'.join(name.split('/')[:2])}@{version}"] = f"{jobs.ACTIONS}/{folder}"
    return sorted(found.items())


class Teller:
    """Prints the events of act for people; remembers what a failed step said last, and which jobs ran.

    TITLE is the workflow's name, OWN are its jobs that call no other workflow.
    """

    def __init__(self, out=sys.stdout, title="", own=()):
        self.out = out
        self.title = title.lstrip()
        self.own = own
        self.recent = {}
        self.failures = []
        # Jobs that act passed over.
        self.passed_over = []
        # {job that ran: whether it had a combination of a matrix}; "" is any of a workflow that was called.
        self.ran = {}

    def line(self, text):
        try:
            event = json.loads(text)
        except ValueError:
            event = None
        if not isinstance(event, dict):
            if not text.startswith(("Error: Job", "Error: exit")):
                self.say(text)
            return
        message = str(event.get("msg", "")).rstrip("\n")
        if any(noise in message for noise in NOISE):
            return
        job, step = str(event.get("job", "")).strip(), str(event.get("step", "")).split("\n")[0]
        # Those of a called workflow begin with the name of the job that calls it, which may be as the workflow's.
        own = job.startswith(f"{self.title}/") and event.get("jobID") in self.own
        runs = event["jobID"] if own else ""
        if step and "jobID" in event:
            self.ran[runs] = bool(event.get("matrix"))
        if PASSED_OVER in message and not event.get("raw_output"):
            self.passed_over.append(job)
            self.ran[runs] = True
        elif event.get("raw_output"):
            # What a step says last may come after its result.
            late = self.failures and self.failures[-1][:2] == (job, step)
            lines = self.failures[-1][2] if late else self.recent.setdefault(job, [])
            lines.extend(message.split("\n"))
            del lines[:-LAST]
            self.say(*(f"  | {line}" for line in message.split("\n")))
        elif "stepResult" in event and step not in OWN_STEPS and event.get("stage", "Main") == "Main":
            if len(event.get("stepID") or ()) > 1:
                # A step of an action; the action has a result of its own.
                return
            self.say(f"  {job}: {step}: {event['stepResult']}")
            if event["stepResult"] == "failure":
                self.failures.append((job, step, self.recent.pop(job, [])))
            self.recent.pop(job, None)
        elif event.get("level") == "error" or (event.get("level") == "warning" and not step):
            self.say(f"  {job}: {message}" if job else f"  {message}")

    def say(self, *lines):
        for line in lines:
            print(line, file=self.out, flush=True)


def run(arguments, teller):
    """Whether all jobs passed. Which of them may know the tests' database, their workflow says."""
    env = {name: value for name, value in os.environ.items() if name not in rewriting.DATABASE}
    env["PATH"] = f"{SHELLS}:{env['PATH']}"
    # Nor does the repository's .actrc count, which is for its members' own machines: --dryrun there would run nothing.
    process = subprocess.Popen(arguments, cwd="/", env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    for line in process.stdout:
        teller.line(line.decode("utf-8", "replace").rstrip("\n"))
    return process.wait() == 0
