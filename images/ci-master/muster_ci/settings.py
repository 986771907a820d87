"""Reads the settings from the environment. Needs no Buildbot."""

import dataclasses
import json
import re

from . import names, rules
from .names import Invalid, quoted
from .pipeline import WORKFLOWS
from .upstream import Upstream
from .upstream import of_environment as upstream_of

SECRETS = ("GIT_CI_PASSWORD", "CI_HOOK_SECRET", "WORKER_PASSWORD", "RELEASE_WORKER_PASSWORD")
DEPLOYER = re.compile(r"deployer(-[a-z0-9]+)*\Z")

UNRUNNABLE = ("warn", "fail")


@dataclasses.dataclass(frozen=True)
class TeamStep:
    name: str
    command: str


@dataclasses.dataclass(frozen=True)
class Pipeline:
    """What the team decides about its pipeline: CI_SETTINGS."""

    deploy_branch: str = "main"
    # Seconds that one step may take.
    timeout: int = 900
    steps: tuple[TeamStep, ...] = ()
    environment: dict[str, str] = dataclasses.field(default_factory=dict)
    # The folder that "npm run build" fills; it is deployed beside the PHP code.
    dist: str = "dist"
    # Whether a green deploy branch goes to a deployer.
    deploys: bool = True
    # What a failing job of .github/workflows means: "run" (the build fails), "warn" or "off".
    workflows: str = "run"
    # What a job that cannot run here means: "warn" or "fail".
    unrunnable: str = "warn"
    # Whether people without an account may look.
    anonymous: bool = True


@dataclasses.dataclass(frozen=True)
class Live:
    """Who puts what live: CI_LIVE. Each repository of the roster has a deployer of its own."""

    repositories: dict[str, str] = dataclasses.field(default_factory=dict)
    # The deployer of all other repositories; None when they do not go live.
    others: str | None = None

    def deployer(self, repository):
        """The name of the worker that deploys a repository, or None."""
        return self.repositories.get(repository, self.others)

    @property
    def deployers(self):
        return sorted({*self.repositories.values(), *([self.others] if self.others else [])})


@dataclasses.dataclass(frozen=True)
class Settings:
    team: str
    url: str
    git_url: str
    account_url: str
    workers: tuple[str, ...]
    pipeline: Pipeline
    # By variable name; never printed.
    secrets: dict[str, str] = dataclasses.field(repr=False)
    live: Live = Live()
    upstream: Upstream | None = None
    # The git server as members see it: they write it into .gitmodules. Empty when it is not known.
    git_public_url: str = ""
    # The master's own name at the address that only workers reach; empty where they reach it as others do.
    workers_host: str = ""

    def repository_url(self, repository):
        """Where workers clone from."""
        if self._is_elsewhere(repository):
            return self.upstream.repository_url(repository)
        return f"{self.git_url}/{repository}.git"

    @property
    def members_url(self):
        """Where the git server names the members to the CI."""
        return f"{self.git_url}/-/members"

    def git_account(self, repository):
        """The account for muster-checkout to clone with; without a password it does not sign in."""
        if self._is_elsewhere(repository):
            return {"GIT_CI_USER": self.upstream.user, "GIT_CI_PASSWORD": self.upstream.token}
        own = {"GIT_CI_USER": "ci", "GIT_CI_PASSWORD": self.secrets["GIT_CI_PASSWORD"]}
        return {**own, "GIT_PUBLIC_URL": self.git_public_url}

    def _is_elsewhere(self, repository):
        return self.upstream is not None and repository in self.upstream.repositories


def of_environment(environ):
    """Settings of the process's environment. Raises Invalid with every problem at once."""
    problems = []

    def required(name):
        if not environ.get(name):
            problems.append(f"missing environment variable: {name}")
        return environ.get(name, "")

    def address(name):
        value = required(name).rstrip("/")
        if value and not re.match(r"https?://[^\s/]+(/\S*)?\Z", value):
            problems.append(f"{name} is {quoted(value)}: it must be an http or https address")
        return value

    workers = environ.get("CI_WORKERS") or "1"
    if not re.match(r"[1-9][0-9]{0,3}\Z", workers) or not rules.within("workers", int(workers)):
        problems.append(f"CI_WORKERS is {quoted(workers)}: it must be {rules.span('workers')}")
        workers = "1"

    pipeline = _pipeline(environ.get("CI_SETTINGS") or "{}", problems)
    live = _live(environ.get("CI_LIVE") or "{}", problems) if pipeline.deploys else Live()
    if pipeline.deploys and not live.deployers:
        problems.append("CI_LIVE names no deployer, and CI_SETTINGS/deploys is not false")
    settings = Settings(
        team=environ.get("TEAM") or "Team",
        url=address("CI_URL"),
        git_url=address("GIT_INTERNAL_URL"),
        account_url=address("GIT_ACCOUNT_URL"),
        workers=tuple(f"worker-{number}" for number in range(1, int(workers) + 1)),
        pipeline=pipeline,
        secrets={name: required(name) for name in (*SECRETS, *map(password_of, live.deployers))},
        live=live,
        upstream=upstream_of(environ, problems),
        git_public_url=environ.get("GIT_URL") or "",
        workers_host=environ.get("CI_WORKERS_HOST") or "",
    )
    if problems:
        raise Invalid("\n".join(problems))
    return settings


