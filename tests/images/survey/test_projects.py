import json
import unittest

from support import package, shape

PHPUNIT = {"phpunit.xml": "<phpunit/>", "tests/ATest.php": ""}


def projects(listed):
    return {project["folder"]: project for project in shape(listed)["projects"]}


def notes(listed):
    return [(note["level"], note["file"]) for note in shape(listed)["notes"]]


class Composer(unittest.TestCase):
    def test_table(self):
        require = json.dumps({"require": {"php": ">=8", "ext-gd": "*", "monolog/monolog": "^3"}})
        for listed, lock, install, vendored in (
            ({"composer.json": require}, False, True, False),
            ({"composer.json": require, "composer.lock": "{}"}, True, True, False),
            ({"composer.json": require, "vendor/autoload.php": ""}, False, False, True),
            ({"composer.json": require, "vendor/autoload.php": "", ".gitignore": "/vendor/\n"}, False, True, False),
            ({"composer.json": '{"require": {"php": ">=8"}}'}, True, False, False),
            ({"composer.json": '{"autoload": {"psr-4": {"App\\\\": "src/"}}}'}, True, True, False),
        ):
            with self.subTest(listed):
                found = projects(listed)["."]["composer"]
                self.assertEqual((found["lock"], found["install"], found["vendored"]), (lock, install, vendored))

    def test_development_and_migration(self):
        found = projects({"composer.json": '{"require-dev": {"a/b": "1"}, "scripts": {"migrate": "php m.php"}}'})["."][
            "composer"
        ]
        self.assertEqual((found["development"], found["migrate"], found["vendor"]), (True, True, "vendor"))

    def test_what_has_no_lock_is_warned_about(self):
        self.assertIn(("warning", "composer.json"), notes({"composer.json": '{"require": {"a/b": "*"}}'}))
        self.assertNotIn(("warning", "composer.json"), notes({"composer.json": '{"require": {"php": "*"}}'}))


class Node(unittest.TestCase):
    def test_managers(self):
        for listed, manager, version, lock in (
            ({}, "npm", None, None),
            ({"package-lock.json": ""}, "npm", None, "package-lock.json"),
            ({"npm-shrinkwrap.json": ""}, "npm", None, "npm-shrinkwrap.json"),
            ({"pnpm-lock.yaml": ""}, "pnpm", None, "pnpm-lock.yaml"),
            ({"pnpm-lock.yaml": "lockfileVersion: '6.0'\n"}, "pnpm", "8", "pnpm-lock.yaml"),
            ({"yarn.lock": "# yarn lockfile v1\n"}, "yarn", "1", "yarn.lock"),
            ({"yarn.lock": "__metadata:\n  version: 8\n"}, "yarn", "4", "yarn.lock"),
            ({"yarn.lock": "", ".yarnrc.yml": ""}, "yarn", "4", "yarn.lock"),
            ({"bun.lockb": ""}, "bun", None, "bun.lockb"),
            ({"package.json": package(packageManager="pnpm@9.1.0+sha512.x")}, "pnpm", "9.1.0", None),
            (
                {"package.json": package(packageManager="yarn@4.5.0"), "package-lock.json": "", "yarn.lock": ""},
                "yarn",
                "4.5.0",
                "yarn.lock",
            ),
            ({"package.json": package(packageManager="make@1; rm -rf /")}, "npm", None, None),
        ):
            with self.subTest(listed):
                found = projects({"package.json": package(), **listed})["."]["node"]
                self.assertEqual((found["manager"], found["version"], found["lock"]), (manager, version, lock))

    def test_commands(self):
        for listed, install in (
            ({"package-lock.json": ""}, "npm ci --prefer-offline --no-audit --no-fund"),
            ({}, "npm install --no-audit --no-fund --no-package-lock"),
            ({"pnpm-lock.yaml": "lockfileVersion: '6.0'"}, "pnpm@8 install --frozen-lockfile --prefer-offline"),
            ({"package.json": package(development=["a"], packageManager="pnpm@9.1.0")}, "pnpm@9.1.0 install"),
            ({"yarn.lock": ""}, "yarn@1 install --frozen-lockfile --non-interactive --prefer-offline"),
            ({"yarn.lock": "__metadata:"}, "yarn@4 install --immutable"),
            ({"bun.lock": ""}, "bun@1 install --frozen-lockfile"),
        ):
            with self.subTest(listed):
                found = projects({"package.json": package(development=["a"]), **listed})["."]["node"]["commands"]
                self.assertEqual(" ".join(found["install"]), f"muster-node {install}")
                self.assertIsNone(found["build"])
        listed = {"package.json": package("vite build", test="vitest", packageManager="yarn@4.5.0"), "yarn.lock": ""}
        found = projects(listed)["."]["node"]["commands"]
        self.assertEqual(found["build"], ["muster-node", "yarn@4.5.0", "run", "build"])
        self.assertEqual([found["install"], found["lint"]], [None, None])

    def test_scripts(self):
        for scripts, test, untested in (
            ({}, None, None),
            ({"test": 'echo "Error: no test specified" && exit 1'}, None, None),
            ({"test": "jest"}, "test", None),
            ({"test": "cypress run", "test:unit": "vitest run"}, "test:unit", "test"),
            ({"test": "ng test"}, None, "test"),
        ):
            with self.subTest(scripts):
                found = projects({"package.json": package(scripts=scripts)})["."]["node"]
                self.assertEqual((found["test"], found["untested"]), (test, untested))

    def test_angular_that_tests_without_a_browser(self):
        def found(test, *development):
            architect = {"test": test} if test else {}
            listed = {
                "package.json": package(test="ng test", dependencies=["@angular/core"], development=development),
                "angular.json": json.dumps({"projects": {"shop": {"architect": architect}}}),
            }
            return projects(listed)["."]["node"]["test"]

        unit = {"builder": "@angular/build:unit-test"}
        self.assertEqual(found(unit, "vitest", "jsdom"), "test")
        self.assertIsNone(found(unit, "vitest", "playwright"))
        self.assertIsNone(found({**unit, "options": {"browsers": ["chromium"]}}, "jsdom"))
        self.assertIsNone(found({"builder": "@angular/build:karma"}, "jsdom"))
        self.assertIsNone(found(None, "jsdom"))

    def test_nothing_to_install(self):
        self.assertFalse(projects({"package.json": package(test="node --test")})["."]["node"]["install"])
        self.assertTrue(projects({"package.json": package(development=["a"])})["."]["node"]["install"])


