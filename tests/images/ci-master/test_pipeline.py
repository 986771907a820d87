import unittest

from muster_ci.pipeline import release_steps, steps
from muster_ci.settings import Pipeline, TeamStep

NOTHING = {"php": 0, "composer": None, "phpunit": False, "npm": None, "workflows": 0}
COMPOSER = {"lock": True, "development": True, "migrate": False}


def chosen(pipeline=Pipeline(), **facts):
    return [step.name for step in steps({**NOTHING, **facts}, pipeline, "main")]


class Steps(unittest.TestCase):
    def test_nothing_to_do(self):
        self.assertEqual(chosen(), [])

    def test_php(self):
        self.assertEqual(chosen(php=1), ["php lint"])
        self.assertEqual(
            chosen(php=1, composer=COMPOSER, phpunit=True), ["php lint", "composer install", "phpunit"]
        )
        self.assertEqual(chosen(php=1, composer={**COMPOSER, "lock": False}), ["php lint"])

    def test_front_end(self):
        npm = {"lock": True, "dependencies": True, "scripts": ["lint", "test", "build"]}
        self.assertEqual(chosen(npm=npm), ["npm ci", "npm run lint", "npm run test", "npm run build"])
        self.assertEqual(chosen(npm={**npm, "lock": False, "scripts": []}), ["npm install"])
        for lock in (True, False):
            self.assertEqual(chosen(npm={"lock": lock, "dependencies": False, "scripts": ["test"]}), ["npm run test"])

    def test_workflows_and_the_team_s_own(self):
        pipeline = Pipeline(steps=(TeamStep("audit", "composer audit"),))
        self.assertEqual(chosen(pipeline, workflows=2), ["workflows", "audit"])
        self.assertEqual(chosen(Pipeline(workflows=False), workflows=2), [])

    def test_a_branch_s_name_is_an_argument_of_its_own(self):
        (step,) = steps({**NOTHING, "workflows": 1}, Pipeline(), "$(id)")
        self.assertEqual(step.command, ("muster-workflows", "$(id)"))

    def test_development_packages_do_not_go_live(self):
        self.assertEqual([step.name for step in release_steps({"composer": COMPOSER})], ["composer --no-dev"])
        self.assertEqual(list(release_steps({"composer": {**COMPOSER, "development": False}})), [])
        self.assertEqual(list(release_steps({"composer": None})), [])
