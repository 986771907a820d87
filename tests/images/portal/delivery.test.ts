import { beforeAll, beforeEach, describe, expect, test } from "@jest/globals";

const load = () =>
  Promise.all([
    import("../../../images/portal/delivery.mjs"),
    import("../../../images/portal/delivery-page.mjs"),
    import("../../../images/portal/releases.mjs"),
    import("../../../images/portal/texts.mjs"),
  ] as const);
type Modules = Awaited<ReturnType<typeof load>>;

let createDelivery: Modules[0]["createDelivery"];
let page: Modules[1];
let readRelease: Modules[2]["readRelease"];
let english: ReturnType<Modules[3]["speak"]>;
beforeAll(async () => {
  const [delivery, itsPage, releases, { speak }] = await load();
  createDelivery = delivery.createDelivery;
  page = itsPage;
  readRelease = releases.readRelease;
  english = speak("en");
});

const PATIENCE = 5000;
const NOW = Date.UTC(2026, 0, 2, 12);
const CI = "http://ci/api/v2";
const LIVE = "http://live/-/live";
const SUCCESS = 0;
const WARNINGS = 1;
const FAILURE = 2;
const EXCEPTION = 4;
const RETRY = 5;
const CANCELLED = 6;

const repository = (name: string) => ({ name, gitUrl: `http://git.x/${name}/`, liveUrl: `http://${name}.live.x` });
const configOf = (...names: string[]) => ({
  team: "muster",
  domain: "x",
  url: "http://x",
  members: [],
  services: [
    { kind: "git", name: "Git", url: "http://git.x" },
    { kind: "live", name: "Live", url: "http://live.x:8080" },
  ],
  delivery: {
    ciApi: `${CI}/`,
    ciUrl: "http://ci.x/",
    gitApi: "http://git/-/branches",
    liveApi: LIVE,
    deployBranch: "main",
    repositories: names.map(repository),
  },
});

interface Made {
  branch?: string;
  results?: number | null;
  by?: string;
  builder?: string;
  packageOf?: number;
  text?: string;
  minutes?: number;
  /** Further properties. */
  said?: Record<string, unknown>;
}

/** A team's CI and live server, as Buildbot 4.3 and Apache answer. */
class Servers {
  builds: { id: number; repository: string; made: Made }[] = [];
  waiting: { repository: string; branch: string | null; waitedFor?: boolean }[] = [];
  steps: Record<number, { number: number; results: number }[]> = {};
  /** Whether it is connected, by worker. */
  workers: Record<string, boolean> = {};
  releases: Record<string, string> = {};
  /** By repository; undefined when the git server does not say. */
  branches: Record<string, string[]> | undefined;
  status: Record<string, number> = {};
  asked: string[] = [];

  build(repository: string, made: Made = {}) {
    const id = this.builds.length + 1;
    this.builds.push({ id, repository, made });
    return id;
  }

  ask = async (address: string) => {
    this.asked.push(address);
    const status = this.status[new URL(address).host] ?? 200;
    const body = status === 200 ? this.answer(new URL(address)) : "{}";
    return body === undefined
      ? { status: 404, body: "", whole: true, gone: false }
      : { status, body, whole: status !== 0, gone: false };
  };

  /** Paths that were asked for since the last call. */
  paths() {
    return this.asked.splice(0).map((address) => new URL(address).pathname);
  }

  private names() {
    return [...new Set(this.builds.map(({ repository }) => repository))];
  }

  private builderOf(repository: string, live: boolean) {
    return 10 + 2 * this.names().indexOf(repository) + (live ? 1 : 0);
  }

