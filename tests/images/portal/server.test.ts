import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

const assets = { style: "body{}", live: "live()", retry: "retry()" };
const config = {
  team: "muster",
  domain: "localhost",
  url: "http://localhost:8080",
  members: [
    {
      id: "alice",
      name: "Alice Kim",
      services: [{ kind: "site", name: "Site", url: "http://alice.localhost:8080", probe: "http://web/-/status" }],
    },
  ],
  services: [],
};

let server: Server;
let origin: string;

beforeAll(async () => {
  const { createHandler } = await import("../../../images/portal/server.mjs");
  const { createProber, targetsOf } = await import("../../../images/portal/prober.mjs");
  const prober = createProber(targetsOf(config), {
    probe: async () => ({ up: true, database: true, cache: true }),
    now: () => 0,
  });
  server = createServer(createHandler({ config, prober, assets }));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const get = (path: string, headers: Record<string, string> = {}) => fetch(origin + path, { headers });
const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

test("the page, with a policy that lets nothing run but what is in it", async () => {
  const response = await get("/?anything");
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  expect(response.headers.get("content-security-policy")).toBe(
    [
      "default-src 'none'",
      `style-src ${hash("body{}")}`,
      `script-src ${hash("live()")} ${hash("retry()")}`,
      "connect-src 'self'",
      "img-src data:",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
  );
  const body = await response.text();
  expect(body).toContain("Alice Kim");
  expect(body).toContain('data-service="alice/site" data-state="up"');
});

test("a page that has not changed is not sent again, compressed on its way or not", async () => {
  const tag = (await get("/")).headers.get("etag") ?? "";
  expect(tag).toMatch(/^"[0-9a-f]{20}"$/);
  for (const known of [tag, `W/${tag}`, `"other", ${tag}`]) {
    const response = await get("/", { "if-none-match": known });
    expect([response.status, await response.text()]).toEqual([304, ""]);
  }
  expect((await get("/", { "if-none-match": '"other"' })).status).toBe(200);
});

test("the states", async () => {
  const response = await get("/api/status");
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(await response.json()).toEqual({
    checkedAt: "1970-01-01T00:00:00.000Z",
    services: { "alice/site": "up", "alice/cache": "up" },
    roster: expect.stringMatching(/^[0-9a-f]{12}$/),
  });
});

test("the page carries the roster's mark, by which it notices a new one", async () => {
  const { roster } = (await (await get("/api/status")).json()) as { roster: string };
  expect(await (await get("/")).text()).toContain(`data-roster="${roster}"`);
});

test("without a CI there is nothing of tests and releases", async () => {
  expect(await (await get("/")).text()).not.toContain("Tests and releases");
  expect(await (await get("/api/delivery")).text()).toBe("");
});

test("tests and releases are in the page, and by themselves for its script", async () => {
  const { createHandler } = await import("../../../images/portal/server.mjs");
  const { createProber } = await import("../../../images/portal/prober.mjs");
  const { createDelivery } = await import("../../../images/portal/delivery.mjs");
  const delivery = {
    ...{ ciApi: "http://ci", ciUrl: "http://ci.x", liveApi: "http://live", deployBranch: "main" },
    repositories: [{ name: "app", gitUrl: "http://git.x/app/", liveUrl: "http://live.x" }],
  };
  const silent = async () => ({ status: 0, body: "", whole: false, gone: true });
  const known = { ...config, delivery, services: [{ kind: "git", name: "Git", url: "http://git.x" }] };
  const handle = createHandler({
    config: known,
    prober: createProber([]),
    assets,
    delivery: createDelivery(known, { ask: silent }),
  });
  const other = createServer(handle);
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  try {
    const page = await (await fetch(address)).text();
    const response = await fetch(`${address}/api/delivery`);
    const part = await response.text();
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(part).toContain("The CI does not answer at the moment.");
    expect(page).toContain(`<div id="delivery">${part}</div>`);
    expect(page).toContain("git push -o ci.wait");
    const again = await fetch(`${address}/api/delivery`, {
      headers: { "if-none-match": response.headers.get("etag") ?? "" },
    });
    expect(again.status).toBe(304);
  } finally {
    other.closeAllConnections();
    await new Promise((resolve) => other.close(resolve));
  }
});

test("health", async () => {
  const response = await get("/-/health");
  expect([response.status, await response.text()]).toEqual([200, "ok\n"]);
});

describe("the pages for the gateway", () => {
  const unavailable = (headers: Record<string, string>) => get("/-/unavailable", headers);

  test("a browser gets a page", async () => {
    const response = await unavailable({
      accept: "text/html,*/*;q=0.8",
      "x-muster-member": "alice",
      "x-muster-service": "site",
    });
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("3");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("x-muster-unavailable")).toBe("1");
    expect(await response.text()).toContain("<h1>alice&#39;s site is starting</h1>");
  });

  test.each<[Record<string, string>, number, string]>([
    [
      { "x-muster-member": "alice", "x-muster-service": "site" },
      503,
      "alice's site is starting. Try again in a few seconds.\n",
    ],
    [
      { "x-muster-member": "alice", "x-muster-service": "site", "x-muster-broken": "504" },
      504,
      "alice's site did not finish its answer. Try again.\n",
    ],
    [
      { "x-muster-member": "alice", "x-muster-service": "site", "x-muster-broken": "200" },
      503,
      "alice's site is starting. Try again in a few seconds.\n",
    ],
    [
      { "x-muster-member": "bob", "x-muster-service": "editor" },
      404,
      "bob is not on the roster. See http://localhost:8080\n",
    ],
    [{}, 404, "There is nothing here. See http://localhost:8080\n"],
  ])("a program gets a line: %j", async (headers, status, line) => {
    const response = await unavailable({ accept: "*/*", ...headers });
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect([response.status, await response.text()]).toEqual([status, line]);
  });
});

test("other addresses", async () => {
  const response = await get("/nothing", { accept: "text/html" });
  expect(response.status).toBe(404);
  expect(await response.text()).toContain("<h1>There is nothing here</h1>");
});

test("HEAD has no body, and other methods are refused", async () => {
  const head = await fetch(`${origin}/`, { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);
  const post = await fetch(`${origin}/`, { method: "POST", body: "x" });
  expect([post.status, post.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
});

describe("the browser's language", () => {
  const korean = { "accept-language": "ko-KR,ko;q=0.9,en;q=0.8" };

  test("all of a page is in it", async () => {
    const response = await get("/", korean);
    expect(response.headers.get("vary")).toBe("accept, accept-language");
    const page = await response.text();
    expect(page).toContain('<html lang="ko"');
    // Every element's own text: names and what is typed in a terminal may be in Latin letters, sentences may not.
    const texts = page
      .slice(page.indexOf("<body>"))
      .replace(/<(script|code)\b[^>]*>.*?<\/\1>/gs, "")
      .split(/<[^>]*>/);
    const foreign = texts.map((text) => text.trim()).filter((text) => /[a-z]{2}/i.test(text) && !/[가-힣]/.test(text));
    expect([...new Set(foreign)].sort()).toEqual(["(Alice Kim)", "AK", "Alice Kim", "Muster", "alice", "muster"]);
  });

  test("so are notices, and the lines for programs", async () => {
    const of = { "x-muster-member": "alice", "x-muster-service": "editor", ...korean };
    const page = await get("/-/unavailable", { accept: "text/html", ...of, "x-muster-service": "site" });
    expect(await page.text()).toContain("<h1>alice님의 사이트 시작 중</h1>");
    expect(await (await get("/-/unavailable", of)).text()).toBe(
      "alice님에게 없는 서비스입니다: 편집기. 참고: http://localhost:8080\n",
    );
  });

  test("others get English", async () => {
    expect(await (await get("/", { "accept-language": "de,fr;q=0.5" })).text()).toContain('<html lang="en"');
  });
});

test.each([
  [22, ""],
  [20, "ends in 20 days"],
  [0.5, "ends within a day"],
  [-1, "has ended"],
])("a certificate that ends in %d days", async (days, text) => {
  const end = Math.floor(Date.now() / 1000 + days * 86_400 + 60);
  const page = await (await get("/", { "x-muster-certificate": String(end) })).text();
  expect(page.includes("The certificate of these addresses")).toBe(text !== "");
  expect(page).toContain(text);
});
