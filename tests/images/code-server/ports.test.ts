import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";

const ports = require("../../../images/code-server/ports/server.cjs");
const rewriting = require("../../../images/code-server/ports/rewriting.cjs");

const KEY = "5".repeat(64);
const folder = mkdtempSync(join(tmpdir(), "ports-"));
const shared = join(folder, "shared-ports");
afterAll(() => rmSync(folder, { recursive: true }));

const listening: Server[] = [];
afterEach(async () => {
  await Promise.all(
    listening.splice(0).map((server) => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      return closed;
    }),
  );
});

function listen(server: Server, host: string): Promise<number> {
  listening.push(server);
  return new Promise((resolve) => server.listen(0, host, () => resolve((server.address() as AddressInfo).port)));
}

/** What a member's program answers, as a visitor of its address gets it. */
async function visit(
  program: RequestListener,
  { host = "127.0.0.1", domain = "dev.test", path = "/", headers = {}, options = {} } = {},
) {
  const port = await listen(createServer(program), host);
  const entrance = await listen(ports.createServer({ shared, ...options }), "127.0.0.1");
  const name = `${port}--alice.${domain}:8443`;
  return { port, name, ...(await ask(entrance, path, { host: name, "x-forwarded-proto": "https", ...headers })) };
}

function ask(port: number, path: string, headers: Record<string, string>) {
  return new Promise<{ status: number; headers: IncomingMessage["headers"]; body: string }>((resolve, reject) => {
    const call = httpRequest({ host: "127.0.0.1", port, path, headers, agent: false }, (answer) => {
      let body = "";
      answer.setEncoding("utf8").on("data", (text) => (body += text));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
      answer.on("error", reject);
    });
    call.on("error", reject).end();
  });
}

const told: RequestListener = ({ headers }, response) => response.end(JSON.stringify(headers));

describe("a program with rules for its visitors", () => {
  test.each(["127.0.0.1", "::1"])("is visited from its own machine, where it listens on %s", async (host) => {
    const headers = { origin: "", referer: "" };
    const { port, name, body } = await visit(told, { host, headers });
    expect(JSON.parse(body)).toMatchObject({ host: `localhost:${port}`, "x-forwarded-proto": "https" });
    expect(name).toMatch(/--alice/);
  });

  test("its pages are its own origin, and others are not", () => {
    const target = { host: "8000--alice.dev.test", scheme: "https", port: 8000, program: "python3" };
    const raw = ["Origin", "https://8000--alice.dev.test", "Referer", "https://8000--alice.dev.test/form?a"];
    expect(rewriting.requestHeaders(raw, target)).toEqual([
      "Origin",
      "http://localhost:8000",
      "Referer",
      "http://localhost:8000/form?a",
    ]);
    const evil = ["Origin", "https://8000--alice.dev.test.evil.example", "Referer", "https://bob.dev.test/"];
    expect(rewriting.requestHeaders(evil, target)).toEqual(evil);
  });

  test("what it says of itself is its public address", async () => {
    const { port, name, headers } = await visit((request, response) => {
      response.setHeader("location", `http://${request.headers.host}/next`);
      response.setHeader("set-cookie", ["a=1; Domain=localhost; Path=/", "b=2; Path=/"]);
      response.writeHead(302).end();
    });
    expect(headers.location).toBe(`https://${name}/next`);
    expect(headers["set-cookie"]).toEqual(["a=1; Path=/", "b=2; Path=/"]);
    expect(port).toBeGreaterThan(0);
  });

  test.each([
    ["php", "8000--alice.dev.test"],
    ["node", "8000--alice.localhost:8080"],
  ])("%s at %s is visited by its public name", (program, host) => {
    const raw = ["Host", host, "Origin", `http://${host}`];
    expect(rewriting.requestHeaders(raw, { host, scheme: "http", port: 8000, program })).toEqual(raw);
  });
});

