"""muster-workflows: runs what of .github/workflows a push starts; what cannot run here is left out and named.

The push is on standard input, as JSON: {"repository", "branch", "default", "revision", "actor", "files"}; `default`
is the branch that goes live, `files` are those that the push changed, or null. The last line says how it went: {"jobs", "left_out": [{"job", "reasons"}], "failed": [job],
"allowed": [job], "notes": [line]}. Status 0 or 1; what a failed step said last comes shortly before the end.
"""

import json
import os
import re
import sys

import yaml

from . import act, answers, job_services, jobs, planning, pushes, rewriting, service

FOLDER = ".github/workflows"
EVENT = "/tmp/event.json"
# Workflows as act gets them, under their own names.
REWRITTEN = "/tmp/workflows"
# As YAML writes it without quotes.
NULLS = ("~", "null", "Null", "NULL")
MERGING = {"pull_request", "pull_request_target", "merge_group"}


def _patterns(event, key):
    value = event.get(key) if isinstance(event, dict) else None
    if isinstance(value, (list, dict)):
        return [each for each in value if isinstance(each, str)]
    return [value] if isinstance(value, str) else None


def matches(pattern, text):
    """GitHub's filter patterns: ** is anything, * anything but a slash; ?, + and […] as in regular expressions."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\+|\[[^\]]*\])", pattern)
    translated = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "?", "+": "+"}
    expression = "".join(
        translated.get(part) or (part if part.startswith("[") else re.escape(part)) for part in parts
    )
    try:
        return re.fullmatch(expression, text) is not None
    except re.error:
        return False


def chosen(patterns, text):
    """Whether the last pattern that fits a text takes it; one that begins with "!" takes it out again."""
    verdict = False
    for pattern in patterns:
        if matches(pattern.removeprefix("!"), text):
            verdict = not pattern.startswith("!")
    return verdict


def not_started(workflow, branch, files):
    """Why a push to the branch does not start the workflow, or None."""
    events = workflow.get("on")
    if isinstance(events, (str, list)):
        return None if "push" in ([events] if isinstance(events, str) else events) else "not started by a push"
    if not isinstance(events, dict) or "push" not in events:
        return "not started by a push"
    push = events["push"]
    filters = set(push) if isinstance(push, dict) else set()
    if filters & {"tags", "tags-ignore"} and not filters & {"branches", "branches-ignore"}:
        return "started by tags only"
    wanted, ignored = _patterns(push, "branches"), _patterns(push, "branches-ignore")
    if wanted is not None and not chosen(wanted, branch) or ignored is not None and chosen(ignored, branch):
        return f"not started by a push to {branch}"
    paths, others = _patterns(push, "paths"), _patterns(push, "paths-ignore")
    if files is not None and (
        paths is not None
        and not any(chosen(paths, file) for file in files)
        or others is not None
        and all(chosen(others, file) for file in files)
    ):
        return "the push changed none of its paths"
    return None


def for_merging(workflow):
    """Whether a workflow is for changes that wait to be merged, and not for what was merged."""
    events = workflow.get("on")
    names = {each for each in ([events] if isinstance(events, str) else events or ()) if isinstance(each, str)}
    return bool(names & MERGING) and "push" not in names


def title_of(workflow, path):
    """The name of a workflow as act gives it: its file's where it has none."""
    name = workflow.get("name")
    named = isinstance(name, str) and (getattr(name, "style", None) or name not in NULLS)
    return name if named and name else os.path.basename(path)


def context_of(push):
    branch = push["branch"]
    github = {
        **{"ref": f"refs/heads/{branch}", "ref_name": branch, "ref_type": "branch", "head_ref": "", "base_ref": ""},
        **{"event_name": "push", "repository": push["repository"], "sha": push["revision"], "actor": push["actor"]},
        "repository_owner": push["repository"].partition("/")[0],
        "event": pushes.event_of(push),
    }
    # The repository has none.
    return {"github": github, "vars": {}}


def workflow_files():
    names = sorted(os.listdir(FOLDER)) if os.path.isdir(FOLDER) else []
    paths = (f"{FOLDER}/{name}" for name in names if name.endswith((".yml", ".yaml")))
    return [path for path in paths if os.path.isfile(path) and not os.path.islink(path)]


def main(push):
    push["commit"] = pushes.commit_of(push["revision"])
    with open(EVENT, "w", encoding="utf-8") as file:
        json.dump(pushes.event_of(push), file)
    os.makedirs(REWRITTEN, exist_ok=True)
    total, left_out, failed, allowed, notes, failures = 0, [], [], [], [], []
    for path in workflow_files():
        try:
            with open(path, encoding="utf-8") as file:
                workflow = jobs.load(file.read())
            why = not_started(workflow, push["branch"], push["files"])
            if not why:
                jobs.check(workflow)
        except (yaml.YAMLError, ValueError) as error:
            print(f"{path}: not a workflow: {error}", flush=True)
            failed.append(os.path.basename(path))
            continue
        if why:
            print(f"{path}: {why}", flush=True)
            if for_merging(workflow):
                notes.append(f"{path} is not run: it is for pull requests, and there are none here")
            continue
        title = title_of(workflow, path)
        own = {name for name, job in workflow["jobs"].items() if "uses" not in job}
        plan, teller = planning.of(workflow, context_of(push)), act.Teller(title=title, own=own)
        total += plan.total
        for each in plan.left_out:
            left_out.append({**each, "job": f"{title} / {each['job']}"})
        notes += [f"{title} / {note}" for note in plan.notes]
        unmade, skipped = {}, dict.fromkeys(plan.skipped)
        file_of_act = os.path.join(REWRITTEN, os.path.basename(path))
        with open(file_of_act, "w", encoding="utf-8") as file:
            file.write(rewriting.rewritten(workflow, plan))
        for job in plan.chosen:
            print(f"{path}: job {job}", flush=True)
            teller.ran.pop("", None)
            order = act.command(file_of_act, EVENT, push["repository"], push["actor"], plan, job)
            if act.run(order, teller):
                more, others = planning.not_run(workflow, plan, job, teller.ran)
                unmade |= more
                skipped |= dict.fromkeys(others)
            else:
                (allowed if planning.may_fail(workflow, plan, job) else failed).append(f"{title} / {job}")
        for job in teller.passed_over:
            left_out.append({"job": f"{title} / {job}", "reasons": ["there is no runner for it here"]})
        for job, reason in unmade.items():
            left_out.append({"job": f"{title} / {job}", "reasons": [reason]})
        for job in skipped:
            total -= len(plan.matrix.get(job, [{}])) if job in plan.contexts else 0
            print(f"Skipped: {title} / {job}: its condition, or that of a job that it needs, is not met", flush=True)
        failures += teller.failures
        if any(job_services.of(workflow["jobs"][name]) for name in plan.contexts):
            service.forget()
    for each in left_out:
        print(f"Not run: {each['job']}: {'; '.join(each['reasons'])}", flush=True)
    for note in notes:
        print(f"Note: {note}", flush=True)
    for job, step, lines in failures:
        print(f"{job}: {step} failed:", *(f"  | {line}" for line in lines), sep="\n", flush=True)
    answers.tell({"jobs": total, "left_out": left_out, "failed": failed, "allowed": allowed, "notes": notes})
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(json.load(sys.stdin)))
