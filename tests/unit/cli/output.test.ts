import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, jest, test } from "@jest/globals";
import { parseCommandLine } from "../../../cli/command";
import { credentialsTable } from "../../../cli/commands/credentials";
import { releaseUrl, rollbackOrder } from "../../../cli/commands/rollback";
import { withReference, writeSchema } from "../../../cli/commands/schema";
import { instanceTable, isLooping, loopLine } from "../../../cli/commands/status";
import { summary } from "../../../cli/commands/summary";
import { UserError } from "../../../cli/errors";
import { createProgress, formatElapsed } from "../../../cli/progress";
import { formatTable, listed } from "../../../cli/table";
import { toInstance } from "../../../cli/targets/docker/target";
import { notReady, services, siteWorks } from "../../../cli/targets/readiness";
import { resolveTeam } from "../../../config/members";
import { everydayReference, rosterReference, stackFileSchema } from "../../../config/reference";
import { parseTeamConfig } from "../../../config/schema/team";
import { workloads } from "../../../config/workloads";

const team = resolveTeam(parseTeamConfig({ port: 18099, members: [{ id: "alice" }, { id: "bob" }] }));

describe("progress", () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  function recorder(isTTY: boolean) {
    const written: string[] = [];
    const progress = createProgress({ write: (text: string) => written.push(text), isTTY, columns: 40 });
    return { progress, written };
  }

  test("a step is one line, with its result and time", async () => {
    const { progress, written } = recorder(false);
    await progress.step(
      "Counting",
      async () => 3,
      (value) => `${value} sheep`,
    );
    expect(written).toEqual([expect.stringMatching(/^✔ Counting: 3 sheep \(0\.\d s\)\n$/)]);
  });

  test("a step that fails says so and throws", async () => {
    const { progress, written } = recorder(false);
    const step = progress.step("Counting", async () => {
      throw new Error("no sheep");
    });
    await expect(step).rejects.toThrow("no sheep");
    expect(written).toEqual([expect.stringMatching(/^✘ Counting \(0\.\d s\)\n$/)]);
  });

  test("a long step gives a sign of life every 10 s, with what it is at", async () => {
    jest.useFakeTimers();
    const { progress, written } = recorder(false);
    const step = progress.step("Counting", (detail) => {
      detail("sheep   7\n");
      return new Promise((resolve) => setTimeout(resolve, 25_000));
    });
    await jest.advanceTimersByTimeAsync(25_000);
    await step;
    expect(written).toEqual(["… Counting, 10 s: sheep 7\n", "… Counting, 20 s: sheep 7\n", "✔ Counting (25 s)\n"]);
  });

  test("a terminal gets a spinner no wider than itself", async () => {
    jest.useFakeTimers();
    const { progress, written } = recorder(true);
    const step = progress.step("Counting", (detail) => {
      detail("x".repeat(100));
      return new Promise((resolve) => setTimeout(resolve, 1_000));
    });
    await jest.advanceTimersByTimeAsync(1_000);
    await step;
    expect(written[0]).toBe(`\r\x1b[2K⠋ Counting, 0.1 s: ${"x".repeat(19)}…`);
    expect(written[0]?.length).toBeLessThanOrEqual(40 + "\r\x1b[2K".length);
    expect(written.at(-1)).toBe("\r\x1b[2K✔ Counting (1.0 s)\n");
  });

  test.each([
    [0, "0.0 s"],
    [9_940, "9.9 s"],
    [9_960, "10 s"],
    [59_400, "59 s"],
    [59_600, "1 min 0 s"],
    [185_000, "3 min 5 s"],
  ])("%i ms is %s", (milliseconds, expected) => {
    expect(formatElapsed(milliseconds)).toBe(expected);
  });
});