def password_of(deployer):
    """The variable with the password of a deployer: DEPLOYER_SHOP_PASSWORD of deployer-shop."""
    return f"{deployer.upper().replace('-', '_')}_PASSWORD"


def _object(name, text, problems):
    try:
        given = json.loads(text)
    except ValueError as error:
        problems.append(f"{name} is not JSON: {error}")
        return {}
    if not isinstance(given, dict):
        problems.append(f"{name} must be a JSON object")
        return {}
    return given


def _live(text, problems):
    given = _object("CI_LIVE", text, problems)
    repositories, others = given.get("repositories") or {}, given.get("others")
    if not isinstance(repositories, dict):
        problems.append("CI_LIVE/repositories must be an object of deployers by repository")
        repositories = {}
    for name in [name for name in repositories if not rules.follows("repository", name)]:
        problems.append(f"CI_LIVE/repositories: {quoted(name)} is not a repository's name")
    for name in (*repositories.values(), *([] if others is None else [others])):
        if not isinstance(name, str) or not DEPLOYER.match(name):
            problems.append(f"CI_LIVE: {quoted(name)} is not a deployer, such as deployer-shop")
            return Live()
    return Live(dict(repositories), others)


def _pipeline(text, problems):
    given = _object("CI_SETTINGS", text, problems)
    readers = {
        "deployBranch": ("deploy_branch", names.branch),
        "timeout": ("timeout", _seconds),
        "steps": ("steps", _steps),
        "environment": ("environment", _variables),
        "dist": ("dist", names.relative_folder),
        "anonymous": ("anonymous", _switch),
        "deploys": ("deploys", _switch),
        "workflows": ("workflows", _one_of(WORKFLOWS)),
        "unrunnable": ("unrunnable", _one_of(UNRUNNABLE)),
    }
    values = {}
    for key, value in sorted(given.items()):
        if key not in readers:
            problems.append(f"CI_SETTINGS/{key}: unknown; known are {', '.join(sorted(readers))}")
        elif value is not None:
            field, read = readers[key]
            try:
                values[field] = read(value)
            except Invalid as error:
                problems.append(f"CI_SETTINGS/{key}: {error}")
    return Pipeline(**values)


def _seconds(value):
    if not rules.within("timeout", value):
        raise Invalid(f"{quoted(value)} is not {rules.span('timeout')} (seconds)")
    return value


def _switch(value):
    if not isinstance(value, bool):
        raise Invalid(f"{quoted(value)} must be true or false")
    return value


def _one_of(choice):
    def read(value):
        if value not in choice:
            raise Invalid(f"{quoted(value)} is not one of {', '.join(choice)}")
        return value

    return read


def _variables(value):
    if not isinstance(value, dict):
        raise Invalid("must be an object of variables")
    for name, text in value.items():
        if not rules.follows("variable", name):
            raise Invalid(f"{quoted(name)} is not a variable's name")
        if not rules.follows("variableValue", text):
            raise Invalid(f"the value of {name} must be a text of at most 8192 characters without NUL")
    return dict(value)


def _steps(value):
    if not isinstance(value, list):
        raise Invalid("must be a list of steps")
    steps = []
    for position, step in enumerate(value):
        if not isinstance(step, dict) or set(step) != {"name", "command"}:
            raise Invalid(f"step {position} must have exactly a name and a command")
        if not rules.follows("stepName", step["name"]):
            raise Invalid(f"step {position}: {quoted(step['name'])} is not a name of 1-50 characters")
        if not rules.follows("command", step["command"]):
            raise Invalid(f"step {position}: the command is empty, too long, or holds NUL")
        steps.append(TeamStep(step["name"], step["command"]))
    return tuple(steps)