  private answer({ host, pathname, searchParams }: URL): string | undefined {
    if (host === "git") return this.branches && JSON.stringify(this.branches);
    if (host === "live") return this.releases[pathname.split("/").at(-2) ?? ""];
    const limit = Number(searchParams.get("limit") ?? 1000);
    const path = pathname.replace("/api/v2/", "");
    const stepsOf = /^builds\/(\d+)\/steps$/.exec(path);
    if (stepsOf) return JSON.stringify({ steps: this.steps[Number(stepsOf[1])] ?? [] });
    if (/^builds\/\d+\/steps\/\d+\/logs$/.test(path)) return JSON.stringify({ logs: [{ slug: "stdio" }] });
    switch (path) {
      case "builds": {
        const ids = searchParams.getAll("buildid").map(Number);
        const builder = searchParams.get("builderid");
        const found = this.builds
          .map((build) => this.raw(build))
          .filter(({ buildid }) => ids.length === 0 || ids.includes(buildid))
          .filter(({ builderid }) => builder === null || builderid === Number(builder));
        return JSON.stringify({ builds: found.reverse().slice(0, limit), meta: {} });
      }
      case "workers":
        return JSON.stringify({
          workers: Object.entries(this.workers).map(([name, there]) => ({
            name,
            connected_to: there ? [{ masterid: 1 }] : [],
          })),
        });
      case "builders":
        return JSON.stringify({
          builders: [
            { builderid: 1, name: "pipeline", tags: [] },
            ...this.names().flatMap((name) => [
              { builderid: this.builderOf(name, false), name, tags: ["repository", "_virtual_"] },
              { builderid: this.builderOf(name, true), name: `${name} live`, tags: ["live", "_virtual_"] },
            ]),
          ],
        });
      case "buildrequests":
        return JSON.stringify({
          buildrequests: this.waiting.map(({ waitedFor = false }, index) => ({
            ...{ buildsetid: index, waited_for: waitedFor },
            properties: { pusher: ["bob", "Change"] },
          })),
        });
      case "buildsets":
        return JSON.stringify({
          buildsets: this.waiting.map(({ repository: project, branch }, bsid) => ({
            ...{ bsid, submitted_at: NOW / 1000 },
            sourcestamps: [{ project, branch, revision: "b".repeat(40) }],
          })),
        });
    }
    return undefined;
  }

  private raw({ id, repository, made }: Servers["builds"][number]) {
    const { branch = "main", results = SUCCESS, by = "alice", builder = "pipeline", packageOf, text = "" } = made;
    const at = NOW / 1000 - 60 * (made.minutes ?? 5);
    const source = { buildername: builder, project: repository, branch, pusher: by, package_of: packageOf };
    const properties = { ...source, ...made.said };
    return {
      ...{ buildid: id, builderid: this.builderOf(repository, builder !== "pipeline"), number: id, results },
      ...{ complete: results !== null, started_at: at, complete_at: results === null ? null : at, state_string: text },
      properties: Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, [value, "Build"]])),
    };
  }
}

const entry = (changes: object = {}) =>
  `${JSON.stringify({
    ...{ time: "2026-01-02T11:00:00Z", action: "deploy", release: "r", revision: "a".repeat(40) },
    ...{ author: "Alice", subject: "s", by: "alice" },
    ...changes,
  })}\n`;

let servers: Servers;
let time: number;
let delivery: ReturnType<Modules[0]["createDelivery"]>;

function start(...names: string[]) {
  delivery = createDelivery(configOf(...names), { ask: servers.ask, now: () => time });
}

beforeEach(() => {
  servers = new Servers();
  time = NOW;
  start("app");
});

/** What is known after another round. */
async function look() {
  time += 4000;
  await delivery.refresh(PATIENCE);
  return delivery.state();
}

/** Branches of a repository with their results. */
async function branches(name = "app") {
  const { repositories } = await look();
  const found = repositories.find((candidate) => candidate.name === name);
  return found?.branches.map(({ branch, result }) => [branch, result]);
}