describe("readiness", () => {
  let server: Server | undefined;
  // Jest never ends while a server listens, which one does after an assertion that failed.
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
    server = undefined;
  });

  test("asks the team's own services, and every member's site and editor", () => {
    expect(services(team).map(({ title, url }) => `${title} ${url}`)).toEqual([
      "the portal http://localhost:18099/",
      "the git server http://git.localhost:18099/",
      "the CI http://ci.localhost:18099/",
      "the inbox http://mail.localhost:18099/api/healthz",
      "the live server http://live.localhost:18099/-/status",
      "alice's site http://alice.localhost:18099/-/status",
      "alice's editor http://code-alice.localhost:18099/healthz",
      "bob's site http://bob.localhost:18099/-/status",
      "bob's editor http://code-bob.localhost:18099/healthz",
    ]);
  });

  test("every target is one of the team's containers, so that its log can be shown", () => {
    const redis = resolveTeam(
      parseTeamConfig({ members: [{ id: "alice", cache: "redis" }], live: { cache: "redis" } }),
    );
    const known = workloads(redis).map(({ member, component }) => `${member} ${component}`);
    const asked = services(redis).flatMap(({ member, components }) => components.map((name) => `${member} ${name}`));
    expect(known).toEqual(expect.arrayContaining(asked));
    // Nobody asks for these by HTTP.
    expect(known.filter((name) => !asked.includes(name))).toEqual([
      "undefined worker-1",
      "undefined release-worker",
      "live deployer",
    ]);
  });

  test.each([
    [200, '{"database":true,"cache":null}', true],
    [200, '{"database":true,"cache":true}', true],
    [200, '{"database":true,"cache":false}', false],
    [200, '{"database":false,"cache":null}', false],
    [200, "<html>", false],
    [503, '{"database":true,"cache":null}', false],
  ])("a site that answers %i %s works: %p", (status, body, expected) => {
    expect(siteWorks({ status, body })).toBe(expected);
  });

  test("goes to the address with the service's host name", async () => {
    const asked: string[] = [];
    const listening = createServer(({ headers, url }, response) => {
      asked.push(`${headers.host}${url}`);
      if (headers.host?.startsWith("code-bob.")) response.statusCode = 503;
      response.end(url === "/-/status" ? '{"database":true,"cache":null}' : "ok");
    });
    server = listening;
    await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
    const { port } = listening.address() as AddressInfo;
    const silent = await notReady(services(team), { address: "127.0.0.1", port, tls: false });
    expect(silent.map(({ title }) => title)).toEqual(["bob's editor"]);
    expect(asked.sort()).toEqual([
      "alice.localhost:18099/-/status",
      "bob.localhost:18099/-/status",
      "ci.localhost:18099/",
      "code-alice.localhost:18099/healthz",
      "code-bob.localhost:18099/healthz",
      "git.localhost:18099/",
      "live.localhost:18099/-/status",
      "localhost:18099/",
      "mail.localhost:18099/api/healthz",
    ]);
    await new Promise((resolve) => listening.close(resolve));
    expect(await notReady(services(team).slice(0, 1), { address: "127.0.0.1", port, tls: false })).toHaveLength(1);
  });

  test("names are cut to three", () => {
    expect(listed(["a", "b", "c"])).toBe("a, b, c");
    expect(listed(["a", "b", "c", "d", "e"])).toBe("a, b, c and 2 more");
  });
});

describe("tables", () => {
  test("columns are as wide as their widest cell", () => {
    expect(
      formatTable([
        ["A", "B", "C"],
        ["long", "", "x"],
        ["s", "wide", ""],
      ]),
    ).toBe("A     B     C\nlong        x\ns     wide");
  });

  test("npm run up ends with every URL", () => {
    expect(summary(team, " -- --stack test")).toBe(`
Portal  http://localhost:18099
Git     http://git.localhost:18099
CI      http://ci.localhost:18099
Mail    http://mail.localhost:18099
Live    http://live.localhost:18099

MEMBER  SITE                          EDITOR                             DATABASE
alice   http://alice.localhost:18099  http://code-alice.localhost:18099  http://db-alice.localhost:18099
bob     http://bob.localhost:18099    http://code-bob.localhost:18099    http://db-bob.localhost:18099

Passwords: npm run credentials -- --stack test`);
  });

  test("passwords by member and service", () => {
    const credentials = {
      alice: { database: "d1", editor: "e1", git: "g1" },
      bob: { database: "d2", editor: "e2", git: "g2" },
    };
    expect(credentialsTable(credentials)).toBe(
      "MEMBER  GIT  EDITOR  DATABASE\nalice   g1   e1      d1\nbob     g2   e2      d2",
    );
  });

  test("containers, the team's own first", () => {
    const row = (name: string, component: string, member?: string) => ({
      id: name,
      name,
      state: "running",
      status: "Up",
      ports: [],
      labels: { "muster.component": component, ...(member === undefined ? {} : { "muster.member": member }) },
    });
    expect(
      instanceTable(
        [row("m-bob-web", "web", "bob"), row("m-gateway", "gateway"), row("m-al-db", "db", "al")].map(toInstance),
        "CONTAINER",
      ),
    ).toBe(
      [
        "MEMBER  COMPONENT  STATE  CONTAINER",
        "(team)  gateway    Up     m-gateway",
        "al      db         Up     m-al-db",
        "bob     web        Up     m-bob-web",
      ].join("\n"),
    );
  });

  test("what ends again and again is named with the last line of its log", () => {
    const of = (status: string) => ({
      name: "m-worker-1",
      member: undefined,
      component: "worker-1",
      running: false,
      status,
    });
    expect(
      ["Restarting (1) 5 seconds ago", "CrashLoopBackOff (3 restarts)", "Up 2 minutes", "Running (ready)"].map(
        (status) => isLooping(of(status)),
      ),
    ).toEqual([true, true, false, false]);
    expect(loopLine(of(""), ["muster: first", "muster: the volume is full", ""])).toBe(
      "m-worker-1 ends again and again, and is started again: muster: the volume is full",
    );
    expect(loopLine(of(""), [])).toContain("its log is empty");
  });
});

