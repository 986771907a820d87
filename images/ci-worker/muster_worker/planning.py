"""What of a workflow runs here: jobs, combinations of their matrix, and what is left out with the reason."""

import dataclasses

from . import expressions, github_settings, jobs, pushes, runtimes
from .expressions import Unknown

# Characters of a combination's name.
TITLE = 80


@dataclasses.dataclass
class Plan:
    # Jobs to name to act, each after those that it needs.
    chosen: list[str] = dataclasses.field(default_factory=list)
    # {job: the combinations that run} of each job with a matrix that is known.
    matrix: dict[str, list[dict]] = dataclasses.field(default_factory=dict)
    # Jobs with a matrix that only act knows, when another job has made it.
    unknown: set[str] = dataclasses.field(default_factory=set)
    # Runners to map to the worker itself.
    labels: set[str] = dataclasses.field(default_factory=set)
    # [{"job", "reasons"}]
    left_out: list[dict] = dataclasses.field(default_factory=list)
    # How many there are, of both kinds; each combination counts.
    total: int = 0
    # Jobs whose own condition lets them out.
    skipped: list[str] = dataclasses.field(default_factory=list)
    # Lines about what runs otherwise than asked for.
    notes: list[str] = dataclasses.field(default_factory=list)
    # {job that runs: its context, with the first combination}
    contexts: dict[str, dict] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Part:
    """One combination of a job's matrix."""

    matrix: dict
    context: dict
    labels: list[str] = dataclasses.field(default_factory=list)
    reasons: list[str] = dataclasses.field(default_factory=list)
    # Whether there is a matrix, and no telling what it is.
    unknown: bool = False
    # [(runtime, version)] that it asks for, and that are not here.
    versions: list[tuple] = dataclasses.field(default_factory=list)

    def title(self, job):
        values = ", ".join(str(value) for value in self.matrix.values() if isinstance(value, str))
        return f"{job} ({values if len(values) <= TITLE else values[:TITLE] + '…'})" if values else job


def of(workflow, context, folder="."):
    there = {name: job for name, job in workflow["jobs"].items() if isinstance(job, dict) and jobs.runs(job, context)}
    common = list(github_settings.missing(context, workflow.get("env")))
    plan, left_out, counts = Plan(), {}, {}
    plan.skipped = [name for name in workflow["jobs"] if name not in there]
    for name, job in there.items():
        parts = list(_parts(job, {**context, "env": _env(context, workflow, job)}, folder))
        good = [part for part in parts if not part.reasons]
        if common or not good:
            reasons = dict.fromkeys(reason for part in parts for reason in part.reasons)
            left_out[name] = [*common, *reasons]
            continue
        good = _of_versions(plan, name, good)
        counts[name] = len(good)
        plan.contexts[name] = good[0].context
        plan.labels |= {label for part in good for label in part.labels}
        if parts[0].unknown:
            plan.unknown.add(name)
        if parts[0].matrix:
            plan.matrix[name] = [part.matrix for part in good]
        plan.left_out += [
            {"job": part.title(name), "reasons": part.reasons, "of": name} for part in parts if part not in good
        ]
    while more := {
        name: [f"it needs the job {need}"]
        for name, job in there.items()
        if name not in left_out
        for need in jobs.needs(job)
        if need in left_out
    }:
        left_out |= more
    runnable = [name for name in there if name not in left_out]
    # act first runs what a job needs, so only the last job of each chain is named.
    needed = {need for name in runnable for need in jobs.needs(there[name])}
    plan.chosen = [name for name in runnable if name not in needed]
    plan.left_out = [{"job": name, "reasons": reasons} for name, reasons in left_out.items()] + [
        {"job": part["job"], "reasons": part["reasons"]} for part in plan.left_out if part["of"] not in left_out
    ]
    plan.total = sum(counts[name] for name in runnable) + len(plan.left_out)
    return plan