class Phpunit(unittest.TestCase):
    def test_table(self):
        for listed, configuration, bootstrap in (
            (["phpunit.xml"], "phpunit.xml", None),
            (["phpunit.dist.xml"], "phpunit.dist.xml", None),
            (["tests/unit/ATest.php"], None, None),
            (["tests/ATest.php", "tests/bootstrap.php"], None, "tests/bootstrap.php"),
        ):
            with self.subTest(listed):
                found = projects(listed)["."]["phpunit"]
                self.assertEqual(
                    (found["configuration"], found["bootstrap"], found["runner"]), (configuration, bootstrap, "phpunit")
                )
        self.assertEqual(projects(["tests/helper.php", "other/ATest.php"]), {})
        pest = {"composer.json": '{"require-dev": {"pestphp/pest": "3"}}', "phpunit.xml": ""}
        self.assertEqual(projects(pest)["."]["phpunit"]["runner"], "pest")

    def test_which_configuration_is_meant_is_not_guessed(self):
        self.assertEqual(projects({"tests/ATest.php": "", "tests/units.sqlite.xml": "<phpunit/>"}), {})
        self.assertEqual(projects({"tests/ATest.php": "", "codeception.dist.yml": ""}), {})
        self.assertEqual(list(projects({"tests/ATest.php": "", "tests/data.xml": "<a/>"})), ["."])

    def test_tests_with_packages_of_their_own(self):
        listed = {**PHPUNIT, "tests/composer.json": "{}", "index.php": ""}
        self.assertEqual(projects(listed), {})
        self.assertIn(("warning", "tests/composer.json"), notes(listed))
        self.assertEqual(list(projects({**listed, "muster.yaml": "subfolders: [tests]"})), [".", "tests"])