describe("builds", () => {
  test.each<[number | null, string]>([
    [SUCCESS, "passed"],
    [WARNINGS, "passed"],
    [FAILURE, "failed"],
    [EXCEPTION, "failed"],
    [RETRY, "waiting"],
    [CANCELLED, "cancelled"],
    [99, "failed"],
    [null, "running"],
  ])("Buildbot's result %j: %s", async (results, expected) => {
    servers.build("app", { results });
    expect(await branches()).toEqual([["main", expected]]);
  });

  test("each branch shows its last one, the newest branch first", async () => {
    servers.build("app", { branch: "old", results: FAILURE, minutes: 9 });
    servers.build("app", { branch: "new", results: FAILURE, minutes: 8 });
    servers.build("app", { branch: "old", minutes: 7 });
    servers.build("app", { branch: "new", results: null, minutes: 6 });
    expect(await branches()).toEqual([
      ["new", "running"],
      ["old", "passed"],
    ]);
  });

  test("no more than five, and always the branch that goes live", async () => {
    servers.build("app", { minutes: 100 });
    for (const minutes of [9, 8, 7, 6, 5, 4]) servers.build("app", { branch: `b${minutes}`, minutes });
    expect((await branches())?.map(([branch]) => branch)).toEqual(["b4", "b5", "b6", "b7", "main"]);
  });

  test("what waits replaces what has ended, but not what runs", async () => {
    servers.build("app", { branch: "done" });
    servers.build("app", { branch: "runs", results: null });
    servers.waiting = [
      { repository: "app", branch: "done" },
      { repository: "app", branch: "runs" },
      { repository: "app", branch: null },
      { repository: "app", branch: "main", waitedFor: true },
    ];
    expect(await branches()).toEqual([
      ["done", "waiting"],
      ["runs", "running"],
    ]);
  });

  test("a build that runs is followed to its end, however many others there were meanwhile", async () => {
    const id = servers.build("app", { branch: "slow", results: null });
    expect(await branches()).toEqual([["slow", "running"]]);
    for (let count = 0; count < 200; count += 1) servers.build("other");
    expect(await branches()).toEqual([["slow", "running"]]);
    servers.builds[id - 1] = { id, repository: "app", made: { branch: "slow", results: FAILURE } };
    expect(await branches()).toEqual([["slow", "failed"]]);
  });

  test("a deleted branch or repository leaves, unless the git server does not say", async () => {
    servers.build("gone");
    servers.build("app", { branch: "done" });
    servers.build("app");
    servers.waiting = [{ repository: "app", branch: "deleted" }];
    expect((await branches())?.map(([branch]) => branch)).toEqual(["deleted", "main", "done"]);
    servers.branches = { app: ["main"] };
    expect(await branches()).toEqual([["main", "passed"]]);
    expect(delivery.state().repositories.map(({ name }) => name)).toEqual(["app"]);
    servers.branches = undefined;
    expect((await look()).repositories.map(({ name }) => name)).toEqual(["app", "gone"]);
  });

  test("say what was found, and what was not run", async () => {
    servers.build("app", {
      results: WARNINGS,
      text: "warnings 3 of 5 jobs not run",
      said: {
        survey: "not served here: Python (app.py)\nwarning: <b>",
        not_deployed: "not deployed: Python is not served here",
        not_run: ["CI / a: it uses sudo"],
        not_installed: ["phpunit not run: github.com is out of reach"],
      },
    });
    servers.releases = { app: "" };
    const html = page.renderRepositories(configOf("app").delivery, await look(), english, NOW);
    for (const part of [
      "passed, 3 of 5 jobs not run",
      'data-result="warned"',
      '<li><bdi lang="en">not served here: Python (app.py)</bdi></li>',
      '<bdi lang="en">warning: &#60;b&#62;</bdi>',
      '<bdi lang="en">not run: CI / a: it uses sudo</bdi>',
      '<li><bdi lang="en">phpunit not run: github.com is out of reach</bdi></li>',
      'Nothing is live: <bdi lang="en">not deployed: Python is not served here</bdi>',
    ]) {
      expect(html).toContain(part);
    }
  });

  test("a CI that begins anew takes nothing over", async () => {
    servers.build("app", { branch: "a" });
    servers.build("app", { branch: "b" });
    await look();
    servers.builds = [];
    servers.build("app", { branch: "c" });
    expect(await branches()).toEqual([["c", "passed"]]);
  });

  test("repositories that only the CI knows come after the others, with links beside theirs", async () => {
    servers.build("zoo");
    servers.build("blog");
    servers.build("../x");
    const { repositories } = await look();
    expect(repositories.map(({ name }) => name)).toEqual(["app", "blog", "zoo"]);
    expect(repositories[1]).toMatchObject({ gitUrl: "http://git.x/blog/", liveUrl: "http://blog--live.x:8080" });
  });

  test("the log is that of the step that failed", async () => {
    const id = servers.build("app", { results: FAILURE });
    servers.steps[id] = [
      { number: 0, results: SUCCESS },
      { number: 3, results: FAILURE },
    ];
    const { repositories } = await look();
    expect(repositories[0]?.branches[0]).toMatchObject({
      page: `#/builders/10/builds/${id}`,
      log: `#/builders/10/builds/${id}/steps/3/logs/stdio`,
    });
  });

  test("what failed on its way to the live server has its log there", async () => {
    const tested = servers.build("app", { results: FAILURE });
    const released = servers.build("app", { builder: "deploy", results: FAILURE, packageOf: tested });
    servers.steps[released] = [{ number: 1, results: FAILURE }];
    const { repositories } = await look();
    expect(repositories[0]?.branches[0]).toMatchObject({
      page: `#/builders/10/builds/${tested}`,
      log: `#/builders/11/builds/${released}/steps/1/logs/stdio`,
    });
  });
});