def may_fail(workflow, plan, name):
    """Whether a job, those that it needs and all of their combinations say that they may fail (continue-on-error)."""
    if name not in plan.contexts:
        # It did not run.
        return True
    job, context = workflow["jobs"][name], plan.contexts[name]
    said = str(job.get("continue-on-error", "false"))
    try:
        allowed = all(
            expressions.shown(expressions.fill(said, {**context, "matrix": matrix})).lower() == "true"
            for matrix in plan.matrix.get(name) or [context.get("matrix", {})]
        )
    except Unknown:
        return False
    return allowed and all(may_fail(workflow, plan, need) for need in jobs.needs(job))


def not_run(workflow, plan, name, ran):
    """({job: why it did not run}, [job that was skipped, as on GitHub]) of NAME and those that it needs.

    They passed, says act; RAN says which of them ran, and whether with a combination of their matrix. Whether GitHub
    skips a job that asks for what is not known here, nobody can say.
    """
    left_out, skipped = {}, []
    for each in _with_needs(workflow, name):
        if each not in plan.contexts:
            continue
        if each not in ran if "uses" not in workflow["jobs"][each] else "" not in ran:
            asked = _asked(workflow["jobs"][each], plan.contexts[each])
            if asked:
                left_out[each] = f"its condition asks for {', '.join(asked)}, not known here"
            else:
                skipped.append(each)
        elif each in plan.unknown and ran.get(each) is False:
            left_out[each] = "its matrix could not be made"
    while more := {
        each: f"it needs the job {need}"
        for each in skipped
        for need in jobs.needs(workflow["jobs"][each])
        if need in left_out
    }:
        left_out |= more
        skipped = [each for each in skipped if each not in more]
    return left_out, skipped


def _asked(job, context):
    """What a job's condition asks for of GitHub's event, and is not known here."""
    condition = job.get("if")
    event = context.get("github", {}).get("event", {})
    return pushes.lacking(condition, event) if isinstance(condition, str) else []


def _with_needs(workflow, name):
    """A job and all that it needs, in the order of the workflow."""
    found, queue = set(), [name]
    while queue:
        each = queue.pop()
        if each not in found and each in workflow["jobs"]:
            found.add(each)
            queue += jobs.needs(workflow["jobs"][each])
    return [each for each in workflow["jobs"] if each in found]


def _env(context, *owners):
    """The variables of a workflow and a job, as far as they are known."""
    found, context = {}, expressions.for_commands(context)
    for owner in owners:
        for name, value in jobs.mapping(owner.get("env")).items():
            found[name] = expressions.known(str(value), {**context, "env": found})
    return found


def _parts(job, context, folder):
    """The combinations of a job, each with why it cannot run here."""
    try:
        combinations = jobs.combinations(job)
    except jobs.Empty:
        yield Part({}, context, reasons=[jobs.NO_COMBINATION])
        return
    except Unknown:
        # act knows it when the job that makes it has run.
        combinations = None
    for matrix in combinations or [{}]:
        known = context if combinations is None else {**context, "matrix": matrix}
        part = Part(matrix, known, reasons=list(jobs.obstacles(job, known, folder)), unknown=combinations is None)
        if "uses" not in job:
            part.versions = runtimes.strange_versions(jobs.steps_of(job), known)
        part.labels, strange = jobs.runner(job, known, folder)
        part.reasons = part.reasons or strange
        yield part


def _of_versions(plan, name, parts):
    """Those that ask for the versions that are here; where none does, the newest, and the plan says so."""
    best = min(len(part.versions) for part in parts)
    newest = max(_versions(part) for part in parts if len(part.versions) == best)
    kept = [part for part in parts if len(part.versions) == best and (best == 0 or _versions(part) == newest)]
    for part in parts:
        if part not in kept:
            part.reasons = [
                f"it wants {runtime.name} {version}; {runtimes.here(runtime)} is here"
                for runtime, version in part.versions
            ]
    for runtime, version in kept[0].versions:
        plan.notes.append(f"{name}: {runtime.name} {runtimes.here(runtime)} is here in place of {version}")
    return kept


def _versions(part):
    return [runtimes.numbers(version) for _, version in part.versions]
