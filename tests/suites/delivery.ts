import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Ci, FAILURE, liveSite, RETRY, releases, SUCCESS, Terminal } from "../support/delivery";
import type { EngineCase } from "../support/engines";
import type { TestEnvironment } from "../support/environment";
import { request } from "../support/http";
import { eventually } from "../support/poll";

const ALICE = { id: "alice", name: "Alice Kim", email: "alice@example.org" };
const BOB = { id: "bob" };
const CAROL = { id: "carol", name: "Carol" };

/** More files than one run of php takes. */
const MANY_FILES = 450;

/** Changes of the starter that must not go live: the step that finds them, and what the pusher must read. */
const RED: [fault: string, script: string, step: string, lines: RegExp[]][] = [
  [
    "PHP syntax errors",
    `echo '<?php foo(' > src/First.php; mkdir src/many; echo '<?php }' > src/many/last.php
     for n in $(seq ${MANY_FILES}); do echo '<?php' > src/many/$n.php; done`,
    "php lint",
    [
      /Unclosed '\(' .*src\/First\.php/,
      /Unmatched '}' in src\/many\/last\.php/,
      /\| 4\d\d PHP file\(s\), 2 syntax error\(s\)/,
    ],
  ],
  [
    "a failing PHPUnit test",
    `sed -i 's/1,234 visits/1234 visits/' tests/PageTest.php`,
    "phpunit",
    [/\| .*PageTest::testCountsInWords/, /\| .*Failures: 1/],
  ],
  [
    "a front end that does not parse",
    `echo 'export {' >> frontend/app.js`,
    "npm run lint",
    [/\| .*frontend\/app\.js:\d+/, /\| SyntaxError/],
  ],
  [
    "a failing front-end test",
    `sed -i 's/Good evening/Good night/' frontend/app.js`,
    "npm run test",
    [/\| .*Good night/],
  ],
  [
    "a failing build",
    `echo 'throw new Error("no more style");' >> scripts/build.mjs`,
    "npm run build",
    [/\| Error: no more style/],
  ],
  [
    "a failing migration",
    `echo 'fwrite(STDERR, "no such column\\n"); exit(7);' >> bin/migrate.php`,
    "release",
    [/\| no such column/, /\| muster: not deployed: migrate ended with status 7\s*$/m],
  ],
];

