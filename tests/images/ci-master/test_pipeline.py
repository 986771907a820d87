import unittest

from muster_ci.pipeline import Workflows, migrates, release_steps, steps
from muster_ci.settings import Pipeline, TeamStep

COMPOSER = {"lock": True, "install": True, "development": True, "migrate": False}
NODE = {"manager": "npm", "version": None, "lock": "package-lock.json", "install": True, "lint": None, "test": None}
PHPUNIT = {"configuration": "phpunit.xml", "runner": "phpunit", "bootstrap": None}


def project(folder=".", composer=None, node=None, phpunit=None):
    return {"folder": folder, "composer": composer, "node": node and {**NODE, "build": None, **node}, "phpunit": phpunit}


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
        node = {"lint": "lint", "test": "test:unit", "build": "generate"}
        self.assertEqual(
            names(survey(project(node=node))), ["npm ci", "npm run lint", "npm run test:unit", "npm run generate"]
        )
        self.assertEqual(names(survey(project(node={"lock": None}))), ["npm install"])
        self.assertEqual(names(survey(project(node={"install": False, "test": "test"}))), ["npm run test"])

    def test_package_managers(self):
        for manager, version, lock, install in (
            ("npm", None, "package-lock.json", "npm ci --prefer-offline --no-audit --no-fund"),
            ("npm", None, None, "npm install --no-audit --no-fund --no-package-lock"),
            ("pnpm", "9", "pnpm-lock.yaml", "pnpm@9 install --frozen-lockfile --prefer-offline"),
            ("pnpm", None, None, "pnpm@10 install"),
            ("yarn", "1", "yarn.lock", "yarn@1 install --frozen-lockfile --non-interactive --prefer-offline"),
            ("yarn", "4.5.0", "yarn.lock", "yarn@4.5.0 install --immutable"),
            ("bun", None, "bun.lock", "bun@1 install --frozen-lockfile"),
        ):
            with self.subTest(manager=manager, lock=lock):
                (step,) = of(survey(project(node={"manager": manager, "version": version, "lock": lock})))
                self.assertEqual(" ".join(step.command), f"muster-node {install}")

    def test_subfolders(self):
        found = of(survey(project("frontend", node={"test": "test"}), project("backend", phpunit=PHPUNIT)))
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
        for without in ({**COMPOSER, "development": False}, {**COMPOSER, "install": False}):
            self.assertEqual(list(release_steps(survey(project(composer=without)))), [])

    def test_migration(self):
        self.assertTrue(migrates(survey(project(composer={**COMPOSER, "migrate": True}))))
        self.assertFalse(migrates(survey(project("api", composer={**COMPOSER, "migrate": True}))))
        self.assertFalse(migrates(survey()))
