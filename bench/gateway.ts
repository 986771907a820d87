import { loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, type TLSSocket } from "node:tls";
import { UserError } from "../cli/errors";
import type { Progress } from "../cli/progress";
import { formatTable } from "../cli/table";
import type { Docker } from "../cli/tools/docker";
import { capture } from "../cli/tools/process";
import { DOMAIN, PORT, TEAM } from "./team";

/** The second gateway: the same one, but everybody may see the sites. */
const OPEN = `${TEAM}-open-gateway`;
const OPEN_PORT = PORT + 1;
const HOST = `m1.${DOMAIN}:${PORT}`;
/** What is asked for: a file of so many bytes, and the page of the starter project. */
const FILE = "bench.txt";
const SIZE = 10_240;
const PAGE = "index.php";
/** Large enough for a reader to be slow at, and small enough for the gateway to keep it for all of them. */
const LARGE = 2_000_000;

/** Seconds of one series; the cases take turns this often. */
const SECONDS = 4;
const ROUNDS = 5;
/** Connections that a site of the default size serves side by side. */
const CONNECTIONS = 4;
const NORMAL = 200;
const SLOW = 500;
/** Milliseconds that a gateway may take to start. */
const START = 30_000;

const DIRECT = "the container, no TLS";
const PUBLIC = "the gateway, TLS, public";
const ASKED = "the gateway, TLS, sign-in asked";
const CROWDED = `the same beside ${SLOW} slow clients`;

export interface LoadFigures {
  /** What is asked for. */
  readonly path: string;
  readonly case: string;
  readonly connections: number;
  /** Medians of the rounds; milliseconds. */
  readonly perSecond: number;
  readonly mean: number;
  readonly p99: number;
  /** Answers that were none, or errors, in all rounds. */
  readonly failed: number;
  /** Of the machine, before the first round and after the last. */
  readonly load: readonly [number, number];
}

type Series = Pick<LoadFigures, "perSecond" | "mean" | "p99" | "failed">;
type Case = readonly [name: string, path: string, connections: number, work: () => Promise<Series>];

/**
 * A file and a page of a member's site, from the container, through a gateway with TLS that lets everybody in, and through one that
 * asks who it is; then with slow clients beside. A team with a domain is up. Yields the figures of cases that took turns.
 */
export async function* measureGateway(docker: Docker, progress: Progress): AsyncGenerator<LoadFigures[]> {
  await needsWrk();
  const inspect = async (container: string, format: string) =>
    (await docker.run("inspect", "-f", format, container)).trim();
  const write = `yes x | tr -d '\\n' | head -c ${SIZE} > ${FILE}; head -c ${LARGE} /dev/urandom > large.bin`;
  await docker.run("exec", `${TEAM}-m1-code`, "sh", "-c", `cd /workspace/app/public && ${write}`);
  const address = await inspect(`${TEAM}-m1-web`, `{{(index .NetworkSettings.Networks "${TEAM}").IPAddress}}`);
  const asked = await docker.run("exec", `${TEAM}-access`, "node", "/opt/muster/ask.mjs", "session");
  const { cookie } = JSON.parse(asked) as { cookie: string };
  await openGateway(docker);
  try {
    const direct = (path: string, connections: number) => () => series(`http://${address}:13380/${path}`, connections);
    const open = (path: string, connections: number) => () =>
      series(`https://127.0.0.1:${OPEN_PORT}/${path}`, connections);
    const asking = (path: string, connections: number) => () =>
      series(`https://127.0.0.1:${PORT}/${path}`, connections, cookie);
    for (const [path, connections] of [
      [FILE, CONNECTIONS],
      [PAGE, CONNECTIONS],
      [FILE, 1],
    ] as const) {
      const cases: Case[] = [
        [DIRECT, path, connections, direct(path, connections)],
        [PUBLIC, path, connections, open(path, connections)],
        [ASKED, path, connections, asking(path, connections)],
      ];
      yield await progress.step(`The gateway: ${path}, ${connections} connections`, () => inTurn(cases));
    }
    const beside = async () => {
      const slow = await slowClients(cookie);
      try {
        return await asking(FILE, NORMAL)();
      } finally {
        for (const socket of slow) socket.destroy();
      }
    };
    const crowd: Case[] = [
      [ASKED, FILE, NORMAL, asking(FILE, NORMAL)],
      [CROWDED, FILE, NORMAL, beside],
    ];
    yield await progress.step(`The gateway, ${SLOW} slow clients`, () => inTurn(crowd));
  } finally {
    await docker.run("rm", "--force", OPEN);
  }
}

async function needsWrk(): Promise<void> {
  if ((await capture("wrk", ["-v"])).code === 127)
    throw new UserError("--gateway measures with wrk: apt-get install wrk");
}

/** The gateway of the team once more, with another level. */
async function openGateway(docker: Docker): Promise<void> {
  const [gateway] = JSON.parse(await docker.run("inspect", `${TEAM}-gateway`));
  const env = (gateway.Config.Env as string[]).map((line) =>
    line.startsWith("GATEWAY_LEVELS=") ? line.replace(/\bsite=\w+/, "site=public") : line,
  );
  await docker.run("rm", "--force", OPEN).catch(() => undefined);
  await docker.run(
    ...["run", "--detach", "--init", "--name", OPEN, "--network", TEAM, "--cap-drop", "ALL"],
    ...["--memory", String(gateway.HostConfig.Memory), "--publish", `127.0.0.1:${OPEN_PORT}:8080`],
    ...Object.entries(gateway.HostConfig.Sysctls ?? {}).flatMap(([name, value]) => ["--sysctl", `${name}=${value}`]),
    ...env.flatMap((line) => ["--env", line]),
    gateway.Config.Image,
  );
  const deadline = performance.now() + START;
  while (!(await encrypts(OPEN_PORT))) {
    if (performance.now() > deadline) throw new UserError(`${OPEN} does not answer: docker logs ${OPEN}`);
    await sleep(200);
  }
}

