import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive } from "./process";

/** What a daemon said, to be said again. */
interface Answer {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** What the name of a socket's folder begins with; the id of its process follows. */
const FOLDER = "muster-docker-";
const SOCKET = "docker.sock";

/** Of the connection from here to the daemon; the one to whoever asks has its own. */
const HOP = ["connection", "keep-alive", "transfer-encoding"];

/**
 * One for each request, and closed from here: a daemon that closes it after its answer may do so while Node still has the
 * end of the request to write, and Node then drops the answer.
 */
const CONNECTIONS = new Agent({ keepAlive: true, maxFreeSockets: 0 });

const IMAGE_LIST = /^\/(?:v[\d.]+\/)?images\/json(?:\?|$)/;
const CHANGES_IMAGES = /^\/(?:v[\d.]+\/)?(?:build|commit|images|session|grpc)\b/;

/**
 * Passes requests on to a daemon while `use` runs, except that it asks only once for the list of images, until a request
 * may change it. Pulumi's provider asks for it before each container, to look for an image that it has inspected by
 * then; where the engine keeps images as containerd does, each list takes a quarter of a second of CPU time or more,
 * depending on how many images of whomever there are.
 *
 * @param socket of the daemon
 * @param use gets what `DOCKER_HOST` has to be
 */
export async function withRelay<T>(socket: string, use: (url: string) => Promise<T>): Promise<T> {
  const lists = new Map<string, Promise<Answer>>();
  const server = createServer((asked, answer) => {
    const url = asked.url ?? "/";
    if (asked.method === "GET" && IMAGE_LIST.test(url)) {
      const list = lists.get(url) ?? askOnce(socket, asked);
      lists.set(url, list);
      list.then(
        ({ status, headers, body }) => {
          if (status !== 200) lists.delete(url);
          answer.writeHead(status, [...headers]).end(body);
        },
        () => {
          lists.delete(url);
          answer.destroy();
        },
      );
      return;
    }
    if (asked.method !== "GET" && asked.method !== "HEAD" && CHANGES_IMAGES.test(url)) lists.clear();
    passOn(socket, asked, answer);
  });
  server.on("upgrade", (asked: IncomingMessage, client, head: Buffer) => {
    lists.clear();
    const daemon = connect(socket);
    const lines = pairs(asked.rawHeaders).map(([name, value]) => `${name}: ${value}\r\n`);
    daemon.write(`${asked.method} ${asked.url} HTTP/1.1\r\n${lines.join("")}\r\n`);
    daemon.write(head);
    daemon.pipe(client).pipe(daemon);
    daemon.on("error", () => client.destroy());
    client.on("error", () => daemon.destroy());
  });
  // Whoever asks may keep connections as long as it likes, and send as slowly.
  Object.assign(server, { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 });

  await removeLeft();
  const folder = mkdtempSync(join(tmpdir(), `${FOLDER}${process.pid}-`));
  try {
    const path = join(folder, SOCKET);
    await new Promise<void>((done, failed) => server.once("error", failed).listen(path, done));
    return await use(`unix://${path}`);
  } finally {
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Folders of runs that were killed. */
async function removeLeft(): Promise<void> {
  for (const name of namesIn(tmpdir())) {
    const pid = new RegExp(`^${FOLDER}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const left = join(tmpdir(), name);
    // Its process may be one of another container, which counts its own.
    if (await isServed(join(left, SOCKET))) continue;
    try {
      rmSync(left, { recursive: true, force: true });
    } catch {
      // Another user's.
    }
  }
}

/** None of a folder that may be written and not listed. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Whether somebody listens, or may: only two errors say that nobody does. */
const isServed = (socket: string): Promise<boolean> =>
  new Promise((resolve) => {
    const asked = connect(socket);
    asked.on("error", ({ code = "" }: NodeJS.ErrnoException) => resolve(!["ECONNREFUSED", "ENOENT"].includes(code)));
    asked.on("connect", () => {
      asked.destroy();
      resolve(true);
    });
  });

function passOn(socketPath: string, asked: IncomingMessage, answer: ServerResponse): void {
  const call = ask(socketPath, asked, (said) => {
    answer.writeHead(said.statusCode ?? 502, said.statusMessage, headersOf(said));
    // A container's end is waited for between the headers and the body.
    answer.flushHeaders();
    said.on("error", () => answer.destroy());
    said.pipe(answer);
  });
  call.on("error", () => answer.destroy());
  answer.on("close", () => call.destroy());
  asked.pipe(call);
}

function askOnce(socketPath: string, asked: IncomingMessage): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = ask(socketPath, asked, (said) => {
      const parts: Buffer[] = [];
      said.on("data", (part: Buffer) => parts.push(part)).on("error", reject);
      said.on("end", () => {
        resolve({ status: said.statusCode ?? 502, headers: headersOf(said), body: Buffer.concat(parts) });
      });
    });
    call.on("error", reject).end();
  });
}

function ask(socketPath: string, { method, url, rawHeaders }: IncomingMessage, then: (said: IncomingMessage) => void) {
  const headers = Object.fromEntries(pairs(rawHeaders).filter(([name]) => name.toLowerCase() !== "connection"));
  return request({ socketPath, method, path: url, headers, agent: CONNECTIONS }, then);
}

const headersOf = ({ rawHeaders }: IncomingMessage): string[] =>
  pairs(rawHeaders)
    .filter(([name]) => !HOP.includes(name.toLowerCase()))
    .flat();

/** `[name, value, name, value, …]` in pairs. */
const pairs = (raw: readonly string[]): [name: string, value: string][] =>
  raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ""]] : []));