describe("a roll back", () => {
  const blogs = resolveTeam(parseTeamConfig({ members: [{ id: "alice" }], repositories: ["app", "blog"] }));
  const RELEASE = "20260131T120000Z-0123456789ab";

  test.each([
    [{}, { project: "app", release: "" }],
    [{ repository: "blog" }, { project: "blog", release: "" }],
    [{ release: RELEASE }, { project: "app", release: RELEASE }],
    // Repositories are also made by a push, so that the roster need not name them.
    [
      { repository: "others_2.x", release: RELEASE },
      { project: "others_2.x", release: RELEASE },
    ],
  ])("%j asks for %j", (options, order) => {
    expect(rollbackOrder(blogs, options)).toEqual(order);
  });

  test.each(["", "App", ".", "..", "../app", "app/..", "-r", "a b", "$(id)", "app\n", "a".repeat(65)])(
    "%j is no repository",
    (repository) => {
      expect(() => rollbackOrder(blogs, { repository })).toThrow(
        new UserError(`"${repository}" is not a repository's name.`),
      );
    },
  );

  test.each([
    "current",
    "..",
    "20260131T120000Z",
    "20260131T120000Z-0123456789abc",
    "20260131T120000Z-0123456789AB",
    `../${RELEASE}`,
    `${RELEASE}/`,
    `${RELEASE}\n`,
    ` ${RELEASE}`,
  ])("%j is no release", (release) => {
    expect(() => rollbackOrder(blogs, { release })).toThrow(
      new UserError(`"${release}" is not a release: use a name such as ${RELEASE}.`),
    );
  });

  test.each([
    ["app", "http://live.localhost:8080"],
    ["blog", "http://blog--live.localhost:8080"],
    ["other", "http://other--live.localhost:8080"],
  ])("%s is shown at %s", (repository, url) => {
    expect(releaseUrl(blogs, repository)).toBe(url);
  });
});

describe("command lines", () => {
  const command = { options: { stack: { type: "string" }, yes: { type: "boolean" } }, maxWords: 1 } as const;

  test("options and words", () => {
    const { values, positionals } = parseCommandLine(command, ["alice", "--stack", "dev", "--yes"]);
    expect({ ...values }).toEqual({ stack: "dev", yes: true });
    expect(positionals).toEqual(["alice"]);
  });

  test.each([
    [["--bogus"], "Unknown option '--bogus'"],
    [["--stack"], "Option '--stack <value>' argument missing"],
    [["--stack", ""], "Option '--stack' needs a value"],
    [["alice", "bob"], "Unexpected argument 'bob'"],
    [["--yes=1"], "Option '--yes' does not take an argument"],
  ])("%j", (args, message) => {
    expect(() => parseCommandLine(command, args)).toThrow(message);
  });
});

