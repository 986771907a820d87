"""Chooses a repository's steps by what its checkout contains. Needs no Buildbot.

The facts come from the worker's checkout (images/ci-worker/muster_worker/facts.py).
"""

import dataclasses

INSTALL = ("composer", "install", "--no-interaction", "--no-progress", "--prefer-dist")


@dataclasses.dataclass(frozen=True)
class Step:
    name: str
    command: tuple[str, ...]
    # A status that means "passed, but read the log".
    warning_status: int | None = None


def steps(facts, pipeline, branch):
    """The steps between the checkout and the package, in order."""
    return (
        *_php(facts),
        *_front_end(facts["npm"]),
        *(_workflows(facts, branch) if pipeline.workflows else ()),
        *(Step(step.name, ("bash", "-eo", "pipefail", "-c", step.command)) for step in pipeline.steps),
    )


def release_steps(facts):
    """What only a deployment needs."""
    composer = facts["composer"]
    if composer and composer["lock"] and composer["development"]:
        yield Step("composer --no-dev", (*INSTALL, "--no-dev", "--optimize-autoloader"))


def _php(facts):
    if facts["php"]:
        yield Step("php lint", ("muster-lint-php",))
    composer = facts["composer"]
    if composer and composer["lock"]:
        yield Step("composer install", INSTALL)
    if facts["phpunit"]:
        yield Step("phpunit", ("muster-phpunit",))


def _front_end(npm):
    if not npm:
        return
    if npm["lock"] and npm["dependencies"]:
        yield Step("npm ci", ("npm", "ci", "--no-audit", "--no-fund"))
    elif npm["dependencies"]:
        yield Step("npm install", ("npm", "install", "--no-audit", "--no-fund", "--no-package-lock"))
    for script in ("lint", "test", "build"):
        if script in npm["scripts"]:
            yield Step(f"npm run {script}", ("npm", "run", script))


def _workflows(facts, branch):
    if facts["workflows"]:
        yield Step("workflows", ("muster-workflows", branch), warning_status=3)
