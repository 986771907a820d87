import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Ci, Terminal } from "../support/delivery";
import type { EngineCase } from "../support/engines";
import type { TestEnvironment } from "../support/environment";
import { request } from "../support/http";
import { eventually } from "../support/poll";
import { type Harm, Trials } from "../support/trials";
import { TRICKS } from "./tricks";

/** After so many tricks main is pushed. */
const GROUP = 26;

/** Nothing but what main has goes live, whatever branches, first pushes, forms and main's own builds try. */
export function trustSuite({ unavailable, create }: EngineCase): void {
  if (unavailable !== undefined) {
    test.skip(`skipped: ${unavailable}`, () => {});
    return;
  }

  let muster: TestEnvironment;
  let trials: Trials;
  let ci: Ci;
  let alice: Terminal;
  let cookie: string | undefined;

  beforeAll(async () => {
    muster = await create("trust");
    // What a first push makes is tested alone, as it is unless the roster says otherwise.
    const members = [{ id: "alice", name: "Alice", email: "alice@example.org" }];
    muster.configure({ members, ci: { newRepositories: "test" } });
    await muster.succeed("up");
    trials = new Trials(muster);
    ci = new Ci(muster);
    alice = new Terminal(muster, "alice");
    await trials.begin();
    const passwords = JSON.parse((await muster.succeed("credentials", "--json")).replace(/^[^{]*/, ""));
    cookie = await ci.login("alice", passwords.alice.git);
  });
  afterAll(() => muster?.dispose());

  describe("nothing of a branch's build reaches a later one, or what goes live", () => {
    // Compares the next release of main with its commit, byte by byte.
    const harm = new Map<string, Harm>();

    beforeAll(async () => {
      for (let start = 0; start < TRICKS.length; start += GROUP) {
        const found = await trials.playAndRelease(TRICKS.slice(start, start + GROUP));
        for (const [name, each] of found) harm.set(name, each);
      }
    });

    test.each(TRICKS)("%s", (name) => {
      expect(harm.get(name)).toEqual([]);
    });
  });

  test("whoever pushes many branches at once keeps nobody else waiting for all of them", async () => {
    const revisions = await trials.push(Array.from({ length: 5 }, () => ["nothing", "true"] as const));
    const [first = "", last = ""] = [revisions[0], revisions.at(-1)];
    const { CI_HOOK_SECRET } = await muster.settings("ci");
    const properties = JSON.stringify({ push: "", pusher: "bob" });
    await ci.hook({ project: "app", branch: "trick-00", revision: first, properties }, CI_HOOK_SECRET);
    const [alices] = await ci.finished(last);
    const [, bobs] = await ci.finished(first);
    expect(bobs?.buildid).toBeLessThan(alices?.buildid ?? 0);
  });

  test("a form that asks for main with a commit of a branch puts nothing live", async () => {
    const revision = await alice.succeed("git rev-parse origin/trick-00");
    const before = await trials.released();
    const form = { project: "app", branch: "main", revision };
    const { status, body } = await ci.force("build", form, cookie);
    expect(status).toBe(200);
    const [, requests] = JSON.parse(body).result as [number, Record<string, number>];
    const states = await eventually("the end of what was asked for", async () => {
      const found = await Promise.all(
        Object.values(requests).map((request) => ci.get(`/buildrequests/${request}/builds`)),
      );
      const builds = found.flatMap(({ builds }) => builds);
      return builds.length > 0 && builds.every(({ complete }) => complete) && builds.map((each) => each.state_string);
    });
    expect(states).toEqual([expect.stringContaining("is not on main")]);
    expect(await trials.released()).toEqual(before);
  });

  test("members stop no worker", async () => {
    const look = async () => (await ci.get("/workers")).workers as { name: string; connected_to: object[] }[];
    const workers = await look();
    expect(workers.map(({ name }) => name).sort()).toEqual(["deployer", "release-worker", "worker-1"]);
    for (const { name } of workers) {
      for (const method of ["stop", "kill", "pause"]) {
        const { status } = await ci.control(`/workers/${name}`, method, {}, cookie);
        expect([name, method, status]).toEqual([name, method, 403]);
      }
    }
    expect(await look()).toEqual(workers);
  });

  test("names that would break everybody's next push are refused", async () => {
    for (const name of ["refs/heads/main", "HEAD"]) {
      const { code, output } = await alice.run(`git push origin HEAD:refs/heads/${name} 2>&1`);
      expect([name, code, output]).toEqual([name, 1, expect.stringContaining("Refused: ")]);
    }
    expect(await trials.release("names")).toEqual([]);
  });

  test("the first push to a new name is tested, runs no job that lacks its secrets, and puts nothing live", async () => {
    const before = await trials.released();
    const stranger = new Terminal(muster, "alice", "/workspace/stranger");
    await alice.succeed("git init --quiet --initial-branch=main /workspace/stranger");
    const job = "runs-on: ubuntu-latest, steps: [{run: 'echo it ran; git push --force --prune ${{ secrets.MIRROR }}'}]";
    await stranger.succeed(`mkdir -p public .github/workflows
git remote add origin http://${muster.host(undefined, "git")}:8080/stranger.git
echo '<?php readfile("/srv/live/app/current/REVISION");' > public/index.php
echo '{"scripts": {"migrate": "echo stranger > /srv/live/app/current/stranger; sleep 1000 &"}}' > composer.json
cat > .github/workflows/a.yml <<'YAML'
name: CI
on: push
jobs: { mirror: { ${job} } }
YAML
git add --all && git commit --quiet --message=Stranger`);
    const { output, revision } = await stranger.push("origin main");
    expect(output).toContain("not run: CI / mirror: it uses the secret MIRROR");
    expect(output).toContain("not deployed: stranger is not on the roster");
    const [build] = await ci.finished(revision, "stranger");
    expect(build && (await ci.log(build, "workflows"))).not.toContain("it ran");
    expect((await muster.shell("live-deployer", "ls /srv/live; ps -eo args")).output).not.toMatch(
      /stranger|sleep 1000/,
    );
    expect(await trials.released()).toEqual(before);
  });

  test("a package with a file of 900 GiB, most of it holes, is refused by its size", async () => {
    const before = await trials.released();
    await alice.commit(
      "Holes",
      `echo 'const holes = await import("node:fs"); holes.writeFileSync("dist/holes", "");
holes.truncateSync("dist/holes", 900 * 2 ** 30);' >> scripts/build.mjs`,
    );
    const { output } = await alice.push("origin main");
    expect(output).toMatch(/package: FAILED[\s\S]* more than 1024 MiB with dist\/holes \(921600 MiB\)/);
    expect(await trials.released()).toEqual(before);
    await alice.succeed("git revert --no-edit HEAD");
  });

  test("links of a migration that lead out are served by nobody, nor those that it makes when it is over", async () => {
    await alice.commit(
      "Links",
      `cat >> bin/migrate.php <<'PHP'
symlink('/etc/passwd', 'public/pw.txt');
symlink('/srv/live/app', 'public/all');
exec("(setsid sh -c 'while :; do ln -s /etc/passwd public/late.txt; done' > /dev/null 2>&1 < /dev/null &)");
PHP`,
    );
    const { output } = await alice.push("origin main");
    expect(output).toContain("the link public/pw.txt was left out");
    expect(output).toContain("the link public/all was left out");
    const look = "cd /srv/live/app/current/public && find . -type l; ps -eo args";
    expect((await muster.shell("live-deployer", look)).output).not.toMatch(/late\.txt|pw\.txt|all$/m);
    for (const path of ["/pw.txt", "/all/", "/all/current/REVISION", "/late.txt"]) {
      expect([path, (await request(muster.url("live", path))).status]).toEqual([path, 404]);
    }
  });

  test("only what goes live is built where it is", async () => {
    const { workers } = await ci.get("/workers?name=release-worker");
    const { builds } = await ci.get(`/builds?workerid=${workers[0].workerid}&property=branch&property=project`);
    expect(builds.length).toBeGreaterThan(5);
    for (const { properties } of builds) {
      expect([properties.project[0], properties.branch[0]]).toEqual(["app", "main"]);
    }
  });
}