describe("what is generated from the config's definitions", () => {
  const schema = stackFileSchema("muster") as {
    properties: { config: { properties: Record<string, object>; required: string[]; additionalProperties: boolean } };
  };

  test("the schema checks the project's own keys, and leaves other namespaces alone", () => {
    const { config } = schema.properties;
    expect(Object.keys(config.properties)).toEqual(expect.arrayContaining(["muster:team", "muster:members"]));
    expect(config.required).toEqual(["muster:members"]);
    expect(config.additionalProperties).toBe(false);
    expect(config).toMatchObject({ patternProperties: { "^(?!muster:)": {} } });
    expect(config.properties["muster:members"]).toMatchObject({
      type: "array",
      items: { required: ["id"], additionalProperties: false },
    });
  });

  test("the committed schema, reference and README are current", () => {
    expect(writeSchema(join(__dirname, "../../.."), true)).toBe("Everything is current.");
  });

  test("what is out of date is named, and written only without --check", () => {
    const root = mkdtempSync(join(tmpdir(), "muster-schema-"));
    mkdirSync(join(root, "docs"));
    writeFileSync(join(root, "README.md"), "<!-- roster:begin -->\n<!-- roster:end -->\n");
    const names =
      "roster.schema.json, docs/roster.md, docs/components.md, README.md, images/portal/rules.mjs, " +
      "images/ci-master/muster_ci/rules.py, images/base/rules.sh, images/gateway/conf/trust/look.css";
    expect(() => writeSchema(root, true)).toThrow(`${names}: out of date. Write again: npm run schema`);
    expect(readdirSync(root)).toEqual(["README.md", "docs"]);
    expect(writeSchema(root, false)).toBe(`Wrote ${names}.`);
    expect(writeSchema(root, true)).toBe("Everything is current.");
    writeFileSync(join(root, "docs/roster.md"), "# The roster\n");
    expect(() => writeSchema(root, true)).toThrow("docs/roster.md: out of date. Write again: npm run schema");
    rmSync(root, { recursive: true });
  });

  const cells = (page: string) =>
    page
      .split("\n")
      .filter((line) => line.startsWith("|"))
      .map((row) => row.split(/(?<!\\)\|/).map((cell) => cell.trim()));

  test("the reference has a row for every key, and one for a group that it has had before", () => {
    const page = rosterReference("muster");
    const rows = page.split("\n");
    expect(rows).toEqual(
      expect.arrayContaining([
        "| `muster:port` | 1–65535 | The one published port. Default: 443 where the gateway encrypts, else 8080. |",
        "## muster:members",
        "A list of groups, required. The roster: one entry for each member.",
        "| `members[].id` | text, required | The member's id: part of host, container and volume names, and never to be changed. |",
        "| `members[].limits.web.memory` | 96–1048576 | Memory of Apache and PHP in MiB; swap is not added to it. Default 384. |",
        "| `defaults.limits` | group, as `members[].limits` | Memory and CPU limits of each workload. |",
        "| `live.php.displayErrors` | `true` or `false` | Show PHP errors in the page. Default false. |",
        "| `ci.environment` | texts by name | Environment variables of every step. |",
        "| `ci.steps[].name` | text, required | Name of the step. |",
      ]),
    );
    expect(page).not.toMatch(/`(?:defaults|live)\.limits\./);
    expect(cells(page).every((row) => row.length === 5)).toBe(true);
    const documented = cells(page).map(([, key = ""]) => key.match(/^`(?:muster:)?(\w+)/)?.[1]);
    const keys = Object.keys(schema.properties.config.properties).map((key) => key.replace("muster:", ""));
    expect([...new Set(documented)].filter(Boolean).sort()).toEqual(keys.sort());
  });

  test("the README has about twenty keys of the reference", () => {
    const rows = everydayReference("muster").split("\n").slice(2);
    expect(rows).toEqual(
      expect.arrayContaining([
        "| `muster:members[].id` | text, required | The member's id: part of host, container and volume names, and never to be changed. |",
        "| `muster:defaults` | group | Options for every member; a member's own entry overrides them key by key. |",
        "| `muster:ci.workers` | 1–16 | Test workers; each runs one build at a time. Default 1. |",
      ]),
    );
    expect(rows.length).toBeGreaterThanOrEqual(18);
    expect(rows.length).toBeLessThanOrEqual(26);
  });

  test("the README is changed only between its markers", () => {
    const readme = "# Muster\n<!-- roster:begin -->\nold\n<!-- roster:end -->\nmore";
    expect(withReference(readme, "new")).toBe("# Muster\n<!-- roster:begin -->\n\nnew\n\n<!-- roster:end -->\nmore");
    expect(() => withReference("# Muster", "new")).toThrow("README.md: lacks <!-- roster:begin -->");
  });
});
