import { loadavg } from "node:os";
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
/** What is asked for, in the member's clone, and its size in bytes. */
const FILE = "bench.txt";
const SIZE = 10_240;
/** Large enough for a reader to be slow at. */
const LARGE = 30_000_000;

/** Seconds of one series; the cases take turns this often. */
const SECONDS = 4;
const ROUNDS = 5;
/** Connections that a site of the default size serves side by side. */
const CONNECTIONS = 4;
const NORMAL = 200;
const SLOW = 500;

export interface LoadFigures {
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
type Case = readonly [name: string, connections: number, work: () => Promise<Series>];

/**
 * One file of a member's site, from the container, through a gateway with TLS that lets everybody in, and through one that
 * asks who it is; then with slow clients beside. A team with a domain is up.
 */
export async function measureGateway(docker: Docker, progress: Progress): Promise<LoadFigures[]> {
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
    const direct = (connections: number) => () => series(`http://${address}:13380/${FILE}`, connections);
    const open = (connections: number) => () => series(`https://127.0.0.1:${OPEN_PORT}/${FILE}`, connections);
    const asking = (connections: number) => () => series(`https://127.0.0.1:${PORT}/${FILE}`, connections, cookie);
    const figures: LoadFigures[] = [];
    for (const connections of [CONNECTIONS, 1]) {
      const cases: Case[] = [
        ["container, no TLS", connections, direct(connections)],
        ["gateway, TLS, public", connections, open(connections)],
        ["gateway, TLS, sign-in asked", connections, asking(connections)],
      ];
      figures.push(...(await progress.step(`The gateway, ${connections} connections`, () => inTurn(cases))));
    }
    const beside = async () => {
      const slow = await slowClients(cookie);
      try {
        return await asking(NORMAL)();
      } finally {
        for (const socket of slow) socket.destroy();
      }
    };
    const crowd: Case[] = [
      ["gateway, TLS, sign-in asked", NORMAL, asking(NORMAL)],
      [`beside ${SLOW} slow clients`, NORMAL, beside],
    ];
    figures.push(...(await progress.step(`The gateway, ${SLOW} slow clients`, () => inTurn(crowd))));
    return figures;
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
    ...env.flatMap((line) => ["--env", line]),
    gateway.Config.Image,
  );
}

/** The cases one after the other, and all of them again: what else the machine does is shared out. */
async function inTurn(cases: readonly Case[]): Promise<LoadFigures[]> {
  const before = loadavg()[0] as number;
  const found = cases.map((): Series[] => []);
  // What is asked for the first time is in no cache.
  for (const [, , work] of cases) await work();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, [, , work]] of cases.entries()) found[index]?.push(await work());
  }
  const after = loadavg()[0] as number;
  return cases.map(([name, connections], index) => {
    const all = found[index] as Series[];
    const median = (key: keyof Series) => all.map((each) => each[key]).sort((a, b) => a - b)[ROUNDS >> 1] as number;
    return {
      case: name,
      connections,
      ...{ perSecond: median("perSecond"), mean: median("mean"), p99: median("p99") },
      failed: all.reduce((sum, { failed }) => sum + failed, 0),
      load: [before, after],
    };
  });
}

/** One run of wrk, over connections that are kept. */
async function series(url: string, connections: number, cookie?: string): Promise<Series> {
  const report =
    "done = function(summary, latency) local e = summary.errors; io.write(string.format('RESULT %d %d %f %f %d', " +
    "summary.requests, summary.duration, latency.mean, latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout)) end";
  const { code, stdout, stderr } = await capture(
    "wrk",
    [
      ...["-t", connections > 1 ? "2" : "1", "-c", String(connections), "-d", `${SECONDS}s`, "--timeout", "10s"],
      ...["-H", `Host: ${HOST}`, ...(cookie === undefined ? [] : ["-H", `Cookie: ${cookie}`])],
      ...["-s", "/dev/stdin", url],
    ],
    { input: report },
  );
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
      });
      const timer = setInterval(() => (sends ? socket.write("x") : socket.read(1024)), 1000);
      socket.on("close", () => clearInterval(timer));
      return new Promise<TLSSocket>((resolve) => socket.once("secureConnect", () => resolve(socket)));
    }),
  );
  return sockets;
}

export function reportGateway(figures: readonly LoadFigures[]): string {
  const [direct, open, asked] = figures.filter(({ connections }) => connections === CONNECTIONS);
  const [, alone, checked] = figures.filter(({ connections }) => connections === 1);
  const [calm, crowd] = figures.filter(({ connections }) => connections === NORMAL);
  const lines = [
    direct && open && asked
      ? `With TLS the gateway answers ${(open.perSecond / direct.perSecond).toFixed(2)} × as many requests as the container, ${(asked.perSecond / direct.perSecond).toFixed(2)} × where it asks who it is.`
      : "",
    alone && checked ? `To be asked costs a request ${(checked.mean - alone.mean).toFixed(2)} ms.` : "",
    calm && crowd ? `Beside slow clients p99 is ${(crowd.p99 / calm.p99).toFixed(2)} ×.` : "",
  ];
  return [
    formatTable([
      [`${SIZE} BYTES FROM`, "CONNECTIONS", "PER SECOND", "MEAN ms", "P99 ms", "FAILED", "LOAD"],
      ...figures.map(({ case: name, connections, perSecond, mean, p99, failed, load: [before, after] }) => [
        name,
        String(connections),
        perSecond.toFixed(0),
        mean.toFixed(2),
        p99.toFixed(1),
        String(failed),
        `${before.toFixed(1)}–${after.toFixed(1)}`,
      ]),
    ]),
    ...lines.filter(Boolean),
  ].join("\n");
}
