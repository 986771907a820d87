import { beforeAll, describe, expect, test } from "@jest/globals";
import { Terminal } from "../support/delivery";
import type { TestEnvironment } from "../support/environment";

const SITE = "mkdir -p public && echo '<?php echo 1;' > public/index.php";

/** A workflow with these jobs. */
const workflow = (jobs: string) => `mkdir -p .github/workflows
cat > .github/workflows/a.yml <<'YAML'
name: CI
on: push
jobs:
${jobs}
YAML`;

interface Case {
  /** Becomes the repository's name. */
  readonly title: string;
  /** Makes the repository's files. */
  readonly script: string;
  /** @default main */
  readonly branch?: string;
  /** What the push says, in this order. */
  readonly says: readonly RegExp[];
  readonly never?: RegExp;
}

const CASES: readonly Case[] = [
  {
    title: "a branch that is not deployed",
    script: SITE,
    branch: "master",
    says: [/document root public\/ \(found\)/, /tested; live is built from main/, /passed after \d+ s/],
    never: /deploy: /,
  },
  {
    title: "what cannot be served",
    script: "echo flask > requirements.txt; echo 'from flask import Flask' > app.py",
    says: [/not served here: Python/, /not deployed: Python is not served here/, /passed with warnings/],
    never: /deploy: /,
  },
  {
    title: "pipelines of other systems",
    script: `${SITE}; echo 'test: {script: [make]}' > .gitlab-ci.yml; touch Jenkinsfile`,
    says: [/not tested: \.gitlab-ci\.yml, Jenkinsfile/, /\.gitlab-ci\.yml is not run: it is for GitLab/, /passed/],
  },
  {
    title: "jobs that cannot run here",
    script: `${SITE}\n${workflow(`  tests:
    runs-on: \${{ matrix.os }}
    strategy: { matrix: { os: [ubuntu-latest, windows-latest] } }
    steps: [{ run: "test \${{ github.repository }} = $GITHUB_REPOSITORY" }]
  mirror: { runs-on: ubuntu-latest, steps: [{ run: "git push --force \${{ secrets.MIRROR }}" }] }
  database: { runs-on: ubuntu-latest, steps: [{ run: sudo systemctl start mysql }] }
  made: { needs: tests, runs-on: ubuntu-latest, strategy: { matrix: "\${{ fromJSON(needs.tests.outputs.none) }}" }, steps: [{ run: true }] }
  skipped: { needs: tests, if: needs.tests.outputs.none, runs-on: ubuntu-latest, steps: [{ run: exit 1 }] }`)}`,
    says: [
      /not run: CI \/ mirror: it uses the secret MIRROR/,
      /not run: CI \/ database: it uses sudo/,
      /not run: CI \/ tests \(windows-latest\): it wants a runner windows-latest/,
      /not run: CI \/ made: its matrix could not be made/,
      /passed, 4 of 5 jobs not run, after \d+ s/,
    ],
  },
  {
    title: "tests with a database",
    script: `${SITE}; mkdir tests; cat > tests/DatabaseTest.php <<'PHP'
<?php
final class DatabaseTest extends PHPUnit\\Framework\\TestCase {
    public function testIsThereAndEmpty(): void {
        $dsn = "mysql:host=" . getenv("DB_HOST") . ";port=" . getenv("DB_PORT") . ";dbname=" . getenv("DB_NAME");
        $database = new PDO($dsn, getenv("DB_USER"), getenv("DB_PASSWORD"));
        self::assertSame([], $database->query("SHOW TABLES")->fetchAll());
        $database->exec("CREATE TABLE visits (at DATETIME)");
        self::assertSame("visits", (new mysqli("localhost", "root", "", "app"))->query("SHOW TABLES")->fetch_column());
        $cache = new Redis();
        self::assertTrue($cache->connect(getenv("REDIS_HOST")) && $cache->set("a", "b"));
    }
}
PHP
${workflow(`  tests:
    runs-on: ubuntu-latest
    services:
      mysql: { image: "mysql:8", env: { MYSQL_DATABASE: shop, MYSQL_ROOT_PASSWORD: x }, ports: ["33306:3306"] }
    steps:
      - run: test -z "$DB_HOST" && mariadb --host=127.0.0.1 --port=$PORT --user=root --password=x shop --execute="SHOW TABLES"
        env: { PORT: "\${{ job.services.mysql.ports[3306] }}" }
  others:
    runs-on: ubuntu-latest
    services: { postgres: { image: "postgres:17" } }
    steps: [{ run: exit 1 }]
  after:
    needs: tests
    runs-on: ubuntu-latest
    steps: [{ run: mariadb --execute="SELECT 1" }]`)}`,
    says: [
      /phpunit: passed/,
      /not run: CI \/ others: it wants the service postgres \(postgres:17\), which has no stand-in here/,
      /passed, 1 of 3 jobs not run/,
    ],
  },
  {
    title: "the cause of a failing workflow last",
    script: `${SITE}\n${workflow(
      "  tests: { runs-on: ubuntu-latest, steps: [{ run: 'seq 300; echo THE CAUSE; exit 3' }] }",
    )}`,
    says: [/workflows: FAILED/, /\| THE CAUSE\s+remote: CI: FAILED after \d+ s \(CI \/ tests failed\)/],
    never: /docker|Complete job/,
  },
  {
    title: "a failing workflow that only warns",
    script: `${SITE}; echo 'workflows: warn' > muster.yaml
${workflow("  tests: { runs-on: ubuntu-latest, steps: [{ run: exit 3 }] }")}`,
    says: [/deploy: passed/, /passed with warnings after \d+ s/],
  },
  {
    title: "a syntax error among deprecations",
    script: `mkdir public; echo '<?php $x = ;' > public/a.php
for n in $(seq 30); do echo '<?php function f(int $x = null) {}' > public/z$n.php; done`,
    says: [/\| Deprecated: 30 time\(s\)/, /\| .*Parse error.*public\/a\.php/, /FAILED/],
  },
  {
    title: "a registry that does not answer",
    script: `${SITE}; echo '{"dependencies": {"@corp/a": "1"}}' > package.json
echo '@corp:registry=https://npm.corp.invalid/' > .npmrc`,
    says: [/\| muster: the registry https:\/\/npm\.corp\.invalid\/ does not answer/, /FAILED/],
  },
  {
    title: "a password of the pusher",
    script: `${SITE}
echo "<?php // $(sed -n 's/^password="\\(.*\\)"$/\\1/p' "$MYSQL_HOME/my.cnf")" > public/config.php`,
    says: [/Warning: public\/config\.php holds alice's database password/, /passed/],
  },
];

/**
 * What a push says, and what reaches builds and releases, on every target.
 *
 * @param environment with alice on the roster
 */
export function pushesSuite(environment: () => TestEnvironment): void {
  let muster: TestEnvironment;
  let alice: Terminal;

  beforeAll(() => {
    muster = environment();
    alice = new Terminal(muster, "alice", "/workspace");
  });

  /** A new repository with one commit of what a script makes, not pushed yet. */
  async function repository(name: string, script: string, branch = "main"): Promise<Terminal> {
    const url = `http://${muster.host(undefined, "git")}:8080/${name}.git`;
    await alice.succeed(`git init --quiet --initial-branch=${branch} ${name}
cd ${name} && git remote add origin ${url}
${script}
git add --all && git commit --quiet --message=Begin`);
    return new Terminal(muster, "alice", `/workspace/${name}`);
  }

  describe("a push says", () => {
    test.each(CASES)("$title", async ({ title, script, branch = "main", says, never }) => {
      const terminal = await repository(title.replaceAll(" ", "-"), script, branch);
      const { output, seconds } = await terminal.push(`origin ${branch}`);
      let from = 0;
      for (const said of says) {
        const found = said.exec(output.slice(from));
        expect({ said: found !== null, output }).toEqual({ said: true, output });
        from += (found?.index ?? 0) + (found?.[0].length ?? 0);
      }
      if (never) expect(output).not.toMatch(never);
      // A loose bound for a busy machine.
      expect(seconds).toBeLessThan(60);
    });

    test("what was found, without waiting for the result", async () => {
      const terminal = await repository("glance", `${SITE}; touch Jenkinsfile`, "idea");
      expect(await terminal.succeed("git push origin idea 2>&1")).toMatch(/Jenkinsfile is not run: it is for Jenkins/);
    });
  });

  test("builds and releases have submodules of the same server and files of Git LFS, builds have tags", async () => {
    const lib = await repository("lib", "echo '<?php' > lib.php");
    await lib.succeed("git push --quiet origin main");
    const terminal = await repository(
      "parts",
      `${SITE}; git lfs install --local >/dev/null && git lfs track '*.bin' && head -c 5000 /dev/urandom > public/a.bin
git submodule --quiet add ../lib.git lib
echo '{"scripts": {"test": "git describe --tags && test -f lib/lib.php && wc -c < public/a.bin"}}' > package.json`,
    );
    await terminal.succeed("git tag -m 1 v1 && git push --quiet -o ci.skip origin v1");
    const { output } = await terminal.push("origin main");
    expect(output).toMatch(/npm run test: passed/);
    const { output: released } = await muster.shell(
      "live-deployer",
      "cd /srv/live/parts/current && ls lib && wc -c < public/a.bin",
    );
    expect(released.split(/\s+/)).toEqual(["lib.php", "5000", ""]);
  });

  test("the first push takes the place of an untouched starter project, the next one does not", async () => {
    const ours = `${SITE}; git remote set-url origin "$GIT_URL/app.git"`;
    const first = await repository("ours", ours);
    const { output } = await first.push("origin main");
    expect(output).toContain("This replaces the starter project. In a clone of it: git fetch && git reset --hard");
    expect(output).toMatch(/passed after \d+ s \(live: /);
    const clone = new Terminal(muster, "alice", "/workspace/app");
    await clone.succeed("git fetch --quiet && git reset --quiet --hard origin/main && test -e public/index.php");
    const second = await repository("theirs", ours);
    expect((await second.push("origin main")).output).toContain("(fetch first)");
  });

  test("names that break git for everybody are refused", async () => {
    const terminal = await repository("names", SITE);
    await terminal.succeed("git push --quiet -o ci.skip origin main main:idea");
    for (const [refs, reason] of [
      ["main:refs/heads/refs/heads/main", /would make main ambiguous for everybody/],
      ["main:refs/heads/HEAD", /HEAD is git's own name/],
      ["main:refs/heads/Idea", /Idea and idea .* differ by case/],
      ["main:refs/tags/idea", /there is a branch idea/],
    ] as const) {
      const { code, output } = await terminal.run(`git push origin ${refs} 2>&1`);
      expect([code, output]).toEqual([1, expect.stringMatching(reason)]);
    }
  });

  test("a repository is removed by npm run repository, when one is sure", async () => {
    const terminal = await repository("old-shop", SITE);
    await terminal.succeed("git push --quiet -o ci.skip origin main");
    expect((await muster.muster("repository", "remove", "old-shop")).output).toContain("--yes");
    await terminal.succeed("git ls-remote --exit-code origin main");
    expect(await muster.succeed("repository", "remove", "old-shop", "--yes")).toContain("old-shop is removed");
    expect((await terminal.run("git ls-remote origin")).code).not.toBe(0);
    expect((await muster.muster("repository", "remove", "app", "--yes")).output).toContain("is on the roster");
  });
}
