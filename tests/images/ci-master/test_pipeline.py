import unittest

from muster_ci.pipeline import Workflows, migrates, release_steps, steps
from muster_ci.settings import Pipeline, TeamStep

COMPOSER = {"lock": True, "install": True, "development": True, "migrate": False}
PHPUNIT = {"configuration": "phpunit.xml", "runner": "phpunit", "bootstrap": None}


def npm(*scripts, install=("muster-node", "npm", "ci"), manager="npm"):
    runs = {script: [manager, "run", script] for script in scripts}
    return {"manager": manager, "commands": {"install": install and list(install), "lint": None, **runs}}


def project(folder=".", composer=None, node=None, phpunit=None):
    return {"folder": folder, "composer": composer, "node": node, "phpunit": phpunit}


def survey(*projects, php=False, exclude=(), lenient=(), mode="run", files=()):
    return {
        "projects": list(projects),
        "lint": {"php": php, "exclude": exclude, "lenient": lenient},
        "workflows": {"mode": mode, "files": files},
    }


def of(found, pipeline=Pipeline()):
    return list(steps(found, pipeline))


def names(found, pipeline=Pipeline()):
    return [step.name for step in of(found, pipeline)]


class Steps(unittest.TestCase):
    def test_nothing_to_do(self):
        self.assertEqual(names(survey()), [])

    def test_php(self):
        found = survey(project(composer=COMPOSER, phpunit=PHPUNIT), php=True)
        self.assertEqual(names(found), ["php lint", "composer install", "phpunit"])
        self.assertEqual(names(survey(project(composer={**COMPOSER, "lock": False}))), ["composer install"])
        self.assertEqual(names(survey(project(composer={**COMPOSER, "install": False}))), [])

    def test_what_development_packages_are_for_is_known_by_its_folder(self):
        install, tests = of(survey(project("api", composer=COMPOSER, phpunit=PHPUNIT)))
        self.assertEqual((install.name, install.folder, install.tests), ("api: composer install", "api", "phpunit"))
        self.assertTrue(tests.development)
        (install,) = of(survey(project(composer=COMPOSER)))
        self.assertIsNone(install.tests)
        for composer in (None, {**COMPOSER, "install": False}):
            (tests,) = of(survey(project(composer=composer, phpunit=PHPUNIT)))
            self.assertFalse(tests.development)

    def test_lint_leaves_out_what_the_survey_says(self):
        (step,) = of(survey(php=True, exclude=["tests/data"], lenient=["plugin", "lib"]))
        self.assertEqual(
            step.command,
            ("muster-lint-php", "--exclude", "tests/data", "--lenient", "plugin", "--lenient", "lib"),
        )
        self.assertEqual(step.warning_statuses, (3,))

    def test_tests(self):
        for phpunit, command in (
            (PHPUNIT, ("muster-phpunit", "phpunit")),
            ({**PHPUNIT, "runner": "pest"}, ("muster-phpunit", "pest")),
            ({**PHPUNIT, "bootstrap": "tests/b.php"}, ("muster-phpunit", "phpunit", "--bootstrap", "tests/b.php")),
        ):
            self.assertEqual(of(survey(project(phpunit=phpunit)))[0].command, command)

    def test_front_end(self):
        found = of(survey(project(node=npm("lint", "test:unit", "generate"))))
        self.assertEqual(
            [(step.name, " ".join(step.command)) for step in found],
            [
                ("npm ci", "muster-node npm ci"),
                ("npm run lint", "npm run lint"),
                ("npm run test:unit", "npm run test:unit"),
                ("npm run generate", "npm run generate"),
            ],
        )
        pnpm = npm(install=("muster-node", "pnpm@9", "install", "--frozen-lockfile"), manager="pnpm")
        self.assertEqual(names(survey(project(node=pnpm)))[0], "pnpm install")
        self.assertEqual(names(survey(project(node=npm("test", install=None)))), ["npm run test"])

    def test_subfolders(self):
        found = of(survey(project("frontend", node=npm("test")), project("backend", phpunit=PHPUNIT)))
        self.assertEqual(
            [(step.name, step.folder) for step in found],
            [("frontend: npm ci", "frontend"), ("frontend: npm run test", "frontend"), ("backend: phpunit", "backend")],
        )
        (long,) = of(survey(project("a" * 80, phpunit=PHPUNIT)))
        self.assertEqual((len(long.name), long.name[-9:]), (50, ": phpunit"))

    def test_the_team_s_own_come_after_workflows(self):
        workflows, own = of(survey(files=["a", "b"]), Pipeline(steps=(TeamStep("audit", "composer audit"),)))
        self.assertEqual((workflows, own.name), (Workflows(lenient=False), "audit"))

    def test_of_roster_and_repository_the_one_that_asks_less_decides(self):
        for roster, repository, expected in (
            ("run", "run", [Workflows(lenient=False)]),
            ("run", "warn", [Workflows(lenient=True)]),
            ("run", "off", []),
            ("warn", "run", [Workflows(lenient=True)]),
            ("off", "warn", []),
        ):
            with self.subTest(roster=roster, repository=repository):
                self.assertEqual(of(survey(files=["a"], mode=repository), Pipeline(workflows=roster)), expected)
        self.assertEqual(of(survey()), [])

    def test_development_packages_do_not_go_live(self):
        found = survey(project(composer=COMPOSER), project("api", composer=COMPOSER))
        self.assertEqual(
            [(step.name, step.folder) for step in release_steps(found)],
            [("composer --no-dev", "."), ("api: composer --no-dev", "api")],
        )
        self.assertTrue(all(step.development and "--no-dev" in step.command for step in release_steps(found)))
        for without in ({**COMPOSER, "development": False}, {**COMPOSER, "install": False}):
            self.assertEqual(list(release_steps(survey(project(composer=without)))), [])

    def test_migration(self):
        self.assertTrue(migrates(survey(project(composer={**COMPOSER, "migrate": True}))))
        self.assertFalse(migrates(survey(project("api", composer={**COMPOSER, "migrate": True}))))
        self.assertFalse(migrates(survey()))
