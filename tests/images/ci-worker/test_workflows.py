import io
import json
import os
import tempfile
import unittest
from unittest import mock

from muster_worker import act, expressions, jobs, planning, rewriting, runtimes, workflows

PUSH = {"branch": "main", "default": "main", "repository": "team/app", "revision": "0" * 40, "actor": "alice"}
CONTEXT = workflows.context_of({**PUSH, "commit": {"message": "Deploy it"}})


HERE = {"PHP": "8.4.28", "Node": "24.19.0", "Python": "3.13.5"}


LINUX = "runs-on: ubuntu-latest"


def workflow(text):
    return jobs.load(text)


class Starting(unittest.TestCase):
    def test_events(self):
        for on, started in (
            ("on: push", True),
            ("on: [pull_request, push]", True),
            ("on: pull_request", False),
            ("on: {push: }", True),
            ("on: {push: {branches: [main]}}", True),
            ("on: {push: {branches: ['release/**']}}", False),
            ("on: {push: {branches: ['**', '!main']}}", False),
            ("on: {push: {branches-ignore: [ma*]}}", False),
            ("on: {push: {tags: [v*]}}", False),
            ("on: {push: {tags: [v*], branches: [main]}}", True),
            ("on: {push: {paths: ['src/**']}}", True),
            ("on: {push: {paths: ['**.php', '!src/**']}}", False),
            ("on: {push: {paths: [docs/*]}}", False),
            ("on: {push: {paths-ignore: ['**.md']}}", True),
            ("on: {push: {paths-ignore: ['**.md', 'src/**']}}", False),
            ("on: {push: {branches: [main], paths: ['*.md']}}", True),
            ("on: {schedule: [{cron: '0 0 * * *'}]}", False),
        ):
            with self.subTest(on):
                why = workflows.not_started(workflow(on + "\njobs: {}"), "main", ["README.md", "src/a/b.php"])
                self.assertEqual(why is None, started, why)

    def test_for_pull_requests_alone(self):
        for on, expected in (
            ("on: pull_request", True),
            ("on: [pull_request, workflow_dispatch]", True),
            ("on: {pull_request: {branches: [main]}, push: {branches: [main]}}", False),
            ("on: {schedule: [{cron: '0 0 * * *'}]}", False),
            ("name: x", False),
        ):
            with self.subTest(on):
                self.assertEqual(workflows.for_merging(workflow(on + "\njobs: {}")), expected)

    def test_without_a_list_of_files_every_path_counts(self):
        self.assertIsNone(workflows.not_started(workflow("on: {push: {paths: [docs]}}\njobs: {}"), "main", None))

    def test_patterns(self):
        for pattern, text, expected in (
            ("feature/*", "feature/a", True),
            ("feature/*", "feature/a/b", False),
            ("feature/**", "feature/a/b", True),
            ("**/*.js", "index.js", True),
            ("v[0-9]", "v1", True),
            ("main", "maintenance", False),
            ("[", "x", False),
        ):
            with self.subTest(pattern=pattern, text=text):
                self.assertEqual(workflows.matches(pattern, text), expected)


class Expressions(unittest.TestCase):
    def test_values(self):
        context = {**CONTEXT, "matrix": {"os": "ubuntu-latest", "php": {"version": "8.4"}, "on": ["a", "b"]}}
        for text, expected in (
            ("${{ matrix.os }}", "ubuntu-latest"),
            ("${{matrix['os']}}-${{ matrix.php.version }}", "ubuntu-latest-8.4"),
            ("${{ matrix.none || 'ubuntu-22.04' }}", "ubuntu-22.04"),
            ("${{ github.event_name == 'push' && matrix.os || 'windows-latest' }}", "ubuntu-latest"),
            ("${{ github.ref == 'refs/heads/MAIN' }}", True),
            ("${{ github.ref_name == github.event.repository.default_branch }}", True),
            ("${{ contains(github.event.head_commit.message, 'deploy') }}", True),
            ("${{ !startsWith(github.ref_name, 'release/') }}", True),
            ("${{ contains(fromJSON('[\"x\"]'), 'y') }}", False),
            ("${{ format('{0}-{1}', 'it''s', 2) }}", "it's-2"),
            ("${{ matrix.on[1] }}", "b"),
            ("${{ (1 == 2) || true }}", True),
        ):
            with self.subTest(text):
                self.assertEqual(expressions.fill(text, context), expected)

    def test_what_is_not_known(self):
        for text in ("${{ inputs.RUNNER }}", "${{ needs.a.outputs.b }}", "${{ github.run_id }}", "${{ 1 + 1 }}", "${{ }}",
                     "${{ format('{1}', 'a') }}"):
            with self.subTest(text), self.assertRaises(expressions.Unknown):
                expressions.fill(text, CONTEXT)


