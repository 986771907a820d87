"""Which jobs of a workflow can run here, and why the others cannot."""

import graphlib
import itertools
import os
import re

import yaml

from . import expressions, github_settings, job_services, runtimes
from .expressions import Unknown

ACTIONS = "/opt/muster/actions"
CHECKOUT = "actions/checkout"
# Actions that have stand-ins, in the folder actions/; act itself skips the checkout, since the sources are there.
STAND_INS = {
    "actions/setup-node": "setup-node",
    "actions/setup-python": "setup-python",
    "shivammathur/setup-php": "setup-php",
    "pnpm/action-setup": "setup-pnpm",
    "actions/cache": "cache",
    "actions/cache/restore": "cache",
    "actions/cache/save": "cache",
    "actions/upload-artifact": "upload-artifact",
    "actions/download-artifact": "download-artifact",
    "ramsey/composer-install": "composer-install",
    "codecov/codecov-action": "upload-nothing",
    "coverallsapp/github-action": "upload-nothing",
}
# Actions that set up what is not here.
ABSENT = re.compile(r"(?:actions|ruby|gradle|dart-lang|denoland|oven-sh|docker|android-actions)/setup-([\w-]+)")
HERE = re.compile(r"ubuntu-[\w.-]+|self-hosted|linux|x64", re.I)
# As `shell` of a step or of the defaults names them; any other is a program of the worker's.
SHELLS_ABSENT = ("pwsh", "powershell", "cmd")
# What a step's script cannot do here; comments do not count.
SCRIPTS = (
    (re.compile(r"(?:^|[;&|(]|\s)sudo\s"), "sudo"),
    (re.compile(r"(?:^|[;&|(]|\s)(?:systemctl\s|service\s+\S+\s+(?:re)?start\b)"), "the system's services"),
    (re.compile(r"(?:^|[;&|(]|\s)docker(?:-compose)?\s"), "Docker"),
    (re.compile(r"(?:^|[;&|(]|\s)apt(?:-get)?\s+(?:\S+\s+)*install\b"), "packages of the system"),
)
# Debian's name of a PHP, of which one version is here.
PHP_BINARY = re.compile(r"(?:^|[;&|(]|\s)php(\d\.\d)\s")
DEEPEST = 4
NO_COMBINATION = "its matrix has no combination"


class Empty(Exception):
    """A matrix has no combination, which GitHub calls an error."""


class Text(str):
    """A scalar, which remembers how it was written."""

    style = None


class Loader(yaml.BaseLoader):
    def construct_scalar(self, node):
        text = Text(super().construct_scalar(node))
        text.style = node.style
        return text


def load(text):
    """Parses a workflow. Every scalar stays a string, so that "on" does not become a boolean."""
    value = yaml.load(text, Loader=Loader)
    if not isinstance(value, dict) or not isinstance(value.get("jobs"), dict):
        raise ValueError("it has no jobs")
    return value


def check(workflow):
    """Raises ValueError where GitHub calls a workflow's jobs invalid, and act would run none, or something else."""
    for name, job in workflow["jobs"].items():
        if not isinstance(job, dict):
            raise ValueError(f"its job {name} is empty")
        if not isinstance(job.get("uses", ""), str):
            raise ValueError(f"its job {name} calls no workflow")
    try:
        graphlib.TopologicalSorter({name: needs(job) for name, job in workflow["jobs"].items()}).prepare()
    except graphlib.CycleError as error:
        raise ValueError(f"its jobs need each other: {', '.join(error.args[1])}") from None


def mapping(value):
    return value if isinstance(value, dict) else {}


