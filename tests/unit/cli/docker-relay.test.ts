import { spawn } from "node:child_process";
import { once } from "node:events";
import fs, { existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { withRelay } from "../../../cli/tools/docker-relay";

let folder: string;
let daemon: Server;
let asked: string[];
const socket = () => join(folder, "daemon.sock");

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "muster-unit-"));
  asked = [];
  daemon = createServer(async (call, answer) => {
    asked.push(`${call.method} ${call.url}`);
    let body = "";
    for await (const part of call.setEncoding("utf8")) body += part;
    if (call.url?.endsWith("/wait")) {
      answer.flushHeaders();
      return;
    }
    answer.writeHead(call.url === "/broken" ? 500 : 200, { "Api-Version": "1.51" }).end(`${asked.length} ${body}`);
  });
  daemon.on("upgrade", (call, stream) => {
    stream.write("HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\nConnection: Upgrade\r\n\r\n");
    stream.on("data", (data: Buffer) => stream.end(`${call.url} ${data}`));
  });
  await once(daemon.listen(socket()), "listening");
});
afterEach(() => {
  jest.restoreAllMocks();
  daemon.close();
  daemon.closeAllConnections();
  rmSync(folder, { recursive: true });
});

const path = (url: string) => url.slice("unix://".length);

/** Status, a header and the body of an answer. */
async function ask(url: string, method: string, path_: string, body?: string) {
  const call = request({ socketPath: path(url), method, path: path_, headers: { connection: "close" } });
  call.end(body);
  const [answer] = await once(call, "response");
  let text = "";
  for await (const part of answer.setEncoding("utf8")) text += part;
  return `${answer.statusCode} ${answer.headers["api-version"]} ${text}`;
}

describe("between Pulumi's provider and the daemon", () => {
  test("requests pass with their bodies, and answers with theirs", async () => {
    await withRelay(socket(), async (url) => {
      expect(await ask(url, "POST", "/v1.51/volumes/create", "a body")).toBe("200 1.51 1 a body");
      expect(await ask(url, "DELETE", "/broken")).toBe("500 1.51 2 ");
      expect(await ask(url, "HEAD", "/_ping")).toBe("200 1.51 ");
      expect(asked).toEqual(["POST /v1.51/volumes/create", "DELETE /broken", "HEAD /_ping"]);
    });
  });

  test("the images are listed once, until a request may change them", async () => {
    const list = "/v1.51/images/json";
    await withRelay(socket(), async (url) => {
      expect(await Promise.all([1, 2, 3].map(() => ask(url, "GET", list)))).toEqual(Array(3).fill("200 1.51 1 "));
      await ask(url, "POST", "/v1.51/containers/create");
      await ask(url, "GET", "/v1.51/images/muster/base/json");
      expect(await ask(url, "GET", list)).toBe("200 1.51 1 ");
      await ask(url, "POST", "/v1.51/images/create?fromImage=alpine");
      expect(await ask(url, "GET", list)).toBe("200 1.51 5 ");
      expect(await ask(url, "GET", `${list}?all=1`)).toBe("200 1.51 6 ");
    });
  });

  test("headers come before a body that is waited for", async () => {
    await withRelay(socket(), async (url) => {
      const call = request({ socketPath: path(url), method: "POST", path: "/containers/a/wait" });
      call.on("error", () => undefined).end();
      const [answer] = await once(call, "response");
      expect(answer.statusCode).toBe(200);
      call.destroy();
    });
  });

  test("streams pass both ways", async () => {
    await withRelay(socket(), async (url) => {
      const stream = connect(path(url));
      stream.write("POST /exec/a/start HTTP/1.1\r\nHost: a\r\nUpgrade: tcp\r\nConnection: Upgrade\r\n\r\n");
      const [head] = await once(stream, "data");
      expect(String(head)).toContain("101 UPGRADED");
      stream.write("hello");
      const [said] = await once(stream, "data");
      expect(String(said)).toBe("/exec/a/start hello");
    });
  });

  test("the daemon is not told to hang up, which it may do before the end of a request is written", async () => {
    const connections: (string | undefined)[] = [];
    daemon.on("request", ({ headers }) => connections.push(headers.connection));
    await withRelay(socket(), async (url) => {
      await ask(url, "POST", "/volumes/create", "{}");
      await ask(url, "GET", "/images/json");
    });
    expect(connections).toEqual(["keep-alive", "keep-alive"]);
  });

  test("what killed runs left is removed, and nobody else's", async () => {
    const left = mkdtempSync(join(tmpdir(), "muster-docker-2147483646-"));
    const own = mkdtempSync(join(tmpdir(), `muster-docker-${process.pid}-`));
    await withRelay(socket(), async () => {
      expect([left, own].map((each) => existsSync(each))).toEqual([false, true]);
    });
    rmSync(own, { recursive: true });
  });

  test("what a run serves stays, also where its process is another container's", async () => {
    const made = mkdtempSync(join(tmpdir(), "muster-unit-"));
    const others = made.replace("muster-unit-", "muster-docker-2147483646-");
    const serve = `require("net").createServer().listen("${made}/docker.sock", () => console.log("ready"))`;
    const other = spawn(process.execPath, ["-e", serve], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      await once(other.stdout, "data");
      renameSync(made, others);
      await withRelay(socket(), async () => undefined);
      expect(existsSync(others)).toBe(true);
    } finally {
      other.kill("SIGKILL");
    }
    await once(other, "close");
    await withRelay(socket(), async () => undefined);
    expect(existsSync(others)).toBe(false);
  });

  test("a folder for temporary files may be one that is written and not listed", async () => {
    const list = jest.spyOn(fs, "readdirSync").mockImplementationOnce(() => {
      throw Object.assign(new Error("EACCES"), { code: "EACCES" });
    });
    await withRelay(socket(), async (url) => expect(await ask(url, "HEAD", "/_ping")).toBe("200 1.51 "));
    expect(list.mock.calls[0]?.[0]).toBe(tmpdir());
  });

  test("a daemon that went away is no answer, and the relay ends with what uses it", async () => {
    let used = "";
    const failed = withRelay(join(folder, "nobody.sock"), async (url) => {
      used = path(url);
      await expect(ask(url, "GET", "/version")).rejects.toThrow(/socket hang up|ECONNRESET/);
      await expect(ask(url, "GET", "/images/json")).rejects.toThrow(/socket hang up|ECONNRESET/);
      throw new Error("Pulumi stopped");
    });
    await expect(failed).rejects.toThrow("Pulumi stopped");
    expect(existsSync(dirname(used))).toBe(false);
  });
});