/** From a push to the live site, on every target. The tests build on each other, as a team's days do. */
export function deliverySuite({ engine, unavailable, create }: EngineCase): void {
  if (unavailable !== undefined) {
    test.skip(`skipped: ${unavailable}`, () => {});
    return;
  }

  let muster: TestEnvironment;
  let ci: Ci;
  let alice: Terminal;
  let bob: Terminal;
  let passwords: Record<string, Record<string, string>>;

  beforeAll(async () => {
    muster = await create("push");
    muster.configure({ members: [ALICE, BOB] });
    await muster.succeed("up");
    await readPasswords();
    ci = new Ci(muster);
    alice = new Terminal(muster, "alice");
    bob = new Terminal(muster, "bob");
  });
  afterAll(() => muster?.dispose());

  async function readPasswords() {
    const output = await muster.succeed("credentials", "--json");
    passwords = JSON.parse(output.slice(output.indexOf("{")));
  }

  const live = () => liveSite(muster);
  const password = (member: string) => passwords[member]?.git ?? "";
  const gitUrl = (name: string) => `http://${muster.host(undefined, "git")}:8080/${name}`;
  const tip = (branch: string) => alice.succeed(`git ls-remote origin 'refs/heads/${branch}' | cut -f1`);

  /** The cookie of a member who has logged in to the CI. */
  async function login(member: string): Promise<string> {
    const cookie = await ci.login(member, password(member));
    if (cookie === undefined) throw new Error(`the CI refuses ${member}`);
    return cookie;
  }

  test("the starter project goes live by itself", async () => {
    const { revision, page } = await eventually("the first release", live);
    expect(page).toContain("This is the live site.");
    expect(revision).toBe(await tip("main"));
    expect(page).toContain(revision.slice(0, 12));
  });

  test("a member's workspace is a clone, and commits carry the member's name", async () => {
    expect(await alice.succeed("git remote get-url origin; git branch --show-current; git status --short")).toBe(
      `${gitUrl("app.git")}\nmain`,
    );
    await alice.commit("Greet", "echo '<!-- hello -->' >> public/index.php");
    expect(await alice.succeed("git log -1 --format='%an <%ae>'")).toBe("Alice Kim <alice@example.org>");
    expect(await bob.succeed("git config user.name")).toBe("bob");
  });

  test("a branch is pushed without a password, tested, and not deployed", async () => {
    const before = await live();
    await alice.succeed("git checkout --quiet -b hello");
    const { code, output, revision } = await alice.push("--set-upstream origin hello");
    expect(code).toBe(0);
    expect(output).toMatch(/phpunit: passed/);
    expect(output).toMatch(/npm run build: passed/);
    expect(output).toMatch(/passed after \d+ s/);
    expect(output).not.toContain("deploy");
    expect((await ci.finished(revision)).map(({ results }) => results)).toEqual([SUCCESS]);
    expect(await live()).toEqual(before);
  });

  test("merged to main, it is live when git push -o ci.wait ends", async () => {
    await alice.succeed("git checkout --quiet main && git merge --quiet --no-ff --message='Merge hello' hello");
    const { code, output, revision, seconds } = await alice.push();
    const { revision: shown, page } = await live();
    expect(code).toBe(0);
    expect(output).toContain(muster.url("ci", "/#/builders/"));
    expect(output).toMatch(/deploy: passed/);
    expect(output).toMatch(/passed after \d+ s/);
    expect(shown).toBe(revision);
    expect(page).toContain("<!-- hello -->");
    expect((await releases(muster)).at(-1)).toMatchObject({ action: "deploy", revision, by: "alice" });
    // A loose bound for a busy machine; npm run bench measures.
    expect(seconds).toBeLessThan(60);
  });

  test.each(RED)("%s: red, told to the pusher, and the live site stays", async (fault, script, step, lines) => {
    const before = await live();
    const revision = await alice.commit(fault, script);
    const { code, output } = await alice.push();
    expect(code).toBe(0);
    expect(output).toMatch(new RegExp(`^remote: CI: +${step}: FAILED`, "m"));
    for (const line of lines) expect(output).toMatch(line);
    // Messages from the steps to the master are not for people.
    expect(output).not.toMatch(/\| answer: /);
    expect(output).toMatch(/CI: FAILED after \d+ s/);
    expect((await ci.finished(revision)).map(({ results }) => results)).toEqual([FAILURE]);
    expect(await live()).toEqual(before);
    await alice.succeed("git revert --no-edit HEAD");
  });

  test("what makes it green again goes live", async () => {
    const { output, revision } = await alice.push();
    expect(output).toMatch(/passed after \d+ s/);
    expect((await live()).revision).toBe(revision);
  });

  test("a member rolls back by the CI's form: in seconds, and recorded", async () => {
    const before = await releases(muster);
    const [target, current] = before.slice(-2);
    expect((await live()).revision).toBe(current?.revision);
    const begin = Date.now();
    const answer = await ci.force("rollback", { repository: "app", reason: "too bright" }, await login("bob"));
    expect(answer.status).toBe(200);
    await eventually("the former release", async () => (await live()).revision === target?.revision, 10);
    expect(Date.now() - begin).toBeLessThan(10_000);
    expect((await live()).page).toContain(target?.revision.slice(0, 12));
    expect(await releases(muster)).toEqual([
      ...before,
      expect.objectContaining({ action: "rollback", release: target?.release, by: "bob", subject: "too bright" }),
    ]);
  });

  test("npm run rollback goes to a release that is named, and refuses one that is not there", async () => {
    const before = await releases(muster);
    const [, wanted] = before;
    const { code, output } = await muster.muster("rollback", "--release", "20000101T000000Z-000000000000");
    expect(code).toBe(1);
    expect(output).toContain("there is no release 20000101T000000Z-000000000000");
    expect(await releases(muster)).toEqual(before);

    await muster.succeed("rollback", "app", "--release", wanted?.release ?? "");
    expect((await live()).revision).toBe(wanted?.revision);
    expect((await releases(muster)).at(-1)).toMatchObject({ action: "rollback", release: wanted?.release });
  });

  test("a new member replaces neither git server nor portal, and no push is lost meanwhile", async () => {
    const before = await muster.containers();
    // Pushes one commit after another until the file exists; notes each that git reports as done.
    const pushing = bob.succeed(
      `git checkout --quiet -b meanwhile; rm -f /tmp/enough /tmp/done
       until [ -e /tmp/enough ]; do
         git commit --quiet --allow-empty --message=more
         if git push -o ci.skip origin meanwhile 2> /tmp/said; then git rev-parse HEAD >> /tmp/done; else cat /tmp/said; fi
       done
       git checkout --quiet main`,
    );
    muster.configure({ members: [ALICE, BOB, CAROL] });
    await muster.succeed("up");
    await bob.succeed("touch /tmp/enough");
    const refusals = await pushing;

    const after = await muster.containers();
    expect(Object.keys(before).filter((name) => after[name] !== before[name])).toEqual(muster.carriers);
    expect(Object.keys(after).filter((name) => !(name in before))).toEqual(["carol-code", "carol-db", "carol-web"]);

    // Every push reported as done is there.
    const done = (await bob.succeed("cat /tmp/done")).split("\n");
    expect(done.length).toBeGreaterThan(1);
    await bob.succeed(`git fetch --quiet && git merge-base --is-ancestor ${done.at(-1)} origin/meanwhile`);
    expect(refusals).not.toContain("Username");
    const { output } = await muster.shell("git", "git -C /srv/git/app.git fsck --no-dangling");
    expect(output).toBe("");
  });

  test("after it everybody pushes, the new member too, and the CI knows her", async () => {
    await readPasswords();
    await alice.commit("After the change", "echo '<!-- after -->' >> public/index.php");
    const first = await alice.push();
    expect(first.output).toMatch(/passed after \d+ s/);
    expect(await live()).toMatchObject({ revision: first.revision, page: expect.stringContaining("<!-- after -->") });

    const carol = new Terminal(muster, "carol");
    await eventually("carol's clone", async () => (await carol.run("git rev-parse HEAD")).code === 0);
    await carol.succeed("git pull --quiet");
    await carol.commit("By Carol", "echo '<!-- carol -->' >> public/index.php");
    const { output, revision } = await carol.push();
    expect(output).toMatch(/passed after \d+ s/);
    expect(await live()).toMatchObject({ revision, page: expect.stringContaining("<!-- carol -->") });
    expect((await releases(muster)).at(-1)).toMatchObject({ revision, by: "carol" });
    await login("carol");
  });

  // No engine plays a part in what follows: one environment for each target is enough.
  if (engine === "pulumi") return;

  test("two members push to two branches at once: both are tested", async () => {
    const work = async (terminal: Terminal) => {
      await terminal.succeed(`git pull --quiet && git checkout --quiet -b of-${terminal.member}`);
      await terminal.commit(`By ${terminal.member}`, `echo '${terminal.member}' > ${terminal.member}.txt`);
      return () => terminal.push(`origin of-${terminal.member}`);
    };
    const pushes = await Promise.all([work(alice), work(bob)]);
    for (const { code, output, revision } of await Promise.all(pushes.map((push) => push()))) {
      expect(code).toBe(0);
      expect(output).toMatch(/passed after \d+ s/);
      expect((await ci.finished(revision)).map(({ results }) => results)).toEqual([SUCCESS]);
    }
    await Promise.all([alice, bob].map((terminal) => terminal.succeed("git checkout --quiet main")));
  });

  test("two members push to main at once: the second one is told to pull, and nothing is lost", async () => {
    for (const terminal of [alice, bob]) {
      await terminal.succeed("git pull --quiet");
      await terminal.commit(`Main by ${terminal.member}`, `echo 'main' > main-${terminal.member}.txt`);
    }
    const pushes = await Promise.all([alice.push(), bob.push()]);
    expect(pushes.map(({ code }) => code).sort()).toEqual([0, 1]);
    const late = pushes[0]?.code === 1 ? 0 : 1;
    expect(pushes[late]?.output).toMatch(/git pull/);
    expect(pushes[1 - late]?.output).toMatch(/passed after \d+ s/);

    const second = [alice, bob][late] as Terminal;
    await second.succeed("git pull --quiet --rebase");
    const { code, output, revision } = await second.push();
    expect([code, output]).toEqual([0, expect.stringMatching(/passed after \d+ s/)]);
    expect((await live()).revision).toBe(revision);
    const { output: files } = await muster.shell("live-web", "cd /srv/live/app/current && ls main-*.txt");
    expect(files).toBe("main-alice.txt\nmain-bob.txt\n");
    await Promise.all([alice, bob].map((terminal) => terminal.succeed("git pull --quiet")));
  });

  test("force pushes to main and its deletion are refused; other branches are their members' own", async () => {
    const before = await tip("main");
    const forced = await alice.run(
      "git commit --quiet --amend --message=other && git push --force 2>&1; c=$?; git reset --quiet --hard origin/main; exit $c",
    );
    expect(forced.code).toBe(1);
    expect(forced.output).toContain("main is protected against force pushes");
    const deleted = await alice.run("git push origin :main 2>&1");
    expect(deleted.code).toBe(1);
    expect(deleted.output).toContain("main is protected and cannot be deleted");
    expect(await tip("main")).toBe(before);
    await alice.succeed("git push --quiet origin :of-alice");
    expect(await tip("of-alice")).toBe("");
  });

  describe("while a build runs", () => {
    /** A branch whose build runs until the test releases it. */
    async function slowBranch(name: string, script = "true"): Promise<string> {
      await muster.shell("worker-1", "rm -f /var/lib/worker/go-on");
      await alice.succeed(`git checkout --quiet -b ${name} main`);
      return await alice.commit(
        name,
        `sed -i 's|"lint": .*|"lint": "${script}; echo at work; until [ -e /var/lib/worker/go-on ]; do sleep 0.2; done",|' package.json`,
      );
    }

    const goOn = () => muster.shell("worker-1", "touch /var/lib/worker/go-on");
    const backToMain = () => alice.succeed("git checkout --quiet main");

    test("and the CI is killed, it runs again and is reported", async () => {
      const revision = await slowBranch("kill-ci");
      const pushing = alice.push("origin kill-ci");
      const first = await ci.running(revision, "npm run lint");
      await muster.crash("ci");
      await ci.running(revision, "npm run lint", first.buildid);
      await goOn();
      const { code, output } = await pushing;
      expect(code).toBe(0);
      expect(output).toMatch(/will be repeated/);
      expect(output).toMatch(/npm run lint: passed[\s\S]*passed after \d+ s/);
      expect((await ci.finished(revision)).map(({ results }) => results)).toEqual([RETRY, SUCCESS]);
      await backToMain();
    });

    test("and its worker is killed twice, it has failed, and the worker begins anew whatever is left there", async () => {
      // A build that finds anything of an earlier one ends before it waits.
      const found = "for f in . ~ /tmp; do if [ -e $f/left ]; then exit 1; fi; done";
      const left = `${found}; for f in . ~ /tmp; do mkdir -p $f/left/x; touch $f/left/x/f; chmod -R a-w $f/left; done`;
      const revision = await slowBranch("kill-worker", left);
      const pushing = alice.push("origin kill-worker");
      const first = await ci.running(revision, "npm run lint");
      await muster.crash("worker-1");
      await ci.running(revision, "npm run lint", first.buildid);
      await muster.crash("worker-1");
      const { output } = await pushing;
      expect(output).toMatch(
        /will be repeated[\s\S]*FAILED after \d+ s \(not tried again: its worker was lost 2 times/,
      );
      expect((await ci.finished(revision)).map(({ results }) => results)).toEqual([RETRY, RETRY, FAILURE]);
      await backToMain();
    });
  });

  test("a push while the CI is down is stored, and built once when the CI is back", async () => {
    await muster.stop("ci");
    await alice.commit("While it is down", "echo '<!-- down -->' >> public/index.php");
    const { code, output, revision } = await alice.push();
    expect(code).toBe(0);
    expect(output).toContain("Your push is stored, and will be built as soon as the CI takes it.");
    expect((await live()).revision).not.toBe(revision);
    await muster.start("ci");
    await eventually("the release", async () => (await live()).revision === revision);
    expect((await ci.finished(revision)).map(({ results }) => results)).toEqual([SUCCESS]);
  });

  test("removed CI containers come back by npm run up, with history and logs", async () => {
    const revision = await alice.commit("Remembered", "echo '<?php foo(' > src/Broken.php");
    await alice.push();
    const [red] = await ci.finished(revision);
    if (red === undefined) throw new Error("there is no build");
    const before = { log: await ci.log(red, "php lint"), counts: await ci.counts(), releases: await releases(muster) };
    const containers = await muster.containers();
    const removed = ["ci", "live-deployer", "worker-1"];
    await muster.remove(...removed);
    await muster.succeed("up");

    const after = await muster.containers();
    expect(Object.keys(after)).toEqual(Object.keys(containers));
    expect(Object.keys(after).filter((name) => after[name] !== containers[name])).toEqual(removed);
    const log = await ci.log(red, "php lint");
    expect(log).toContain("src/Broken.php");
    expect({ log, counts: await ci.counts(), releases: await releases(muster) }).toEqual(before);
    await alice.succeed("git revert --no-edit HEAD");
    const { output, revision: repaired } = await alice.push();
    expect(output).toMatch(/passed after \d+ s/);
    expect((await live()).revision).toBe(repaired);
  });

  test("the change hook takes only the git server's own secret", async () => {
    const revision = await tip("main");
    const change = { project: "app", branch: "main", revision, author: "nobody", comments: "forged" };
    const before = await ci.counts();
    for (const wrong of [undefined, "", "wrong", password("alice")]) {
      expect([401, 403]).toContain((await ci.hook(change, wrong)).status);
    }
    expect(await ci.counts()).toEqual(before);

    // The same request with the right secret is accepted: the others failed for their secret.
    const { output } = await muster.shell("git", "cat /tmp/muster/settings.json");
    expect((await ci.hook(change, JSON.parse(output).secret)).status).toBe(200);
    await eventually("the change", async () => (await ci.counts()).changes === before.changes + 1);
    await eventually("its build", async () => {
      const { builds } = await ci.get("/builds?order=-buildid&limit=1");
      return builds[0].complete && (await ci.builds(revision)).every(({ complete }) => complete);
    });
  });

  test("only members push; the CI's own account only reads", async () => {
    const status = async (name: string, secret: string, service: string) => {
      const authorization = `Basic ${Buffer.from(`${name}:${secret}`).toString("base64")}`;
      const url = muster.url("git", `/app.git/info/refs?service=${service}`);
      return (await request(url, { headers: { authorization } })).status;
    };
    const { GIT_CI_PASSWORD: reader = "" } = await muster.settings("git");
    expect(await status("alice", password("alice"), "git-receive-pack")).toBe(200);
    expect(await status("ci", reader, "git-upload-pack")).toBe(200);
    expect(await status("mallory", password("alice"), "git-receive-pack")).toBe(401);
    expect(await status("alice", password("bob"), "git-receive-pack")).toBe(401);
    expect(await status("ci", reader, "git-receive-pack")).toBe(403);
    expect((await request(muster.url("git", "/app.git/info/refs?service=git-receive-pack"))).status).toBe(401);

    const before = await tip("main");
    const url = gitUrl("app.git").replace("//", "//mallory:guess@");
    const { code, output } = await alice.run(
      `GIT_TERMINAL_PROMPT=0 git -c credential.helper= push ${url} HEAD:main 2>&1`,
    );
    expect(code).not.toBe(0);
    expect(output).toContain("Authentication failed");
    expect(await tip("main")).toBe(before);
  });

  test("everybody may look; only members build and roll back", async () => {
    expect((await request(muster.url("git", "/app/log/"))).body).toContain("Starter project");
    const [{ buildid: newest }] = (await ci.get("/builds?order=-buildid&limit=1")).builds;

    const before = { counts: await ci.counts(), live: await live() };
    const form = { project: "app", branch: "main", revision: "" };
    expect((await ci.force("build", form)).status).toBe(403);
    expect((await ci.force("rollback", { repository: "app" })).status).toBe(403);
    for (const [name, secret] of [
      ["mallory", "guess"],
      ["alice", password("bob")],
      ["ci", password("alice")],
    ] as const) {
      expect(await ci.login(name, secret)).toBeUndefined();
    }
    expect({ counts: await ci.counts(), live: await live() }).toEqual(before);

    expect((await ci.force("build", { ...form, branch: "of-bob" }, await login("alice"))).status).toBe(200);
    await eventually("alice's build", async () => {
      // Builds of the deploy branch may run beside it.
      const { builds } = await ci.get("/builds?order=-buildid&limit=5&property=branch");
      // biome-ignore lint/suspicious/noExplicitAny: see Ci.get.
      const own = builds.find(({ properties }: any) => properties.branch?.[0] === "of-bob");
      return own?.buildid > newest && own.results === SUCCESS;
    });
  });

  test("a test sees neither the live site's volume nor a secret", async () => {
    const setting = async (container: string, name: string) => {
      const { [name]: value } = await muster.settings(container);
      if (!value) throw new Error(`${container} has no ${name}`);
      return value;
    };
    expect(await muster.mounts("worker-1")).toEqual([muster.volume(undefined, "worker-1")]);
    const others = [
      await setting("live-deployer", "WORKER_PASSWORD"),
      await setting("live-deployer", "DB_PASSWORD"),
      await setting("git", "CI_HOOK_SECRET"),
      ...["alice", "bob", "carol"].flatMap((member) => Object.values(passwords[member] ?? {})),
    ];
    expect(others).toHaveLength(12);
    const given = Object.values(await muster.settings("worker-1")).join();
    for (const secret of others) expect(given).not.toContain(secret);

    await alice.succeed("git checkout --quiet -b curious main");
    const revision = await alice.commit(
      "curious",
      `cat > curious.sh <<'SH'
env
for process in /proc/[0-9]*; do tr '\\0' '\\n' < $process/environ; done
cat /run/secrets/*/*
ls -A /srv/live
grep ' /srv/live ' /proc/mounts
for host in ${muster.host("live", "db")} ${await muster.address("live-db")}; do
  timeout 3 bash -c "</dev/tcp/$host/3306" && echo database-is-in-reach
done
echo looked-around
SH
      sed -i 's|"lint": .*|"lint": "bash curious.sh 2>\\&1",|' package.json`,
    );
    await alice.push("origin curious");
    const [build] = await ci.finished(revision);
    const log = build ? await ci.log(build, "npm run lint") : "";
    expect(log).toContain("looked-around");
    expect(log).not.toMatch(/^(app|\S+ \/srv\/live .*|database-is-in-reach)$/m);
    const hidden = [...others, await setting("git", "GIT_CI_PASSWORD"), await setting("worker-1", "WORKER_PASSWORD")];
    for (const secret of hidden) expect(log).not.toContain(secret);
    await alice.succeed("git checkout --quiet main");
  });

  describe("names with tricks", () => {
    const CANARY = "muster-canary";

    /** Containers in which a name was executed as a command. */
    async function executed(): Promise<string[]> {
      const names = Object.keys(await muster.containers());
      const found = await Promise.all(
        names.map(async (name) => {
          const line = `find / -name '${CANARY}*' -not -path '/proc/*' -not -path '/sys/*' 2>/dev/null; echo through`;
          // A worker that tidies up ends a search, too: it is then begun again.
          return await eventually(`the search of ${name}`, async () => {
            const [output, rest] = (await muster.shell(name, line)).output.split("through\n");
            return rest === undefined ? undefined : ([name, output ?? ""] as const);
          });
        }),
      );
      return found.filter(([, output]) => output !== "").map(([name, output]) => `${name}: ${output}`);
    }

    test("a canary would be found", async () => {
      const worker = (line: string) => eventually(line, async () => (await muster.shell("worker-1", line)).code === 0);
      await worker(`touch /tmp/${CANARY}`);
      const found = await executed();
      await worker(`rm -f /tmp/${CANARY}`);
      expect(found).toEqual([`worker-1: /tmp/${CANARY}\n`]);
    });

    test("of repositories: refused, never executed, and nothing is made", async () => {
      const stored = async () => (await muster.shell("git", "ls -A /srv /srv/git")).output;
      const before = await stored();
      // git itself resolves a path with dots, and pushes to /x.git.
      const paths = ["../x", "../../tmp/x", "x/../../y", ".."];
      const names = [
        "..%2fx",
        "a b",
        "a%20b",
        '"',
        "'",
        `$(touch ${CANARY})`,
        `%24(touch%20%2ftmp%2f${CANARY})`,
        `\`touch ${CANARY}\``,
        `;touch ${CANARY};`,
        `x|touch ${CANARY}`,
        "a%0ab",
        "a%00b",
        "-x",
        ".x",
        "UPPER",
        "x.git",
        "x.lock",
        "ü",
        "x".repeat(65),
        "x".repeat(200),
      ];
      const quoted = (name: string) => `'${gitUrl(`${name}.git`).replaceAll("'", "'\\''")}'`;
      const ask = (name: string) =>
        alice.run(
          `curl -sg --path-as-is -o /dev/null -w '%{http_code}' -u 'alice:${password("alice")}' ${quoted(name)}/info/refs?service=git-receive-pack`,
        );
      expect((await ask("app")).output).toBe("200");
      for (const name of [...paths, ...names]) {
        // 000: curl itself will not send it.
        expect([name, (await ask(name)).output]).toEqual([name, expect.stringMatching(/^(000|400|403|404)$/)]);
      }
      for (const name of names) {
        const { code, output } = await alice.run(`GIT_TERMINAL_PROMPT=0 git push ${quoted(name)} HEAD:main 2>&1`);
        expect([name, code === 0 || output]).not.toEqual([name, true]);
      }
      expect(await stored()).toBe(before);
      expect(await executed()).toEqual([]);
    });

    test("of branches that a shell would read its own way: refused with a reason", async () => {
      const heads = () => alice.succeed("git ls-remote --heads origin");
      const before = await heads();
      for (const name of [
        `$(touch\${IFS}/tmp/${CANARY})`,
        `\`touch\${IFS}${CANARY}\``,
        `a;touch\${IFS}${CANARY}`,
        `a|b`,
        `a&b`,
        'a"b',
        "a'b",
        "-x",
        "x".repeat(201),
      ]) {
        const { code, output } = await alice.run(
          `git push origin HEAD:'refs/heads/${name.replaceAll("'", "'\\''")}' 2>&1`,
        );
        expect(output).toMatch(/Refused: branch names (must not hold|may have 200 bytes)/);
        expect(code).toBe(1);
      }
      for (const name of ["../x", "a b", "a..b", "x.lock", "a~b"]) {
        expect((await alice.run(`git push origin HEAD:'refs/heads/${name}' 2>&1`)).code).not.toBe(0);
      }
      expect(await heads()).toBe(before);
      expect(await executed()).toEqual([]);
    });

    test("of branches that are only unusual: tested", async () => {
      for (const name of ["größe/日本", "a=b,c@d+e", "x".repeat(200)]) {
        await alice.commit("unusual", `echo '${name}' > unusual.txt`);
        const { code, output, revision } = await alice.push(`origin HEAD:'refs/heads/${name}'`);
        expect([code, output]).toEqual([0, expect.stringMatching(/passed after \d+ s/)]);
        expect((await ci.finished(revision)).map(({ results }) => results)).toEqual([SUCCESS]);
      }
      await alice.succeed("git reset --quiet --hard origin/main");
    });

    test("in the CI's forms: refused or never executed", async () => {
      const cookie = await login("alice");
      const before = { counts: await ci.counts(), live: await live() };
      const build = { project: "app", branch: "main", revision: "" };
      for (const change of [
        { project: "../x" },
        { project: `$(touch ${CANARY})` },
        { project: "a b" },
        { project: "x".repeat(200) },
        { branch: "../x" },
        { branch: "-x" },
        { branch: "a b" },
        { revision: `main; touch ${CANARY}` },
        { revision: "--upload-pack=touch" },
      ]) {
        expect([change, (await ci.force("build", { ...build, ...change }, cookie)).status]).toEqual([change, 400]);
      }
      for (const change of [{ repository: "../app" }, { release: "../../app/releases" }, { release: "x; id" }]) {
        const params = { repository: "app", ...change };
        expect([change, (await ci.force("rollback", params, cookie)).status]).toEqual([change, 400]);
      }
      expect({ counts: await ci.counts(), live: await live() }).toEqual(before);

      const branch = `$(touch\${IFS}/tmp/${CANARY})`;
      expect((await ci.force("build", { ...build, branch }, cookie)).status).toBe(200);
      await eventually("the build of a branch that is not there", async () => {
        const { builds } = await ci.get("/builds?order=-buildid&limit=1&property=branch");
        return builds[0].properties.branch[0] === branch && builds[0].results === FAILURE;
      });
      expect(await executed()).toEqual([]);
    });
  });

  test("the first push to a new name makes a repository, which is tested and goes live beside the first", async () => {
    const before = await live();
    await alice.succeed("rm -rf /workspace/shop && git init --quiet --initial-branch=main /workspace/shop");
    const shop = new Terminal(muster, "alice", "/workspace/shop");
    await shop.commit("Shop", "mkdir public && echo '<h1>Shop <?= 6 * 7 ?></h1>' > public/index.php");
    await shop.succeed(`git remote add origin ${gitUrl("shop.git")}`);
    const { code, output, revision } = await shop.push("--set-upstream origin main");
    expect([code, output]).toEqual([0, expect.stringMatching(/php lint: passed[\s\S]*passed after \d+ s/)]);
    expect(await liveSite(muster, "shop")).toEqual({ revision, page: "<h1>Shop 42</h1>\n" });
    expect(await live()).toEqual(before);
    expect((await ci.finished(revision, "shop")).map(({ results }) => results)).toEqual([SUCCESS]);
  });
}
