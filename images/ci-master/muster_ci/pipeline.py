"""Which steps a repository needs, from the survey that its checkout printed. Needs no Buildbot.

The survey is that of images/php/survey, where its form is told.
"""

import dataclasses

INSTALL = ("composer", "install", "--no-interaction", "--no-progress", "--prefer-dist")
# What Buildbot keeps of a step's name.
NAME_LIMIT = 50
# What a failing workflow means, the least first: the repository's word counts, but not beyond the roster's.
WORKFLOWS = ("off", "warn", "run")


@dataclasses.dataclass(frozen=True)
class Step:
    name: str
    command: tuple[str, ...]
    # Relative to the repository.
    folder: str = "."
    # Statuses that mean "passed, but read the log".
    warning_statuses: tuple[int, ...] = ()
    # Whether it has to do with Composer's development packages, and is left out where they are missing.
    development: bool = False


@dataclasses.dataclass(frozen=True)
class Install:
    """The step that installs a folder's packages of Composer."""

    name: str
    folder: str = "."
    # What tests the folder with them, or None.
    tests: str | None = None


@dataclasses.dataclass(frozen=True)
class Workflows:
    """The step that runs .github/workflows."""

    # Whether a failure is only a warning.
    lenient: bool


def steps(survey, pipeline):
    """The steps between the checkout and the package, in order."""
    return (
        *_lint(survey["lint"]),
        *(step for project in survey["projects"] for step in _project(project)),
        *_workflows(survey["workflows"], pipeline.workflows),
        *(Step(step.name, ("bash", "-eo", "pipefail", "-c", step.command)) for step in pipeline.steps),
    )


def release_steps(survey):
    """What only a deployment needs."""
    for project in survey["projects"]:
        composer = project["composer"]
        if composer and composer["install"] and composer["development"]:
            yield _step(project, "composer --no-dev", (*INSTALL, "--no-dev", "--optimize-autoloader"), development=True)


def migrates(survey):
    """Whether the repository's own composer.json has a script "migrate"."""
    own = next((project["composer"] for project in survey["projects"] if project["folder"] == "."), None)
    return bool(own and own["migrate"])


def _name(project, name):
    folder = project["folder"]
    return name if folder == "." else f"{folder}: {name}"[-NAME_LIMIT:]


def _step(project, name, command, development=False):
    return Step(_name(project, name), command, project["folder"], development=development)


def _lint(lint):
    if lint["php"]:
        exclude = (word for path in lint["exclude"] for word in ("--exclude", path))
        lenient = (word for path in lint["lenient"] for word in ("--lenient", path))
        yield Step("php lint", ("muster-lint-php", *exclude, *lenient), warning_statuses=(3,))


def _project(project):
    composer, phpunit, node = project["composer"], project["phpunit"], project["node"]
    if composer and composer["install"]:
        yield Install(_name(project, "composer install"), project["folder"], phpunit and phpunit["runner"])
    if phpunit:
        bootstrap = ("--bootstrap", phpunit["bootstrap"]) if phpunit["bootstrap"] else ()
        command = ("muster-phpunit", phpunit["runner"], *bootstrap)
        yield _step(project, phpunit["runner"], command, development=bool(composer and composer["install"]))
    if node:
        yield from _node(project, node)


def _node(project, node):
    for command in node["commands"].values():
        if command:
            words = command[1:] if command[0] == "muster-node" else command
            run = " ".join(words[1:3]) if words[1] == "run" else words[1]
            yield _step(project, f"{node['manager']} {run}", tuple(command))


def _workflows(workflows, allowed):
    mode = min(workflows["mode"], allowed, key=WORKFLOWS.index)
    if workflows["files"] and mode != "off":
        yield Workflows(lenient=mode == "warn")
