"""muster-workflows BRANCH: runs .github/workflows with act, on the worker itself, since there is no Docker here.

What cannot run that way is named and left out. Status 0: everything ran and passed; 3: something was left out, the rest
passed; 1: something failed.
"""

import json
import os
import re
import subprocess
import sys

import yaml

FOLDER = ".github/workflows"
LEFT_OUT = 3
ACTIONS = "/opt/muster/actions"
# act itself skips actions/checkout, since the sources are there. The others have stand-ins (folder actions/).
CHECKOUT = "actions/checkout"
STAND_INS = {
    "actions/setup-node": "setup-node",
    "shivammathur/setup-php": "setup-php",
    "actions/cache": "cache",
}


def load(text):
    """Parses a workflow. Every scalar stays a string, so that "on" does not become a boolean."""
    value = yaml.load(text, Loader=yaml.BaseLoader)
    if not isinstance(value, dict) or not isinstance(value.get("jobs"), dict):
        raise ValueError("it has no jobs")
    return value


def _patterns(event, key):
    value = event.get(key) if isinstance(event, dict) else None
    return [value] if isinstance(value, str) else value


def matches(pattern, branch):
    """GitHub's filter patterns: ** is anything, * anything but a slash."""
    parts = re.split(r"(\*\*|\*|\?|\+)", pattern)
    translated = {"**": ".*", "*": "[^/]*", "?": "?", "+": "+"}
    return re.fullmatch("".join(translated.get(part) or re.escape(part) for part in parts), branch) is not None


def on_push(workflow, branch):
    """Whether a push to the branch starts the workflow."""
    events = workflow.get("on")
    if isinstance(events, str):
        return events == "push"
    if isinstance(events, list):
        return "push" in events
    if not isinstance(events, dict) or "push" not in events:
        return False
    push = events["push"]
    filters = set(push) if isinstance(push, dict) else set()
    if filters & {"tags", "tags-ignore"} and not filters & {"branches", "branches-ignore"}:
        return False
    ignored = _patterns(push, "branches-ignore")
    if ignored is not None:
        return not any(matches(pattern, branch) for pattern in ignored)
    wanted = _patterns(push, "branches")
    if wanted is None:
        return True
    verdict = False
    for pattern in wanted:
        if matches(pattern.removeprefix("!"), branch):
            verdict = not pattern.startswith("!")
    return verdict


def obstacles(job):
    """Why a job cannot run here; empty when it can."""
    found = []
    if "container" in job:
        found.append("it wants a container")
    if "services" in job:
        services = ", ".join(job["services"]) if isinstance(job["services"], dict) else ""
        found.append(f"it wants service containers ({services})")
    for label in runners(job):
        if not label.startswith("ubuntu-") and label not in ("self-hosted", "linux"):
            found.append(f"it wants a runner {label!r}")
    if "uses" in job and not job["uses"].startswith("./"):
        found.append(f"it calls the remote workflow {job['uses']}")
    for step in job.get("steps") or []:
        used = step.get("uses", "") if isinstance(step, dict) else ""
        if used and not used.startswith("./") and used.partition("@")[0] not in (CHECKOUT, *STAND_INS):
            found.append(f"it uses the remote action {used}")
    return found


def runners(job):
    labels = job.get("runs-on") or []
    if isinstance(labels, dict):
        labels = labels.get("labels") or []
    return [labels] if isinstance(labels, str) else [label for label in labels if isinstance(label, str)]


def needs(job):
    value = job.get("needs") or []
    return [value] if isinstance(value, str) else value


def plan(workflow):
    """(jobs to name to act, or None for all of them; {job left out: reasons})"""
    jobs = {name: job for name, job in workflow["jobs"].items() if isinstance(job, dict)}
    left_out = {name: found for name, job in jobs.items() if (found := obstacles(job))}
    while more := {
        name: [f"it needs the job {need}"]
        for name, job in jobs.items()
        if name not in left_out
        for need in needs(job)
        if need in left_out
    }:
        left_out |= more
    runnable = [name for name in jobs if name not in left_out]
    if not left_out:
        return None, {}
    # act first runs what a job needs, so only the last job of each chain is named.
    needed = {need for name in runnable for need in needs(jobs[name])}
    return [name for name in runnable if name not in needed], left_out


def stand_ins(workflow):
    """(action with its version, folder) for each stand-in that the workflow uses."""
    found = {}
    for job in workflow["jobs"].values():
        for step in (job.get("steps") or []) if isinstance(job, dict) else []:
            used = step.get("uses", "") if isinstance(step, dict) else ""
            if folder := STAND_INS.get(used.partition("@")[0]):
                found[used] = f"{ACTIONS}/{folder}"
    return sorted(found.items())


def command(path, workflow, event, job):
    arguments = ["act", "push", "--workflows", path, "--eventpath", event]
    arguments += ["--no-cache-server", "--concurrent-jobs", "1"]
    jobs = (each for each in workflow["jobs"].values() if isinstance(each, dict))
    for label in sorted({label for each in jobs for label in runners(each)}):
        arguments += ["--platform", f"{label}=-self-hosted"]
    for action, folder in stand_ins(workflow):
        arguments += ["--local-repository", f"{action}={folder}"]
    return arguments + (["--job", job] if job else [])


def main(branch):
    event = "/tmp/event.json"
    with open(event, "w", encoding="utf-8") as file:
        json.dump({"ref": f"refs/heads/{branch}"}, file)
    failed, noted = False, False
    for entry in sorted(os.listdir(FOLDER)):
        path = f"{FOLDER}/{entry}"
        if not entry.endswith((".yml", ".yaml")) or os.path.islink(path):
            continue
        with open(path, encoding="utf-8") as file:
            try:
                workflow = load(file.read())
            except (yaml.YAMLError, ValueError) as error:
                print(f"{path}: not a workflow: {error}", flush=True)
                failed = True
                continue
        if not on_push(workflow, branch):
            print(f"{path}: not started by a push to {branch}", flush=True)
            continue
        chosen, left_out = plan(workflow)
        for job, reasons in sorted(left_out.items()):
            print(f"{path}: job {job!r} CANNOT RUN HERE: {'; '.join(reasons)}", flush=True)
            noted = True
        for job in [None] if chosen is None else chosen:
            print(f"{path}: {'all jobs' if job is None else f'job {job!r}'}", flush=True)
            failed |= subprocess.run(command(path, workflow, event, job), check=False).returncode != 0
    return 1 if failed else LEFT_OUT if noted else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
