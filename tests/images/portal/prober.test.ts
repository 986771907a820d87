import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";

const load = () => import("../../../images/portal/prober.mjs");
type Portal = Awaited<ReturnType<typeof load>>;
type Outcome = Awaited<ReturnType<Portal["httpProbe"]>>;
type Options = NonNullable<Parameters<Portal["createProber"]>[1]>;

let portal: Portal;
beforeAll(async () => {
  portal = await load();
});

const PATIENCE = 5000;

describe("targets", () => {
  const service = (kind: string, probe?: string) => ({
    kind,
    name: kind,
    url: "http://x",
    ...(probe ? { probe } : {}),
  });
  const targets = (...services: ReturnType<typeof service>[]) =>
    portal.targetsOf({
      team: "t",
      domain: "localhost",
      url: "http://localhost",
      members: [{ id: "alice", name: "Alice", services }],
      services: [service("git", "http://git"), service("ci")],
    });
  const git = { id: "git", probe: "http://git" };

  test("a site tells about its database and cache", () => {
    expect(targets(service("site", "http://web"), service("editor", "http://code"), service("database"))).toEqual([
      git,
      { id: "alice/site", probe: "http://web", database: "alice/database", cache: "alice/cache" },
      { id: "alice/editor", probe: "http://code" },
    ]);
  });

  test("a database with a probe of its own is asked itself", () => {
    expect(targets(service("site", "http://web"), service("database", "http://db"))).toEqual([
      git,
      { id: "alice/site", probe: "http://web", cache: "alice/cache" },
      { id: "alice/database", probe: "http://db" },
    ]);
  });

  test("what has no probe is not asked", () => {
    expect(targets(service("site"), service("database"))).toEqual([git]);
  });
});

describe("states", () => {
  const site = { id: "a/site", probe: "http://web", database: "a/database", cache: "a/cache" };
  let time: number;
  let answer: Outcome;
  let prober: ReturnType<typeof portal.createProber>;

  beforeEach(() => {
    time = 1_700_000_000_000;
    answer = { up: true, database: true, cache: null };
    prober = portal.createProber([site], { probe: async () => answer, now: () => time });
  });

  /** The states when `next` is what a probe finds `seconds` later. */
  async function later(seconds: number, next: Outcome) {
    time += seconds * 1000;
    answer = next;
    await prober.refresh(PATIENCE);
    return prober.status().services;
  }

  test("nothing is known before the first round", () => {
    expect(prober.status()).toEqual({
      checkedAt: null,
      services: { "a/site": "unknown", "a/database": "unknown" },
    });
  });

  test("a round tells when it ended", async () => {
    await prober.refresh(PATIENCE);
    expect(prober.status()).toEqual({
      checkedAt: "2023-11-14T22:13:20.000Z",
      services: { "a/site": "up", "a/database": "up" },
    });
  });

  test("a database that does not answer is starting, then down, while its site stays up", async () => {
    const broken = { up: true, database: false, cache: null };
    expect(await later(5, broken)).toEqual({ "a/site": "up", "a/database": "starting" });
    expect(await later(60, broken)).toEqual({ "a/site": "up", "a/database": "down" });
    expect(await later(5, { ...broken, database: true })).toEqual({ "a/site": "up", "a/database": "up" });
  });

  test("a site that says nothing of its database leaves it to Adminer's being there", async () => {
    expect(await later(5, { up: true })).toEqual({ "a/site": "up", "a/database": "up" });
  });

  test("a cache is listed only where there is one", async () => {
    expect(await later(5, { up: true, database: true, cache: true })).toHaveProperty(["a/cache"], "up");
    expect(await later(5, { up: true, database: true, cache: false })).toHaveProperty(["a/cache"], "starting");
    expect(await later(5, { up: true, database: true, cache: null })).not.toHaveProperty(["a/cache"]);
  });

  test("what never answered is starting for a minute, and then down", async () => {
    const refused = { up: false };
    expect(await later(5, refused)).toEqual({ "a/site": "starting", "a/database": "starting" });
    expect(await later(54, refused)).toEqual({ "a/site": "starting", "a/database": "starting" });
    expect(await later(3, refused)).toEqual({ "a/site": "down", "a/database": "down" });
  });

  test("what is stopped is down at once, and starting when it is started again", async () => {
    await later(5, answer);
    expect(await later(5, { up: false, gone: true })).toEqual({ "a/site": "down", "a/database": "down" });
    expect(await later(500, { up: false, gone: true })).toEqual({ "a/site": "down", "a/database": "down" });
    expect(await later(5, { up: false })).toEqual({ "a/site": "starting", "a/database": "starting" });
    expect(await later(5, { up: true, database: true })).toEqual({ "a/site": "up", "a/database": "up" });
  });

  test("what is being created has no name yet, and is starting", async () => {
    expect(await later(5, { up: false, gone: true })).toEqual({ "a/site": "starting", "a/database": "starting" });
  });
});