describe("requests", () => {
  test("all visitors share a round, and a quiet one costs five", async () => {
    servers.build("app");
    await look();
    servers.paths();
    time += 4000;
    await Promise.all(Array.from({ length: 50 }, () => delivery.refresh(PATIENCE)));
    expect(servers.paths().sort()).toEqual([
      "/-/branches",
      "/-/live/app/releases",
      "/api/v2/buildrequests",
      "/api/v2/builds",
      "/api/v2/workers",
    ]);
    time += 1999;
    await delivery.refresh(PATIENCE);
    expect(servers.paths()).toEqual([]);
  });

  test("50 repositories are all found after some rounds of few requests", async () => {
    const names = Array.from({ length: 50 }, (_, index) => `r${index}`);
    for (const name of names) {
      const id = servers.build(name, { results: FAILURE });
      servers.steps[id] = [{ number: 1, results: FAILURE }];
      servers.releases[name] = entry();
    }
    for (let count = 0; count < 300; count += 1) servers.build("busy", { branch: `b${count % 3}` });
    start(...names);
    for (let count = 0; count < 40; count += 1) {
      await look();
      const asked = servers.paths();
      expect(asked.filter((path) => path.startsWith("/api/v2/")).length).toBeLessThanOrEqual(8);
      expect(asked.filter((path) => path.startsWith("/-/live/")).length).toBeLessThanOrEqual(10);
    }
    const { repositories } = delivery.state();
    expect(repositories).toHaveLength(51);
    for (const { branches: found, release } of repositories.slice(0, 50)) {
      expect(found.find(({ branch }) => branch === "main")).toMatchObject({
        log: expect.stringContaining("/steps/1/"),
      });
      expect(release).toMatchObject({ author: "Alice" });
    }
  });

  test("what the CI has put live is looked at in the same round", async () => {
    const names = Array.from({ length: 30 }, (_, index) => `r${index}`);
    start(...names);
    for (let count = 0; count < 10; count += 1) await look();
    servers.build("r7");
    servers.build("r7", { builder: "deploy", packageOf: 1 });
    servers.releases.r7 = entry();
    const { repositories } = await look();
    expect(repositories[7]?.release).toMatchObject({ author: "Alice" });
  });
});