class Plans(unittest.TestCase):
    def setUp(self):
        for patch in (
            mock.patch.object(runtimes, "here", lambda runtime: HERE[runtime.name]),
            mock.patch.object(runtimes, "extensions", lambda: frozenset(("mbstring", "pdo_mysql", "mysqli", "redis"))),
        ):
            patch.start()
            self.addCleanup(patch.stop)

    def plan(self, text, folder="."):
        return planning.of(workflow(f"jobs:\n  {text}" if "\n" in text else f"jobs: {{{text}}}"), CONTEXT, folder)

    def reasons(self, text, folder="."):
        return {each["job"]: "; ".join(each["reasons"]) for each in self.plan(text, folder).left_out}

    def test_jobs_that_may_fail(self):
        matrix = "strategy: {matrix: {php: ['8.4'], next: %s}}, continue-on-error: '${{ matrix.next }}'"
        for name, job, expected in (
            ("not by themselves", f"a: {{{LINUX}}}", False),
            ("true", f"a: {{{LINUX}, continue-on-error: true}}", True),
            ("false", f"a: {{{LINUX}, continue-on-error: false}}", False),
            ("each combination", f"a: {{{LINUX}, {matrix % '[true]'}}}", True),
            ("some combinations", f"a: {{{LINUX}, {matrix % '[true, false]'}}}", False),
            ("unknown", f"a: {{{LINUX}, continue-on-error: '${{{{ needs.b.outputs.c }}}}'}}", False),
            ("what it needs does not run", f"b: {{if: false, {LINUX}}}, a: {{needs: b, {LINUX}, continue-on-error: true}}", True),
            ("what it needs may not", f"b: {{{LINUX}}}, a: {{{LINUX}, needs: b, continue-on-error: true}}", False),
        ):
            with self.subTest(name):
                given = workflow(f"jobs: {{{job}}}")
                self.assertEqual(planning.may_fail(given, planning.of(given, CONTEXT), "a"), expected)

    def test_everything_runs(self):
        plan = self.plan("a: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}")
        self.assertEqual((plan.chosen, plan.left_out, plan.total, plan.labels), (["a"], [], 1, {"ubuntu-latest"}))

    def test_what_cannot_run_is_named(self):
        for job, word in (
            ("services: {db: {image: 'postgres:17'}}", "the service db (postgres:17), which has no stand-in"),
            ("services: {a: {image: mysql}, b: {image: 'mariadb:11'}}", "two services of one kind (a, b)"),
            ("services: {db: {image: mysql, env: {P: '${{ secrets.P }}'}}}", "the secret P"),
            ("steps: [{uses: shivammathur/setup-php@v2, with: {extensions: 'redis, mongodb'}}]", "PHP's mongodb"),
            ("steps: [{uses: shivammathur/setup-php@v2, with: {tools: 'composer:v2, phpcs'}}]", "phpcs from setup-php"),
            ("steps: [{run: 'php8.1 artisan test'}]", "it uses php8.1, not here"),
            ("container: 'php:8'", "container"),
            ("runs-on: windows-latest", "windows-latest"),
            ("runs-on: [self-hosted, gpu]", "gpu"),
            ("runs-on: {group: big, labels: [macos-14]}", "macos-14"),
            ("runs-on: '${{ inputs.runner }}'", "its runner is not known"),
            ("runs-on: {group: big}", "it wants a runner of the group big"),
            ("runs-on: []", "it names no runner"),
            ("runs-on: ''", "it names no runner"),
            ("steps: [{run: 'true', shell: pwsh}]", "the shell pwsh, which is not here"),
            ("steps: [{run: 'true'}], defaults: {run: {shell: pwsh}}", "the shell pwsh, which is not here"),
            ("strategy: {matrix: '${{ fromJSON(needs.x.outputs.m) }}'}, runs-on: '${{ matrix.os }}'", "not known"),
            ("strategy: {matrix: {v: []}}", "its matrix has no combination"),
            ("strategy: {matrix: {v: [1], exclude: [{v: 1}]}}", "its matrix has no combination"),
            ("uses: o/r/.github/workflows/x.yml@v1", "remote workflow"),
            ("steps: [{uses: docker/login-action@v3}]", "remote action docker/login-action@v3"),
            ("steps: [{uses: 'docker://alpine'}]", "container"),
            ("steps: [{uses: actions/setup-java@v4}]", "java, which is not here"),
            ("steps: [{uses: actions/checkout@v4, with: {repository: o/r}}]", "another repository, o/r"),
            ("steps: [{run: 'sudo systemctl start mysql'}]", "it uses sudo; it uses the system's services"),
            ("steps: [{run: 'docker compose up -d'}]", "it uses Docker"),
            ("steps: [{run: 'git push --force', env: {URL: '${{ secrets.MIRROR }}'}}]", "the secret MIRROR"),
            ("steps: [{run: 'x ${{ secrets[''A''] }} ${{secrets.B}}'}]", "the secrets A, B"),
            ("env: {T: '${{ github.token }}'}", "the secret GITHUB_TOKEN"),
            ("env: {T: '${{ GitHub[''token''] }}'}", "the secret GITHUB_TOKEN"),
            ("steps: [{run: 'x ${{ Secrets.A }}'}]", "the secret A,"),
            ("steps: [{run: 'x ${{ toJSON(secrets) }}'}]", "the secret of a name that varies"),
            ("steps: [{run: 'x ${{ secrets[matrix.key] }}'}]", "the secret of a name that varies"),
            ("steps: [{run: 'rsync --delete . ${{ vars.HOST }}:/'}]", "the variable HOST, not known"),
            ("env: {A: '${{ vars[''A''] }}', B: '${{ vars.B }}'}", "the variables A, B, not known"),
            ("steps: [{uses: ./.github/actions/none}]", "is not there"),
        ):
            with self.subTest(job):
                plan = self.plan(f"a: {{{job}}}")
                self.assertEqual((plan.chosen, plan.total), ([], 1))
                self.assertIn(word, "; ".join(plan.left_out[0]["reasons"]))

    def test_a_secret_of_the_whole_workflow(self):
        plan = planning.of(workflow("env: {A: '${{ secrets.A }}'}\njobs: {a: {}, b: {}}"), CONTEXT)
        self.assertEqual([each["job"] for each in plan.left_out], ["a", "b"])

    def test_what_is_known_runs(self):
        for step in (
            "{uses: actions/checkout@v4}",
            "{uses: actions/checkout@v4, with: {token: '${{ secrets.GITHUB_TOKEN }}'}}",
            "{uses: actions/setup-node@v4}",
            "{uses: actions/setup-python@v5, with: {python-version: 3.x}}",
            "{uses: shivammathur/setup-php@v2, with: {extensions: 'mysql, redis-6.1, :opcache, none', tools: composer:v2}}",
            "{run: php8.4 artisan test}",
            "{uses: actions/cache/restore@v4}",
            "{uses: codecov/codecov-action@v5, with: {token: '${{ secrets.CODECOV_TOKEN }}'}}",
            "{run: 'npm run docker-free'}",
            "{run: '# sudo make'}",
            "{run: 'echo secrets.X'}",
            "{run: 'echo ${{ steps.secrets.outputs.x }} ${{ ''secrets.X'' }}'}",
            "{run: 'echo ${{ vars.LEVEL || ''debug'' }}'}",
            "{run: 'true', if: '${{ vars.DEPLOY == ''yes'' }}'}",
        ):
            with self.subTest(step):
                self.assertEqual(self.reasons(f"a: {{runs-on: ubuntu-24.04, steps: [{step}]}}"), {})

    def test_local_actions_and_workflows_are_looked_into(self):
        with tempfile.TemporaryDirectory() as folder:
            os.makedirs(f"{folder}/mine")
            with open(f"{folder}/mine/action.yml", "w", encoding="utf-8") as file:
                file.write("runs: {using: composite, steps: [{run: sudo x, shell: bash}]}")
            with open(f"{folder}/called.yml", "w", encoding="utf-8") as file:
                file.write("jobs: {inner: {steps: [{uses: ./mine}]}}")
            self.assertEqual(self.reasons("a: {steps: [{uses: ./mine}]}", folder), {"a": "./mine: it uses sudo"})
            self.assertIn("inner: ./mine: it uses sudo", self.reasons("a: {uses: ./called.yml}", folder)["a"])

    def called(self, inner, job="", more=""):
        with tempfile.TemporaryDirectory() as folder:
            with open(f"{folder}/called.yml", "w", encoding="utf-8") as file:
                inputs = "inputs: {os: {default: Ubuntu-22.04}}"
                file.write(f"on: {{workflow_call: {{{inputs}}}}}\n{more}\njobs: {{inner: {{steps: [{{run: x}}], {inner}}}}}")
            return self.plan(f"a: {{uses: ./called.yml{job}}}", folder)

    def test_runners_of_a_called_workflow_are_mapped(self):
        for inner, job, labels in (
            ("runs-on: ubuntu-22.04", "", {"ubuntu-22.04"}),
            ("runs-on: '${{ inputs.os }}'", "", {"Ubuntu-22.04"}),
            ("runs-on: '${{ inputs.os }}'", ", with: {os: ubuntu-20.04}", {"ubuntu-20.04"}),
            ("strategy: {matrix: {os: [ubuntu-20.04, linux]}}, runs-on: '${{ matrix.os }}'", "", {"ubuntu-20.04", "linux"}),
        ):
            with self.subTest(inner, job=job):
                plan = self.called(inner, job)
                self.assertEqual((plan.chosen, plan.labels, plan.left_out), (["a"], labels, []))

    def test_what_a_called_workflow_wants_and_has_not(self):
        for inner, more, reason in (
            (LINUX, "env: {T: '${{ secrets.T }}'}", "where inner: it uses the secret T,"),
            (f"{LINUX}, services: {{db: mysql}}", "", "where inner: it wants the service db, which jobs of a workflow that another calls do not have"),
            (f"{LINUX}, services: {{db: 'postgres:17'}}", "", "the service db (postgres:17), which has no stand-in"),
            (f"{LINUX}, strategy: {{matrix: {{v: []}}}}", "", "where inner: its matrix has no combination"),
        ):
            with self.subTest(reason):
                self.assertIn(reason, "; ".join(self.called(inner, more=more).left_out[0]["reasons"]))

    def test_runners_of_a_called_workflow_that_are_not_here(self):
        for inner, job, reason in (
            ("runs-on: macos-14", "", "it wants a runner macos-14"),
            ("runs-on: '${{ inputs.os }}'", ", with: {os: macos-14}", "it wants a runner macos-14"),
            ("strategy: {matrix: {os: [ubuntu-20.04, macos-14]}}, runs-on: '${{ matrix.os }}'", "", "a runner macos-14"),
            ("runs-on: {group: big}", "", "a runner of the group big"),
            ("env: {}", "", "it names no runner"),
        ):
            with self.subTest(inner, job=job):
                plan = self.called(inner, job)
                self.assertEqual((plan.chosen, [each["job"] for each in plan.left_out]), ([], ["a"]))
                self.assertIn("it calls ./called.yml, where inner: ", plan.left_out[0]["reasons"][0])
                self.assertIn(reason, plan.left_out[0]["reasons"][0])

    def test_of_a_matrix_runs_what_can(self):
        plan = self.plan(
            "a: {runs-on: '${{ matrix.os }}', strategy: {matrix: {os: [ubuntu-latest, windows-latest, macos-14], v: [1]}}}"
        )
        self.assertEqual((plan.chosen, plan.total), (["a"], 3))
        self.assertEqual(plan.matrix, {"a": [{"os": "ubuntu-latest", "v": "1"}]})
        self.assertEqual([each["job"] for each in plan.left_out], ["a (windows-latest, 1)", "a (macos-14, 1)"])

    def test_of_a_matrix_of_versions_runs_what_is_here(self):
        def job(versions):
            setup = "{uses: shivammathur/setup-php@v2, with: {php-version: '${{ matrix.php }}'}}"
            return f"a: {{runs-on: ubuntu-latest, strategy: {{matrix: {{php: [{versions}]}}}}, steps: [{setup}]}}"

        for versions, run, note in (
            ("8.1, '8.4', 8.5", ["8.4"], []),
            ("8.2, 8.3", ["8.3"], ["a: PHP 8.4.28 is here in place of 8.3"]),
            ("latest, '8'", ["latest", "8"], []),
        ):
            with self.subTest(versions):
                plan = self.plan(job(versions))
                self.assertEqual([each["php"] for each in plan.matrix["a"]], run)
                self.assertEqual(plan.notes, note)
                self.assertEqual(plan.total, len(versions.split(",")))
        self.assertEqual(plan.left_out, [])
        self.assertEqual(self.reasons(job("8.1, 8.4")), {"a (8.1)": "it wants PHP 8.1; 8.4.28 is here"})

    def test_versions(self):
        for wanted, version, parts, expected in (
            ("8.4", "8.4.28", 2, True),
            ("8.4.1", "8.4.28", 2, True),
            ("8", "8.4.28", 2, True),
            ("8.x", "8.4.28", 2, True),
            ("^8.1", "8.4.28", 2, True),
            ("^7.4 || ^8.0", "8.4.28", 2, True),
            (">=8.5", "8.4.28", 2, False),
            ("8.5", "8.4.28", 2, False),
            ("nightly", "8.4.28", 2, False),
            ("22.x", "24.19.0", 1, False),
            ("24.1.0", "24.19.0", 1, True),
            ("lts/*", "24.19.0", 1, True),
        ):
            with self.subTest(wanted):
                self.assertEqual(runtimes.fits(wanted, version, parts), expected)

    def test_combinations(self):
        for matrix, expected in (
            ("{v: [1, 2]}", ["1", "2"]),
            ("{v: [1, 2], exclude: [{v: 1}]}", ["2"]),
            ("{v: [1], include: [{v: 3}]}", ["1", "3"]),
            ("{include: [{v: 3}, {v: 4}]}", ["3", "4"]),
            ("{v: [1, 2], include: [{v: 2, os: x}]}", ["1", "2x"]),
            ("{v: [1, 2], include: [{os: x}]}", ["1x", "2x"]),
        ):
            with self.subTest(matrix):
                job = workflow(f"jobs: {{a: {{strategy: {{matrix: {matrix}}}}}}}")["jobs"]["a"]
                self.assertEqual([each["v"] + each.get("os", "") for each in jobs.combinations(job)], expected)

    def test_jobs_that_need_one_that_is_left_out(self):
        plan = self.plan("a: {container: x}, b: {needs: a}, c: {needs: [b]}, d: {%s}, e: {needs: d, %s}" % (LINUX, LINUX))
        self.assertEqual(sorted(each["job"] for each in plan.left_out), ["a", "b", "c"])
        self.assertEqual((plan.chosen, plan.total), (["e"], 5))

    def test_a_job_of_another_repository_is_none(self):
        plan = self.plan("a: {if: github.repository == 'kanboard/kanboard', container: x}, b: {if: always(), %s}" % LINUX)
        self.assertEqual((plan.chosen, plan.total), (["b"], 1))

    def test_what_act_calls_passed_and_did_not_run(self):
        given = workflow("""jobs:
  made: {runs-on: ubuntu-latest}
  skipped: {runs-on: ubuntu-latest, needs: made, if: needs.made.outputs.x}
  after: {runs-on: ubuntu-latest, needs: [skipped, never]}
  never: {runs-on: ubuntu-latest, if: false}
  matrix: {runs-on: ubuntu-latest, needs: made, strategy: {matrix: '${{ fromJSON(needs.made.outputs.m) }}'}}
  called: {uses: ./no.yml}
""")
        plan = planning.of(given, CONTEXT)
        plan.contexts["called"] = {}
        self.assertEqual((plan.skipped, plan.unknown), (["never"], {"matrix"}))
        for name, ran, expected in (
            ("after", {"made": False}, ({}, ["skipped", "after"])),
            ("after", {"made": False, "skipped": False, "after": False}, ({}, [])),
            ("matrix", {"made": False, "matrix": False}, ({"matrix": "its matrix could not be made"}, [])),
            ("matrix", {"made": False, "matrix": True}, ({}, [])),
            ("called", {}, ({}, ["called"])),
            ("called", {"": False}, ({}, [])),
        ):
            with self.subTest(name, ran=ran):
                self.assertEqual(planning.not_run(given, plan, name, ran), expected)

    def test_not_a_workflow(self):
        for text in ("[]", "a: b", "jobs: []"):
            with self.subTest(text), self.assertRaises(ValueError):
                workflow(text)