function encrypts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false });
    socket.once("secureConnect", () => resolve(true));
    socket.on("error", () => resolve(false));
    socket.on("close", () => resolve(false));
    socket.on("secureConnect", () => socket.destroy());
  });
}

/** The cases one after the other, and all of them again: what else the machine does is shared out. */
async function inTurn(cases: readonly Case[]): Promise<LoadFigures[]> {
  const before = loadavg()[0] as number;
  const found = cases.map((): Series[] => []);
  // What is asked for the first time is in no cache.
  for (const [, , , work] of cases) await work();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, [, , , work]] of cases.entries()) found[index]?.push(await work());
  }
  const after = loadavg()[0] as number;
  return cases.map(([name, path, connections], index) => {
    const all = found[index] as Series[];
    const median = (key: keyof Series) => all.map((each) => each[key]).sort((a, b) => a - b)[ROUNDS >> 1] as number;
    return {
      ...{ case: name, path, connections },
      ...{ perSecond: median("perSecond"), mean: median("mean"), p99: median("p99") },
      failed: all.reduce((sum, { failed }) => sum + failed, 0),
      load: [before, after],
    };
  });
}

/** One run of wrk, over connections that are kept. */
async function series(url: string, connections: number, cookie?: string): Promise<Series> {
  const { code, stdout, stderr } = await capture("wrk", [
    ...["-t", connections > 1 ? "2" : "1", "-c", String(connections), "-d", `${SECONDS}s`, "--timeout", "10s"],
    ...["-H", `Host: ${HOST}`, ...(cookie === undefined ? [] : ["-H", `Cookie: ${cookie}`])],
    ...["-s", join(__dirname, "wrk.lua"), url],
  ]);
  const numbers = /RESULT (\d+) (\d+) ([\d.]+) ([\d.]+) (\d+)/.exec(stdout)?.slice(1).map(Number);
  if (code !== 0 || numbers === undefined) throw new UserError(`wrk failed:\n${stdout}\n${stderr}`);
  const [requests, microseconds, mean, p99, failed] = numbers as [number, number, number, number, number];
  return { perSecond: (requests / microseconds) * 1e6, mean: mean / 1000, p99: p99 / 1000, failed };
}

/** Half of them send a byte of a body now and then, half take a large file as slowly. */
async function slowClients(cookie: string): Promise<TLSSocket[]> {
  const sockets = await Promise.all(
    Array.from({ length: SLOW }, (_, index) => {
      const sends = index % 2 === 0;
      const socket = connect({ host: "127.0.0.1", port: PORT, rejectUnauthorized: false });
      const head = (line: string, more = "") => `${line} HTTP/1.1\r\nHost: ${HOST}\r\nCookie: ${cookie}\r\n${more}\r\n`;
      socket.on("error", () => undefined);
      socket.on("secureConnect", () => {
        socket.write(sends ? head("POST /index.php", "Content-Length: 100000\r\n") : head("GET /large.bin"));
        if (!sends) socket.pause();
        const timer = setInterval(() => (sends ? socket.write("x") : socket.read(1024)), 1000);
        socket.on("close", () => clearInterval(timer));
      });
      return new Promise<TLSSocket>((resolve, reject) => {
        socket.once("secureConnect", () => resolve(socket));
        socket.once("close", () => reject(new UserError("The gateway closed the connection of a slow client.")));
      });
    }),
  );
  return sockets;
}

export const gatewayTable = (figures: readonly LoadFigures[]): string =>
  formatTable([
    ["FROM", "WHAT", "CONNECTIONS", "PER SECOND", "MEAN ms", "P99 ms", "FAILED", "LOAD"],
    ...figures.map(({ case: name, path, connections, perSecond, mean, p99, failed, load: [before, after] }) => [
      ...[name, path, String(connections), perSecond.toFixed(0), mean.toFixed(2), p99.toFixed(1), String(failed)],
      `${before.toFixed(1)}–${after.toFixed(1)}`,
    ]),
  ]);

/** What all figures together say. */
export function gatewaySummary(figures: readonly LoadFigures[]): string {
  const of = (name: string, path: string, connections: number) =>
    figures.find((each) => each.case === name && each.path === path && each.connections === connections) as LoadFigures;
  const shares = [FILE, PAGE].map((path) => {
    const rate = (name: string) => of(name, path, CONNECTIONS).perSecond;
    const share = (name: string) => (rate(name) / rate(DIRECT)).toFixed(2);
    return `${path}: the gateway answers ${share(PUBLIC)} × as many requests as the container, ${share(ASKED)} × where it asks who it is.`;
  });
  const cost = of(ASKED, FILE, 1).mean - of(PUBLIC, FILE, 1).mean;
  const crowd = of(CROWDED, FILE, NORMAL).p99 / of(ASKED, FILE, NORMAL).p99;
  return [
    ...shares,
    `To be asked costs a request ${cost.toFixed(2)} ms; beside slow clients p99 is ${crowd.toFixed(2)} ×.`,
  ].join("\n");
}