describe("trouble", () => {
  test.each([401, 403])("status %i: builds are for those who signed in, also those that were seen", async (status) => {
    servers.build("app");
    await look();
    servers.status.ci = status;
    const state = await look();
    expect([state.ci, state.live, state.repositories[0]?.branches]).toEqual(["forbidden", "answers", []]);
  });

  test.each([0, 500])("status %i: the CI does not answer, and what it said last is kept", async (status) => {
    servers.build("app");
    await look();
    servers.status.ci = status;
    const state = await look();
    expect([state.ci, state.repositories[0]?.branches.length]).toEqual(["silent", 1]);
    servers.status.ci = 200;
    expect((await look()).ci).toBe("answers");
  });

  test("a CI that was too slow for much is asked for less", async () => {
    servers.status.ci = 0;
    await look();
    await look();
    expect(servers.asked.filter((url) => url.startsWith(CI)).map((url) => /limit=(\d+)/.exec(url)?.[1])).toEqual([
      "100",
      "30",
    ]);
  });

  test("the live server does not answer", async () => {
    servers.releases.app = entry();
    await look();
    servers.status.live = 503;
    const state = await look();
    expect([state.ci, state.live, state.repositories[0]?.release]).toMatchObject([
      "answers",
      "silent",
      { author: "Alice" },
    ]);
  });

  test("a worker that is away for a while is named, and one that comes back is not", async () => {
    servers.workers = { "worker-1": true, "release-worker": false };
    servers.build("app");
    expect((await look()).away).toEqual([]);
    time += 10_000;
    const state = await look();
    expect(state.away).toEqual(["release-worker"]);
    expect(page.renderRepositories(configOf("app").delivery, state, english, NOW)).toContain(
      "<code>release-worker</code> is away, and builds wait",
    );
    servers.workers = { "worker-1": false, "release-worker": true };
    time += 5000;
    expect((await look()).away).toEqual([]);
    time += 10_000;
    expect((await look()).away).toEqual(["worker-1"]);
  });

  test("answers that are something else", async () => {
    servers.ask = async () => ({ status: 200, body: '{"builds":[1,null,{"buildid":"x"}]}', whole: true, gone: false });
    start("app");
    expect(await look()).toMatchObject({ ci: "answers", repositories: [{ branches: [], release: null }] });
    servers.ask = async () => ({ status: 200, body: "<html>", whole: true, gone: false });
    start("app");
    expect(await look()).toMatchObject({ ci: "silent", repositories: [{ branches: [], release: null }] });
  });
});

describe("the log of releases", () => {
  const revision = "a".repeat(40);

  test("the last entry counts, and a line that was cut does not", () => {
    const log = `thor":"x"}\n${entry({ revision: "b".repeat(40) })}${entry({ author: "Bob" })}`;
    expect(readRelease(log)).toEqual({
      ...{ revision, author: "Bob", by: "alice", rolledBack: false, problem: "" },
      at: Date.UTC(2026, 0, 2, 11),
    });
  });

  test("why a page does not work is kept", () => {
    expect(readRelease(entry({ problem: "/ answers 500" }))).toMatchObject({ revision, problem: "/ answers 500" });
  });

  test("after a roll back the author is that of the release that is live again", () => {
    const log = [entry(), entry({ revision: "b".repeat(40), author: "Bob" })].join("");
    const back = entry({ action: "rollback", author: "", by: "carol" });
    expect(readRelease(log + back)).toMatchObject({ revision, author: "Alice", by: "carol", rolledBack: true });
    expect(readRelease(back)).toMatchObject({ revision, author: "", rolledBack: true });
  });

  test.each(["", "\n", "null\n", '{"time":1}\n', entry({ revision: "<b>" }), entry({ time: "soon" })])(
    "nothing is live: %j",
    (log) => {
      expect(readRelease(log)).toBeUndefined();
    },
  );
});