def steps_of(job):
    steps = job.get("steps")
    return [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []


def obstacles(job, context, folder=".", deep=0):
    """Why a job cannot run here with what is known of its context; empty when it can."""
    found = []
    if "container" in job:
        found.append("it wants a container")
    found += job_services.obstacles(job, context)
    if "uses" in job:
        found += _called(job, context, folder, deep)
    keys = ("env", "with", "secrets", "environment", "if", "services")
    found += github_settings.missing(context, *(job.get(key) for key in keys))
    if job.get("secrets") == "inherit":
        found.append("it passes on secrets, not known here")
    shell = mapping(mapping(job.get("defaults")).get("run")).get("shell")
    if shell in SHELLS_ABSENT and any("run" in step and "shell" not in step for step in steps_of(job)):
        found.append(f"it uses the shell {shell}, which is not here")
    for step in steps_of(job):
        found += [reason for reason in step_obstacles(step, context, folder, deep) if reason not in found]
    found += runtimes.obstacles(steps_of(job), context)
    return found


def _called(job, context, folder, deep):
    used = str(job["uses"])
    if not used.startswith("./"):
        return [f"it calls the remote workflow {used}"]
    called = _read(os.path.join(folder, used))
    if called is None or deep >= DEEPEST:
        return [f"it calls {used}, which is not there"]
    common = list(github_settings.missing(context, called.get("env")))
    return [
        f"it calls {used}, where {name}: {reason}"
        for name, inner in mapping(called.get("jobs")).items()
        for reason in (
            *common,
            *obstacles(mapping(inner), context, folder, deep + 1),
            *job_services.obstacles_of_called(mapping(inner), context),
        )
    ]


def runner(job, context, folder=".", deep=0):
    """(the labels of the runners that a job asks for, in the workflow that it calls as well, why they are not here)

    act passes over a job whose runner it does not know, and says that all went well.
    """
    if "uses" in job:
        return _called_runners(job, context, folder, deep)
    try:
        wanted = labels(job, context)
    except Unknown as error:
        return [], [f"its runner is not known before it runs ({error})"]
    if not wanted:
        group = mapping(job.get("runs-on")).get("group")
        return [], [f"it wants a runner of the group {group}" if group else "it names no runner"]
    strange = [label for label in wanted if not HERE.fullmatch(label)]
    return wanted, [f"it wants a runner {', '.join(strange)}"] if strange else []


def _called_runners(job, context, folder, deep):
    used = str(job["uses"])
    called = _read(os.path.join(folder, used)) if used.startswith("./") and deep < DEEPEST else None
    found, reasons = [], {}
    for name, inner in mapping(mapping(called).get("jobs")).items():
        known = {**context, "inputs": _inputs(called, job, context)}
        try:
            parts = [{**known, "matrix": matrix} for matrix in combinations(mapping(inner))]
        except Empty:
            parts, reasons = [], reasons | {f"it calls {used}, where {name}: {NO_COMBINATION}": None}
        except Unknown:
            parts = [known]
        for part in parts:
            wanted, why = runner(mapping(inner), part, folder, deep + 1)
            found += wanted
            reasons |= dict.fromkeys(f"it calls {used}, where {name}: {reason}" for reason in why)
    return found, list(reasons)


def _inputs(called, job, context):
    """What a called workflow is given, as far as it is known."""
    events = mapping(called.get("on"))
    taken = mapping(mapping(events.get("workflow_call")).get("inputs"))
    given = mapping(job.get("with"))
    found = {name: given.get(name, mapping(taken[name]).get("default", "")) for name in taken}
    return {name: expressions.known(str(value), context) for name, value in found.items()}


def step_obstacles(step, context, folder=".", deep=0):
    used = step.get("uses") if isinstance(step.get("uses"), str) else ""
    name = used.partition("@")[0]
    if name in STAND_INS:
        # What it is given, it ignores.
        return []
    if name == CHECKOUT:
        other = mapping(step.get("with")).get("repository")
        return [f"it checks out another repository, {other}"] if other and "github.repository" not in other else []
    found = list(github_settings.missing(context, step))
    if used.startswith("./"):
        found += _local_action(used, context, folder, deep)
    elif used.startswith("docker://"):
        found.append("it wants a container")
    elif absent := ABSENT.fullmatch(name):
        found.append(f"it needs {absent[1]}, which is not here")
    elif used:
        found.append(f"it uses the remote action {used}")
    script = step["run"] if isinstance(step.get("run"), str) else ""
    script = expressions.known(script, expressions.for_commands(context))
    if step.get("shell") in SHELLS_ABSENT:
        found.append(f"it uses the shell {step['shell']}, which is not here")
    lines = "\n".join(line for line in script.splitlines() if not line.lstrip().startswith("#"))
    found += [f"it uses {what}" for pattern, what in SCRIPTS if pattern.search(lines)]
    here = runtimes.here(runtimes.RUNTIMES[runtimes.PHP]) if PHP_BINARY.search(lines) else ""
    return found + sorted(
        {f"it uses php{version}, not here" for version in PHP_BINARY.findall(lines) if not here.startswith(version)}
    )


def _local_action(used, context, folder, deep):
    place = os.path.join(folder, used)
    action = _read(f"{place}/action.yml") or _read(f"{place}/action.yaml")
    if action is None or deep >= DEEPEST:
        return [f"it uses {used}, which is not there"]
    runs = mapping(action.get("runs"))
    if runs.get("using") == "docker":
        return ["it wants a container"]
    return [f"{used}: {reason}" for step in steps_of(runs) for reason in step_obstacles(step, context, folder, deep + 1)]


def _read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return mapping(yaml.load(file, Loader=yaml.BaseLoader)) or None
    except (OSError, ValueError, yaml.YAMLError):
        return None


def needs(job):
    value = job.get("needs") or []
    return [value] if isinstance(value, str) else [each for each in value if isinstance(each, str)]


def combinations(job):
    """Every combination of a job's matrix; [{}] without one. Raises Empty, and Unknown where only a running job knows."""
    matrix = mapping(job.get("strategy")).get("matrix")
    if matrix is None:
        return [{}]
    if not isinstance(matrix, dict) or any(isinstance(value, str) for value in matrix.values()):
        raise Unknown("its matrix is made by another job")
    lists = {key: value for key, value in matrix.items() if isinstance(value, list)}
    axes = {key: lists[key] for key in lists if key not in ("include", "exclude")}
    found = [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())] if axes else []
    for entry in map(mapping, lists.get("exclude", [])):
        found = [each for each in found if any(each.get(key) != value for key, value in entry.items())]
    for entry in map(mapping, lists.get("include", [])):
        shared = [key for key in axes if key in entry]
        fitting = [each for each in found if all(each.get(key) == entry[key] for key in shared)]
        for each in fitting if axes and any(key not in axes for key in entry) else []:
            each |= {key: value for key, value in entry.items() if key not in axes}
        if not fitting or not axes:
            found.append(dict(entry))
    if not found:
        raise Empty
    return found


def labels(job, context):
    """The runners that a job asks for. Raises Unknown."""
    wanted = job.get("runs-on") or []
    wanted = wanted.get("labels") or [] if isinstance(wanted, dict) else wanted
    found = []
    for text in [wanted] if isinstance(wanted, str) else wanted:
        filled = expressions.fill(str(text), context)
        found += filled if isinstance(filled, list) else [filled]
    return [str(label) for label in found if label]


def runs(job, context):
    """Whether a job's own condition lets it run, as far as that is known."""
    condition = job.get("if")
    if not isinstance(condition, str):
        return True
    match = expressions.WHOLE.fullmatch(condition.strip())
    try:
        return bool(expressions.evaluate(match[1] if match else condition, context))
    except Unknown:
        return True