class Subfolders(unittest.TestCase):
    def test_table(self):
        for listed, folders in (
            ({"frontend/package.json": package(test="exit 1"), "backend/phpunit.xml": ""}, ["backend", "frontend"]),
            ({"backend/tests/ATest.php": "", "backend/composer.json": "{}"}, ["backend"]),
            ({"backend/tests/unit/ATest.php": "", "apps/a/tests/BTest.php": ""}, ["backend", "apps/a"]),
            ({"phpunit.xml": "", "src/a/tests/BTest.php": ""}, ["."]),
            ({"a/b/c/package.json": package(test="jest"), "a/b/c/d/package.json": package(test="jest")}, ["a/b/c"]),
            ({"node_modules/a/package.json": "{}", "vendor/a/composer.json": "{}"}, []),
            ({"tests/fixtures/a/package.json": "{}", "examples/a/composer.json": "{}"}, []),
            ({"libs/a/composer.json": "{}", "plugin/ck/package.json": package(test="x")}, []),
            ({"inc/compat/composer.json": "{}"}, []),
            ({"package.json": package("x", workspaces=["packages/*"]), "packages/a/package.json": package("x")}, ["."]),
            (
                {
                    "package.json": package(),
                    "pnpm-workspace.yaml": "packages:\n  - 'apps/**'\n",
                    "apps/a/b/package.json": package("x"),
                    "apps/a/c/package.json": package(),
                },
                [".", "apps/a/b"],
            ),
            ({"muster.yaml": "subfolders: []", "frontend/package.json": package(test="x")}, []),
            ({"muster.yaml": "subfolders: [libs/a]", "libs/a/package.json": package(test="x")}, ["libs/a"]),
        ):
            with self.subTest(listed):
                self.assertEqual(list(projects(listed)), folders)

    def test_a_workspace_that_builds_nothing_itself(self):
        """What its root has no script for, its packages do, one after those that it depends on."""
        found = projects(
            {
                "package.json": package(test="node --test", workspaces=["apps/*", "packages/*"]),
                "pnpm-lock.yaml": "lockfileVersion: '9.0'",
                "apps/web/package.json": package("vite build", ["@a/ui"], ["vite"], test="vitest"),
                "packages/ui/package.json": package("tsc", ["@a/core"], name="@a/ui"),
                "packages/core/package.json": package("tsc", development=["@a/ui"], name="@a/core"),
                "packages/plain/package.json": package(test="vitest"),
            }
        )
        self.assertEqual(list(found), [".", "packages/core", "packages/ui", "apps/web"])
        web = found["apps/web"]["node"]
        self.assertEqual((web["install"], web["test"], web["workspace"], web["dist"]), (False, None, ".", "apps/web/dist"))
        self.assertEqual(
            web["commands"],
            {"install": None, "lint": None, "test": None, "build": ["muster-node", "pnpm@9", "run", "build"]},
        )
        self.assertEqual(found["."]["node"]["commands"]["install"][:2], ["muster-node", "pnpm@9"])

    def test_a_package_without_a_name_is_nobody_s_dependency(self):
        found = projects(
            {
                "package.json": package(workspaces=["packages/*"]),
                "packages/a/package.json": package("tsc", ["None"]),
                "packages/b/package.json": package("tsc"),
            }
        )
        self.assertEqual(list(found), [".", "packages/a", "packages/b"])

    def test_what_is_left_out_is_named(self):
        self.assertIn(("info", "libs/a/composer.json"), notes(["libs/a/composer.json", "index.php"]))


class Lint(unittest.TestCase):
    def test_fixtures_are_left_out_and_copied_code_is_warned_about(self):
        found = shape(["tests/data/bad.php", "tests/ATest.php", "plugin/old/a.php", "data/a.php", "src/fixtures/a.php"])
        self.assertEqual(found["lint"], {"php": True, "exclude": ["src/fixtures", "tests/data"], "lenient": ["plugin"]})
        self.assertFalse(shape(["index.html"])["lint"]["php"])

    def test_what_is_said_is_left_out(self):
        self.assertEqual(
            shape({"muster.yaml": "lint: { exclude: [a.php] }", "a.php": ""})["lint"]["exclude"], ["a.php"]
        )


class Notes(unittest.TestCase):
    def test_what_is_not_covered_is_said(self):
        for listed, expected in (
            ([".gitlab-ci.yml"], ("warning", ".gitlab-ci.yml")),
            (["Jenkinsfile"], ("warning", "Jenkinsfile")),
            ([".travis.yml"], ("warning", ".travis.yml")),
            ({"tools/Makefile": "test: all\n\tx\n"}, ("info", "tools/Makefile")),
            (["docker-compose.yml"], ("info", "docker-compose.yml")),
            (["Dockerfile"], ("info", "Dockerfile")),
            (["tox.ini"], ("info", "tox.ini")),
            (["codeception.dist.yml"], ("info", "codeception.dist.yml")),
            ({"tests/units.sqlite.xml": "<phpunit/>"}, ("info", "tests/units.sqlite.xml")),
            (
                {
                    "a.bin": "version https://git-lfs.github.com/spec/v1\n",
                    ".gitattributes": "*.bin filter=lfs diff=lfs\n",
                },
                ("warning", "a.bin"),
            ),
            (
                {".gitmodules": '[submodule "a"]\n\tpath = a\n\turl = https://x:secret@example.com/a.git\n'},
                ("warning", ".gitmodules"),
            ),
        ):
            with self.subTest(listed):
                self.assertIn(expected, notes(listed))

    def test_what_is_covered_is_not(self):
        for listed in (
            {"Makefile": "all:\n\tcc\n", "index.php": ""},
            {"a.bin": "content", ".gitattributes": "*.bin filter=lfs\n", "index.php": ""},
            {".gitmodules": '[submodule "a"]\n\tpath = a\n\turl = ../a.git\n', "index.php": ""},
        ):
            self.assertEqual(notes(listed), [])

    def test_no_account_is_shown(self):
        found = shape({".gitmodules": '[submodule "a"]\n\tpath = a\n\turl = https://x:secret@example.com/a.git\n'})
        self.assertNotIn("secret", json.dumps(found))


if __name__ == "__main__":
    unittest.main()