class Rewriting(unittest.TestCase):
    def rewritten(self, text):
        given = workflow(text)
        environ = {"DB_HOST": "127.0.0.1", "DB_USER": "app", "HOME": "/"}
        return jobs.load(rewriting.rewritten(given, planning.of(given, CONTEXT), environ))

    def test_what_needs_no_change_stays_as_it_was_written(self):
        text = """on: push
env: {A: 'on', B: "8.10", C: 8.10, D: true}
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
    - run: |
        echo "a: b"
        echo 'c'
"""
        given = workflow(text)
        self.assertEqual(jobs.load(rewriting.rewritten(given, planning.of(given, CONTEXT), {})), given)
        again = rewriting.rewritten(given, planning.of(given, CONTEXT), {})
        for part in ("on: push", "A: 'on'", 'B: "8.10"', "C: 8.10", "D: true"):
            self.assertIn(part, again)

    def test_a_service_becomes_a_step_and_its_port_a_number(self):
        found = self.rewritten("""on: push
jobs:
  a:
    runs-on: ubuntu-latest
    services:
      mysql: {image: 'mysql:8.0', ports: ['33306:3306'], env: {MYSQL_DATABASE: shop}}
      cache: {image: redis, ports: [6379]}
    env: {PORT: "${{ job.services.mysql.ports['3306'] }}", OTHER: "${{ job.services['cache'].ports[6379] }}"}
    steps: [{run: 'true'}]
""")["jobs"]["a"]
        self.assertNotIn("services", found)
        self.assertEqual([step["run"] for step in found["steps"]], [
            "muster-service database 33306", "muster-service cache 6379", "true",
        ])
        self.assertEqual(found["steps"][0]["env"], {"MYSQL_DATABASE": "shop"})
        self.assertEqual(found["env"], {"PORT": "${{ '33306' }}", "OTHER": "${{ '6379' }}"})

    def test_jobs_without_services_have_the_database_of_the_tests(self):
        found = self.rewritten("""on: push
env: {DB_HOST: db}
jobs:
  a: {runs-on: ubuntu-latest, env: {B: c}, steps: [{run: 'true'}]}
  b: {runs-on: ubuntu-latest, services: {db: {image: mysql}}, steps: [{run: 'true'}]}
""")["jobs"]
        self.assertEqual(found["a"]["env"], {"DB_USER": "app", "B": "c"})
        self.assertEqual([step["run"] for step in found["a"]["steps"]], ["muster-service forget", "true"])
        self.assertNotIn("env", found["b"])

    def test_only_the_combinations_that_run_are_left(self):
        found = self.rewritten("""on: push
jobs:
  a:
    runs-on: ${{ matrix.os }}
    strategy: {fail-fast: false, matrix: {os: [ubuntu-latest, windows-latest], v: ['8.10']}}
    steps: [{run: 'true'}]
""")["jobs"]["a"]["strategy"]
        self.assertEqual(found, {"fail-fast": "false", "matrix": {"include": [{"os": "ubuntu-latest", "v": "8.10"}]}})
        self.assertEqual(found["matrix"]["include"][0]["v"].style, "'")