test.each([
  [
    "webpack-dev-server 5",
    "/main.js",
    (port: string) => `"client.js?hostname=0.0.0.0&port=${port}&pathname=%2Fws&x=1"`,
  ],
  ["webpack-dev-server 6", "/a.js?1", (port: string) => `"client.js?url=%7B%22port%22%3A${port}%2C%22pathname%22%3A1"`],
  ["Vite within Storybook", "/@vite/client", (port: string) => `const hmrPort = ${port};`],
])("%s connects to the page's own port to reload it, wherever the file is cut", async (_, path, script) => {
  let accepted: string | undefined;
  const { port, body, headers } = await visit(
    ({ headers }, response) => {
      accepted = headers["accept-encoding"];
      const text = script(headers.host?.split(":")[1] ?? "").repeat(3);
      response.setHeader("content-length", text.length);
      for (const part of text.match(/.{1,7}/g) ?? []) response.write(part);
      response.end();
    },
    { path, headers: { "accept-encoding": "gzip" } },
  );
  expect(accepted).toBeUndefined();
  expect(body).toHaveLength(Number(headers["content-length"]));
  expect(body).not.toContain(String(port));
  expect(body.match(/&port=0&+pathname=|%22port%22%3A0\.0+%2C|hmrPort = 0 +;/g)).toHaveLength(3);
});

test("WebSockets pass in both directions", async () => {
  const program = createServer();
  program.on("upgrade", (request, socket) => {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n${request.headers.host};`,
    );
    socket.on("data", (data: Buffer) => socket.end(data));
  });
  const port = await listen(program, "127.0.0.1");
  const entrance = await listen(ports.createServer({ shared }), "127.0.0.1");
  const text = await new Promise<string>((resolve, reject) => {
    const headers = { host: `${port}--alice.dev.test`, connection: "Upgrade", upgrade: "echo" };
    const call = httpRequest({ host: "127.0.0.1", port: entrance, headers });
    call.on("upgrade", (_, socket, head) => {
      let all = String(head);
      socket.on("data", (data) => (all += data)).on("end", () => resolve(all));
      socket.write("hello");
    });
    call.on("error", reject).end();
  });
  expect(text).toBe(`localhost:${port};hello`);
});

describe("where nothing listens", () => {
  let free: number;
  beforeAll(async () => {
    const server = createServer();
    free = await listen(server, "127.0.0.1");
    await new Promise((resolve) => server.close(resolve));
    listening.length = 0;
  });

  test.each([
    ["en", `Nothing listens on port`, "in Alice &#60;b&#62;’s editor"],
    ["ko-KR,ko;q=0.9", "실행 중인 서버가 없습니다", "Alice &#60;b&#62; 님의"],
  ])("a page in %s says so, and how to start", async (language, title, owner) => {
    const entrance = await listen(ports.createServer({ shared, owner: "Alice <b>" }), "127.0.0.1");
    const headers = { host: `${free}--alice.localhost`, accept: "text/html", "accept-language": language };
    const { status, body } = await ask(entrance, "/", headers);
    expect(status).toBe(503);
    for (const text of [title, owner, `php -S localhost:${free}`]) expect(body).toContain(text);
  });

  test("the editor and its database are no members' programs", async () => {
    const entrance = await listen(ports.createServer({ shared }), "127.0.0.1");
    for (const port of [13337, 13338, 3306]) {
      expect((await ask(entrance, "/", { host: `${port}--alice.localhost` })).status).toBe(503);
    }
  });
});

test("where members sign in, only the gateway passes, and its proof stays here", async () => {
  const options = { key: KEY };
  expect((await visit(told, { options })).status).toBe(403);
  expect((await visit(told, { options, headers: { "x-muster-port-key": "6".repeat(64) } })).status).toBe(403);
  const { status, body } = await visit(told, { options, headers: { "x-muster-port-key": KEY } });
  expect([status, body.includes(KEY)]).toEqual([200, false]);
});

test("what is shared is told, and nothing else is there", async () => {
  const entrance = await listen(ports.createServer({ shared }), "127.0.0.1");
  const told = async (path: string) => await ask(entrance, path, { host: "tnames-alice-code:13338" });
  expect((await told("/-/shared")).body).toBe("[]");
  writeFileSync(shared, "5173\nx\n6006\n");
  expect((await told("/-/shared")).body).toBe("[5173,6006]");
  expect((await told("/")).status).toBe(404);
});