describe("the section", () => {
  const shown = async () => page.renderDelivery(configOf("app").delivery, await look(), english, NOW);
  const texts = (html: string) => html.replace(/<svg.*?<\/svg>/g, "").replace(/<[^>]+>/g, "|");

  test("a result is a word and a shape, and a failure leads to its log", async () => {
    const id = servers.build("app", { results: FAILURE, text: "failed phpunit (failure)" });
    servers.steps[id] = [{ number: 4, results: FAILURE }];
    const html = await shown();
    expect(html).toMatch(/data-result="failed">.*<svg class="icon"[^>]*>.+<\/svg>failed<\/span>/);
    expect(html).toContain('href="http://ci.x/#/builders/10/builds/1"');
    expect(html).toContain('href="http://ci.x/#/builders/10/builds/1/steps/4/logs/stdio"');
    expect(texts(html)).toContain("|phpunit|");
    expect(texts(html)).toContain("|alice|, |5 min ago|");
  });

  test("what is live", async () => {
    servers.releases.app = entry();
    expect(texts(await shown())).toContain("|Live| |aaaaaaaa| by |Alice| ||1 h ago|");
    servers.releases.app += entry({ action: "rollback", author: "", by: "bob" });
    expect(texts(await shown())).toContain("by |Alice| |rolled back by |bob|| ||1 h ago|");
  });

  test("nothing yet", async () => {
    const html = await shown();
    expect(texts(html)).toContain("Nothing was pushed yet.");
    expect(texts(html)).not.toContain("Nothing is live yet");
    servers.build("app", { branch: "try" });
    expect(texts(await shown())).toContain("Nothing is live yet");
    start();
    servers.builds = [];
    expect(texts(await shown())).toContain("There is no repository yet.");
  });

  test("before the first answers", () => {
    const html = page.renderDelivery(configOf("app").delivery, delivery.state(), english, NOW);
    expect(texts(html)).toContain("Asking what is live …");
    expect(texts(html)).toContain("Asking the CI …");
  });

  test("trouble is said plainly", async () => {
    servers.status = { ci: 403, live: 500 };
    const html = await shown();
    expect(html).toContain('<a href="http://ci.x/">Sign in to the CI</a> to see builds.');
    expect(texts(html)).toContain("The live server does not answer at the moment.");
    servers.status = { ci: 500 };
    expect(texts(await shown())).toContain("The CI does not answer at the moment.");
  });

  test("lets nothing of a name out of its place", async () => {
    const evil = `"><script>alert('&')</script>\u0000`;
    servers.build("app", { branch: evil, by: `${evil} <e@x>`, results: FAILURE, text: evil });
    servers.releases.app = entry({ author: evil, by: evil, action: "rollback" });
    const html = await shown();
    const safe = "&#34;&#62;&#60;script&#62;alert(&#39;&#38;&#39;)&#60;/script&#62;\ufffd";
    expect(html).not.toContain("<script");
    expect(html.split(safe)).toHaveLength(7);
    expect(html).not.toMatch(/\s(style|on[a-z]+)=/);
  });

  test("long names are cut, and whole in the title", async () => {
    const branch = "long/".repeat(50);
    servers.build("app", { branch, by: "n".repeat(90) });
    const html = await shown();
    expect(html).toContain(`title="${branch}"`);
    expect(html).toContain(`>${branch.slice(0, 119)}…<`);
    expect(html).toContain(`>${"n".repeat(39)}…<`);
  });

  test.each<[number, string]>([
    [-90, "just now"],
    [59, "just now"],
    [60, "1 min ago"],
    [3599, "59 min ago"],
    [3600, "1 h ago"],
    [86_399, "23 h ago"],
    [86_400, "yesterday"],
    [2 * 86_400, "2 days ago"],
    [60 * 86_400, "2025-11-03"],
  ])("%i seconds: %s", (seconds, expected) => {
    expect(page.ageWords(NOW - 1000 * seconds, english, NOW)).toBe(expected);
  });
});