class Running(unittest.TestCase):
    def test_a_job_that_act_passes_over_is_none_that_passed(self):
        out = io.StringIO()
        teller = act.Teller(out)
        said = "\U0001f6a7  Skipping unsupported platform -- Try running with `-P x=...`"
        teller.line(json.dumps({"level": "info", "job": "CI/a", "msg": said}))
        # What a step says is not act's own word.
        teller.line(json.dumps({"job": "CI/b", "step": "x", "raw_output": True, "msg": said}))
        self.assertEqual(teller.passed_over, ["CI/a"])

    def test_which_jobs_ran(self):
        teller = act.Teller(io.StringIO(), "CI", {"a", "b", "d"})
        for event in (
            {"job": "CI/a", "jobID": "a", "matrix": {}, "step": "Set up job", "msg": "x"},
            {"job": "CI/b-1", "jobID": "b", "matrix": {"v": 1}, "step": "Set up job", "msg": "x"},
            {"job": "c/Called/a", "jobID": "inner", "matrix": {}, "step": "Set up job", "msg": "x"},
            {"job": "CI/d", "jobID": "d", "matrix": {}, "msg": "Job succeeded"},
            {"level": "error", "msg": "Error while evaluating matrix: Invalid JSON"},
        ):
            teller.line(json.dumps(event))
        self.assertEqual(teller.ran, {"a": False, "b": True, "": False})

    def test_command(self):
        plan = planning.Plan(["a"], labels={"ubuntu-latest"})
        words = " ".join(act.command("w.yml", "/e", "team/app", "alice", plan, "a"))
        for part in (
            "--env GITHUB_REPOSITORY=team/app",
            "--actor alice",
            "--job a",
            "--platform ubuntu-latest=-self-hosted",
        ):
            self.assertIn(part, words)

    def test_files_for_members_own_machines_are_not_read(self):
        words = act.command("w.yml", "/e", "team/app", "alice", planning.Plan(["a"]), "a")
        for kind in ("env", "secret", "var", "input"):
            self.assertEqual(words[words.index(f"--{kind}-file") + 1], "/dev/null")
        # Of the current folder it reads .actrc.
        self.assertEqual(words[words.index("--directory") + 1], os.getcwd())
        with mock.patch("subprocess.Popen") as start:
            start.return_value = mock.Mock(stdout=[], wait=lambda: 0)
            self.assertTrue(act.run(words, act.Teller(io.StringIO())))
        self.assertEqual(start.call_args.kwargs["cwd"], "/")

    def test_stand_ins(self):
        self.assertEqual(
            act.stand_ins(["actions/setup-node@v4", "actions/cache/restore@v3", "o/r@v1", "./mine"]),
            [("actions/cache@v3", "/opt/muster/actions/cache"), ("actions/setup-node@v4", "/opt/muster/actions/setup-node")],
        )

    def test_every_stand_in_is_there(self):
        actions = os.path.join(os.path.dirname(jobs.__file__), "../actions")
        for name, folder in jobs.STAND_INS.items():
            below = "/".join(name.split("/")[2:])
            self.assertTrue(os.path.isfile(os.path.join(actions, folder, below, "action.yml")), name)

    def test_what_a_failed_step_said_last_is_kept_and_noise_left_out(self):
        out = io.StringIO()
        teller = act.Teller(out)
        step = {"job": "CI/a", "step": "npm test", "stage": "Main"}
        for event in (
            {"msg": "Using docker host 'unix:///var/run/docker.sock'"},
            {"job": "CI/a", "step": "Set up job", "stepResult": "success", "msg": "Success"},
            *({**step, "raw_output": True, "msg": f"line {number}\n"} for number in range(30)),
            {**step, "stepID": ["0", "1"], "stepResult": "failure", "msg": "Failure"},
            {**step, "stepID": ["0"], "stepResult": "failure", "msg": "Failure"},
            {**step, "raw_output": True, "msg": "late\n"},
            {"job": "CI/a", "step": "npm test", "stage": "Post", "stepResult": "success", "msg": "Success"},
            {"job": "CI/a", "step": "Complete job", "stepResult": "success", "msg": "Success"},
        ):
            teller.line(json.dumps(event))
        teller.line("Error: Job 'a' failed")
        self.assertEqual(teller.passed_over, [])
        self.assertEqual(
            out.getvalue().splitlines(),
            [*(f"  | line {number}" for number in range(30)), "  CI/a: npm test: failure", "  | late"],
        )
        self.assertEqual(
            teller.failures, [("CI/a", "npm test", [*(f"line {number}" for number in range(11, 30)), "late"])]
        )