describe("rounds", () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => ({ id: `${index}`, probe: `${index}` }));
  const prober = (count: number, options: Options) => portal.createProber(many(count), options);

  test("all visitors share one round while it is fresh", async () => {
    let asked = 0;
    let time = 0;
    const shared = prober(10, {
      now: () => time,
      probe: async () => {
        asked += 1;
        return { up: true };
      },
    });
    await Promise.all(Array.from({ length: 50 }, () => shared.refresh(PATIENCE)));
    time = 1999;
    await shared.refresh(PATIENCE);
    expect(asked).toBe(10);
    time = 2000;
    await shared.refresh(PATIENCE);
    expect(asked).toBe(20);
  });

  test("400 services are asked once each, no more than the cap at a time", async () => {
    const asked: string[] = [];
    let running = 0;
    let most = 0;
    const capped = prober(400, {
      concurrency: 7,
      probe: async (url) => {
        asked.push(url);
        running += 1;
        most = Math.max(most, running);
        await new Promise(setImmediate);
        running -= 1;
        return { up: true };
      },
    });
    await capped.refresh(PATIENCE);
    expect(most).toBe(7);
    expect(asked).toEqual(many(400).map(({ id }) => id));
    expect(new Set(Object.values(capped.status().services))).toEqual(new Set(["up"]));
  });

  test.each([
    { took: 100, pause: 2000 },
    { took: 3000, pause: 6000 },
    { took: 60_000, pause: 10_000 },
  ])("a round of $took ms is repeated after $pause ms", async ({ took, pause }) => {
    let asked = 0;
    let time = 0;
    const slow = prober(1, {
      now: () => time,
      probe: async () => {
        asked += 1;
        time += took;
        return { up: true };
      },
    });
    await slow.refresh(PATIENCE);
    time += pause - 1;
    await slow.refresh(PATIENCE);
    expect(asked).toBe(1);
    time += 1;
    await slow.refresh(PATIENCE);
    expect(asked).toBe(2);
  });

  test("nobody waits longer than they want to, and what came back by then is shown", async () => {
    let release = () => {};
    const hanging = new Promise<Outcome>((resolve) => {
      release = () => resolve({ up: false });
    });
    const half = prober(2, { probe: async (url) => (url === "0" ? { up: true } : hanging) });
    await half.refresh(20);
    expect(half.status()).toEqual({ checkedAt: null, services: { "0": "up", "1": "unknown" } });
    release();
    await half.refresh(PATIENCE);
    expect(half.status().services).toEqual({ "0": "up", "1": "starting" });
  });
});

describe("a probe over HTTP", () => {
  let server: Server | undefined;

  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
    server = undefined;
  });

  async function ask(listener: RequestListener): Promise<Outcome> {
    const listening = createServer(listener);
    server = listening;
    await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
    return portal.httpProbe(`http://127.0.0.1:${(listening.address() as AddressInfo).port}/-/status`);
  }

  test.each([
    [200, true],
    [302, true],
    [404, true],
    [499, true],
    [500, false],
    [503, false],
  ])("status %i: up %s", async (status, up) => {
    expect(await ask((_, response) => response.writeHead(status).end("<p>"))).toEqual({ up });
  });

  test("a site's report is read, even with a status that says unavailable", async () => {
    const outcome = await ask((_, response) => response.writeHead(503).end('{"database":false,"cache":true}'));
    expect(outcome).toEqual({ up: true, database: false, cache: true });
  });

  test("the connection is not kept", async () => {
    let connection: string | undefined;
    await ask((request, response) => {
      connection = request.headers.connection;
      response.end();
    });
    expect(connection).toBe("close");
  });

  test("a connection that is cut off", async () => {
    expect(await ask((request) => request.socket.destroy())).toEqual({ up: false, gone: false });
  });

  test("an answer without an end is not read to its end", async () => {
    const outcome = await ask((_, response) => {
      const more = () => response.destroyed || response.write("x".repeat(16_384), more);
      more();
    });
    expect(outcome).toEqual({ up: true });
  });

  test("a silent service is given up after two seconds", async () => {
    const started = performance.now();
    expect(await ask(() => {})).toEqual({ up: false, gone: false });
    expect(performance.now() - started).toBeGreaterThan(1900);
  });

  test("a host name that nobody has", async () => {
    expect(await portal.httpProbe("http://nobody.invalid:8080/")).toEqual({ up: false, gone: true });
  });
});

test.each<[string, object]>([
  ['{"database":true,"cache":null}', { up: true, database: true, cache: null }],
  ['{"database":false}', { up: true, database: false, cache: null }],
  ['{"database":"yes"}', {}],
  ["[]", {}],
  ["null", {}],
  ["ok", {}],
])("the report %s", (body, expected) => {
  expect(portal.readReport(body)).toEqual(expected);
});
