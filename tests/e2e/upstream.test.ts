import { createHmac } from "node:crypto";
import { statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { Ci, liveSite, SUCCESS, Terminal } from "../support/delivery";
import { type DockerEnvironment, docker } from "../support/docker-environment";
import { onDocker } from "../support/engines";
import { run } from "../support/environment";
import { type Answer, request } from "../support/http";
import { eventually } from "../support/poll";

jest.setTimeout(20 * 60_000);

const TOKEN = "ci-token-of-the-upstream";
const ALICES_TOKEN = "token-of-alice";
const WEBHOOK_SECRET = "webhook-secret-0123456789";

/** Each test builds on those before it. */
describe.each(onDocker())("an upstream, in an environment brought up by $engine", ({ engine, unavailable, create }) => {
  if (unavailable !== undefined) {
    test.skip(`skipped: ${unavailable}`, () => {});
    return;
  }

  let muster: DockerEnvironment;
  let ci: Ci;
  let alice: Terminal;

  const server = () => `${muster.team}-upstream`;
  const upstream = (options: object) => ({
    members: [{ id: "alice", name: "Alice Kim", email: "alice@example.org" }],
    upstream: { provider: "github", url: `http://${server()}:8080/our-team`, token: TOKEN, ...options },
  });

  async function succeed(...args: string[]): Promise<string> {
    const { code, output } = await run("docker", args);
    if (code !== 0) throw new Error(`docker ${args.join(" ")}\n${output}`);
    return output.trim();
  }

  /** The stand-in for GitHub, with a repository of one page. */
  async function startUpstream() {
    const git = await muster.inspect("git");
    await succeed(
      ...["run", "--detach", "--init", "--name", server(), "--network", muster.team, "--entrypoint", "sh"],
      ...["--label", `muster.test=${muster.team}`, "--tmpfs", "/srv/upstream:uid=1000", git.Config.Image],
      ...["-c", "until [ -e /tmp/upstream.py ]; do sleep 0.1; done; exec python3 -u /tmp/upstream.py $0 $1"],
      ...[TOKEN, ALICES_TOKEN],
    );
    // The CI and editors reach it there.
    for (const zone of ["ci", "editors"]) await succeed("network", "connect", `${muster.team}_${zone}`, server());
    const script = `set -e
    git init --quiet --bare --initial-branch=main /srv/upstream/our-team/app.git
    git -C /srv/upstream/our-team/app.git config core.hooksPath /dev/null
    mkdir -p /tmp/muster && : > /tmp/muster/fsck-skip
    git init --quiet --initial-branch=main /tmp/first && cd /tmp/first
    mkdir public && echo '<h1>From elsewhere</h1>' > public/index.php && git add --all
    git -c user.name=bob -c user.email=bob@example.org commit --quiet --message=First
    git push --quiet /srv/upstream/our-team/app.git main`;
    await succeed("exec", server(), "sh", "-c", script);
    await succeed("cp", join(__dirname, "../support/upstream.py"), `${server()}:/tmp/upstream.py`);
  }

  /** GitHub's message about a push, reduced to what is read. */
  const pushed = (branch: string, revision: string) =>
    JSON.stringify({
      ref: `refs/heads/${branch}`,
      before: "0".repeat(40),
      after: revision,
      deleted: false,
      repository: { name: "app", full_name: "our-team/app", clone_url: "https://github.com/our-team/app.git" },
      pusher: { name: "alice", email: "alice@example.org" },
      commits: [],
      head_commit: {
        id: revision,
        message: "Hello",
        timestamp: "2026-03-05T14:02:33+01:00",
        author: { name: "Alice Kim", email: "alice@example.org" },
      },
    });

  const sign = (body: string, secret: string) => `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;

  async function webhook(body: string, signature?: string, provider = "github"): Promise<Answer> {
    return await request(muster.url("ci", `/change_hook/${provider}`), {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-github-event": "push",
        ...(signature !== undefined && { "x-hub-signature-256": signature }),
      },
      body,
    });
  }

  interface Status {
    readonly path: string;
    readonly state: string;
    readonly context: string;
    readonly description: string;
    readonly target_url: string;
  }

  async function statuses(revision: string): Promise<Status[]> {
    const lines = await succeed("exec", server(), "cat", "/tmp/statuses");
    return lines
      .split("\n")
      .map((line) => JSON.parse(line))
      .filter(({ path }) => path === `/api/v3/repos/our-team/app/statuses/${revision}`);
  }

  beforeAll(async () => {
    muster = await create("elsewhere");
    await run("docker", ["rm", "--force", server()]);
    muster.configure(upstream({ webhookSecret: WEBHOOK_SECRET }));
    await muster.succeed("up");
    await startUpstream();
    ci = new Ci(muster);
    alice = new Terminal(muster, "alice");
  });
  afterAll(async () => {
    if (!muster) return;
    await run("docker", ["rm", "--force", server()]);
    await muster.dispose();
  });

  test("the upstream's main goes live by itself; its other branches wait for a push", async () => {
    const { page } = await eventually("the first release", () => liveSite(muster));
    expect(page).toBe("<h1>From elsewhere</h1>\n");
  });

  test("the roster's repositories are not on the team's own git server", async () => {
    expect((await muster.shell("git", "ls -d /srv/git/*.git")).code).not.toBe(0);
  });

  test("secrets of the config are only where their owner can read them", async () => {
    const holders = muster
      .keptFiles()
      .map(([path, mode, text]) => ({ path, mode, found: [TOKEN, WEBHOOK_SECRET].filter((one) => text.includes(one)) }))
      .filter(({ found }) => found.length > 0);
    expect(holders).not.toEqual([]);
    for (const { path, mode, found } of holders) {
      expect([path, found]).toEqual([path, [TOKEN, WEBHOOK_SECRET]]);
      if (engine === "pulumi") {
        // Its history repeats the stack file, whose values are not encrypted here; its state holds none of them.
        const [state = "", rest] = path.split("/.pulumi/");
        expect(rest).toMatch(/^history\//);
        expect(statSync(state).mode & 0o777).toBe(0o700);
      } else {
        expect(path).toMatch(/\/secrets\.env$/);
        expect(mode & 0o777).toBe(0o600);
      }
    }
  });

  test("the workspace is cloned once the member has an account there, and pushes with it", async () => {
    const account = `url=http://${server()}:8080\nusername=alice\npassword=${ALICES_TOKEN}\n`;
    await muster.shell("alice-code", `printf '${account}' | GIT_TERMINAL_PROMPT=0 git credential approve`);
    await eventually("alice's clone", async () => (await alice.run("git rev-parse HEAD")).code === 0);
    expect(await alice.succeed("git remote get-url origin")).toBe(`http://${server()}:8080/our-team/app.git`);
    expect((await muster.shell("alice-code", "stat -c %a ~/.git-credentials")).output).toBe("600\n");
  });

  test("nobody builds without the webhook's secret", async () => {
    const revision = await alice.commit("Refused", "echo '<!-- refused -->' >> public/index.php");
    await alice.succeed("git push --quiet");
    const before = await ci.counts();
    const body = pushed("main", revision);
    expect((await webhook(body)).status).toBe(401);
    expect((await webhook(body, sign(body, "another-secret-0123456789"))).status).toBe(403);
    expect((await webhook(`${body} `, sign(body, WEBHOOK_SECRET))).status).toBe(403);
    expect((await webhook(body, sign(body, WEBHOOK_SECRET), "base")).status).toBe(401);
    expect((await webhook(body, sign(body, WEBHOOK_SECRET), "gitlab")).status).toBe(401);
    expect((await webhook(body, sign(body, WEBHOOK_SECRET), "")).status).toBe(401);
    expect(await ci.counts()).toEqual(before);
    expect((await liveSite(muster)).page).not.toContain("refused");
  });

  test("a webhook with its signature builds at once, once, and goes live", async () => {
    const revision = await alice.succeed("git rev-parse HEAD");
    const body = pushed("main", revision);
    const answer = await webhook(body, sign(body, WEBHOOK_SECRET));
    expect([answer.status, answer.body]).toEqual([202, `app main ${revision}\n`]);
    // By itself, the CI looks every ten minutes.
    await eventually("a build", async () => (await ci.builds(revision)).length > 0, 10);
    expect((await ci.finished(revision)).map(({ results }) => results)).toEqual([SUCCESS]);
    await eventually("the release", async () => (await liveSite(muster)).revision === revision);

    const again = await webhook(body, sign(body, WEBHOOK_SECRET));
    expect([again.status, again.body]).toEqual([202, "nothing new\n"]);
    expect((await ci.builds(revision)).length).toBe(1);
  });

  test("the commit's status goes back", async () => {
    const revision = await alice.succeed("git rev-parse HEAD");
    const found = await eventually("two statuses", async () => {
      const all = await statuses(revision);
      return all.length > 1 && all;
    });
    expect(found.map(({ state, context }) => [state, context])).toEqual([
      ["pending", "muster"],
      ["success", "muster"],
    ]);
    expect(found[1]?.target_url).toMatch(muster.url("ci", "/#/builders/"));

    await alice.succeed("git checkout --quiet -b broken");
    const broken = await alice.commit("Broken", "echo '<?php foo(' > public/broken.php");
    await alice.succeed("git push --quiet origin broken");
    const body = pushed("broken", broken);
    expect((await webhook(body, sign(body, WEBHOOK_SECRET))).status).toBe(202);
    const failed = await eventually("a failure", async () =>
      (await statuses(broken)).find((s) => s.state === "failure"),
    );
    expect(failed.description).toContain("php lint");
    await alice.succeed("git checkout --quiet main");
  });

  test("what was pushed while the CI was down is found when it is back", async () => {
    await muster.stop("ci");
    const revision = await alice.commit("Meanwhile", "echo '<!-- meanwhile -->' >> public/index.php");
    await alice.succeed("git push --quiet");
    await muster.start("ci");
    await eventually("the release", async () => (await liveSite(muster)).revision === revision);
    expect((await ci.finished(revision)).length).toBe(1);
  });

  test("without a webhook's secret, pushes are found by looking, and the endpoint is closed", async () => {
    muster.configure(upstream({ pollInterval: 10 }));
    await muster.succeed("up");
    await alice.succeed("git checkout --quiet -b looked-for");
    const revision = await alice.commit("Looked for", "echo '<!-- looked for -->' >> public/index.php");
    const before = await ci.counts();
    const body = pushed("looked-for", revision);
    expect((await webhook(body, sign(body, WEBHOOK_SECRET))).status).toBe(401);
    expect(await ci.counts()).toEqual(before);
    await alice.succeed("git push --quiet origin looked-for");
    await eventually("a build", async () => (await ci.builds(revision)).length > 0, 30);
    expect((await ci.finished(revision)).map(({ results }) => results)).toEqual([SUCCESS]);
    expect((await liveSite(muster)).page).not.toContain("looked for");
  });

  test("tokens are in no environment that Docker shows of other containers, and in no log of the CI", async () => {
    for (const [name, id] of Object.entries(await muster.containers())) {
      const { Config } = await docker.getContainer(id).inspect();
      const holds = (Config.Env ?? []).some((variable) => variable.includes(TOKEN));
      expect([name, holds]).toEqual([name, name === "ci"]);
    }
    for (const name of ["ci", "worker-1", "release-worker", "live-deployer"])
      expect(await succeed("logs", `${muster.team}-${name}`)).not.toContain(TOKEN);
  });
});
