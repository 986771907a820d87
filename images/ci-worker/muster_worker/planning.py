"""What of a workflow runs here: jobs, combinations of their matrix, and what is left out with the reason."""

import dataclasses
import re

from . import jobs
from .expressions import Unknown


@dataclasses.dataclass
class Plan:
    # Jobs to name to act, each after those that it needs.
    chosen: list[str]
    # {job: {key: values}} of a matrix that are run; a key that is not there runs with all.
    matrix: dict[str, dict[str, set[str]]]
    # Runners to map to the worker itself.
    labels: set[str]
    # [{"job", "reasons"}]
    left_out: list[dict]
    # How many there are, of both kinds.
    total: int
    # {job: those that it needs}
    needs: dict[str, list[str]] = dataclasses.field(default_factory=dict)

    def matrix_of(self, job):
        """The values that act is to run with when it runs a job, and before it those that it needs."""
        found, waiting, seen = {}, [job], set()
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting += self.needs.get(name, [])
                for key, values in self.matrix.get(name, {}).items():
                    found[key] = found.get(key, set()) | values
        return found


def of(workflow, context, folder="."):
    there = {name: job for name, job in workflow["jobs"].items() if isinstance(job, dict) and jobs.runs(job, context)}
    common = jobs.missing_secrets(workflow.get("env"))
    plan = Plan([], {}, set(), [], 0)
    left_out = {}
    for name, job in there.items():
        reasons = [*common, *jobs.obstacles(job, folder)] or _runners(plan, name, job, context)
        if reasons:
            left_out[name] = reasons
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
        part for part in plan.left_out if part["job"].partition(" ")[0] not in left_out
    ]
    plan.needs = {name: jobs.needs(there[name]) for name in runnable}
    plan.total = len(runnable) + len(plan.left_out)
    return plan


def _runners(plan, name, job, context):
    """Why none of a job's combinations can run here; those that can are noted in the plan, and the others named."""
    if "uses" in job:
        return []
    try:
        combinations = jobs.combinations(job)
    except Unknown:
        combinations = None
    good, bad = [], []
    try:
        for matrix in combinations or [{}]:
            known = context if combinations is None else {**context, "matrix": matrix}
            wanted = jobs.labels(job, known)
            strange = [label for label in wanted if not jobs.HERE.fullmatch(label)]
            (bad if strange else good).append((matrix, strange))
            plan.labels |= set() if strange else set(wanted)
    except Unknown as error:
        return [f"its runner is not known before it runs ({error})"]
    if bad and not good:
        return [f"it wants a runner {', '.join(dict.fromkeys(label for _, strange in bad for label in strange))}"]
    if bad:
        _narrow(plan, name, job, good, bad)
    return []


def _narrow(plan, name, job, good, bad):
    """Lets act run a matrix's good combinations alone, by the values of the keys that its runner depends on."""
    for key in re.findall(r"matrix\s*\.\s*([\w-]+)", str(job["runs-on"])):
        plan.matrix.setdefault(name, {})[key] = {str(matrix[key]) for matrix, _ in good if key in matrix}
    for label in dict.fromkeys(label for _, strange in bad for label in strange):
        plan.left_out.append({"job": f"{name} ({label})", "reasons": [f"it wants a runner {label}"]})
