import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { LIVE, type Team } from "../config/members";
import { ciUrl, editorUrl, gitUrl, liveUrl, portalUrl, siteUrl } from "../config/naming";
import type { Container, Docker } from "./docker";
import type { DockerHost } from "./docker-host";
import { UserError } from "./errors";
import type { Progress } from "./progress";

/** Milliseconds until an environment that does not answer counts as failed. */
const PATIENCE = 180_000;
const INTERVAL = 400;
const REQUEST_TIMEOUT = 3_000;
const LOG_LINES = 15;

/** Something that is asked through the gateway whether it works. */
export interface Target {
  /** For messages. */
  readonly title: string;
  /** The URL's own host goes into the Host header: the domain need not resolve here. */
  readonly url: string;
  readonly isReady: (answer: Answer) => boolean;
  /** Whose logs tell why it does not, as `muster.member` and `muster.component`. */
  readonly member: string | undefined;
  readonly components: readonly string[];
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

const answers = ({ status }: Answer): boolean => status === 200;

/**
 * The team's own services, and every member's site (with its database and cache) and editor. `/-/health` would not do:
 * there the gateway answers for itself, whatever the host.
 */
export function targets(team: Team): Target[] {
  return [
    {
      title: "the portal",
      url: `${portalUrl(team)}/`,
      isReady: answers,
      member: undefined,
      components: ["portal", "gateway"],
    },
    {
      title: "the git server",
      url: `${gitUrl(team)}/`,
      // Without repositories there is nothing to list, as long as all of them are on an upstream.
      isReady: (answer) => answers(answer) || (team.upstream !== undefined && answer.status === 404),
      member: undefined,
      components: ["git"],
    },
    {
      title: "the CI",
      url: `${ciUrl(team)}/`,
      isReady: answers,
      member: undefined,
      components: ["ci"],
    },
    {
      title: "the live server",
      url: `${liveUrl(team)}/-/status`,
      isReady: siteWorks,
      member: LIVE,
      components: ["web", "db", "cache"],
    },
    ...team.members.flatMap(({ id }): Target[] => [
      {
        title: `${id}'s site`,
        url: `${siteUrl(team, id)}/-/status`,
        isReady: siteWorks,
        member: id,
        components: ["web", "db", "cache"],
      },
      {
        title: `${id}'s editor`,
        url: `${editorUrl(team, id)}/healthz`,
        isReady: answers,
        member: id,
        components: ["code"],
      },
    ]),
  ];
}

/** Apache answers before its database does. `cache` is null for a member without one. */
export function siteWorks({ status, body }: Answer): boolean {
  if (status !== 200) return false;
  try {
    const { database, cache } = JSON.parse(body);
    return database === true && cache !== false;
  } catch {
    return false;
  }
}

/** Where the gateway's port is reached: on a local daemon, at the address that it is published on. */
export const gatewayAddress = (
  { listen }: Pick<Team, "listen">,
  host: Pick<DockerHost, "local" | "address">,
): string => (host.local && listen !== "0.0.0.0" ? listen : host.address);

/**
 * Waits until every target works.
 *
 * @param address where the gateway's port is reached
 * @throws UserError that names those that do not, with the last lines of their logs
 */
export async function waitUntilReady(team: Team, address: string, docker: Docker, progress: Progress): Promise<void> {
  const all = targets(team);
  let waiting: Target[] = all;
  await progress.step(
    "Waiting for every service to answer",
    async (detail) => {
      const end = performance.now() + PATIENCE;
      for (;;) {
        waiting = await notReady(waiting, address, team.port);
        if (waiting.length === 0) return;
        if (performance.now() > end) throw new UserError(await complaint(waiting, team, docker));
        detail(`${all.length - waiting.length} of ${all.length}, not yet ${listed(waiting.map(({ title }) => title))}`);
        await sleep(INTERVAL);
      }
    },
    () => `${all.length} of ${all.length}`,
  );
}

/** Those of `candidates` that do not work at this moment. */
export async function notReady(candidates: readonly Target[], address: string, port: number): Promise<Target[]> {
  const ready = await Promise.all(
    candidates.map(async (target) => {
      const answer = await ask(target.url, address, port);
      return answer !== undefined && target.isReady(answer);
    }),
  );
  return candidates.filter((_, index) => !ready[index]);
}

function ask(url: string, address: string, port: number): Promise<Answer | undefined> {
  const { host, pathname } = new URL(url);
  return new Promise((resolve) => {
    const call = request(
      { host: address, port, path: pathname, headers: { host }, timeout: REQUEST_TIMEOUT, agent: false },
      (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (text) => (body += text));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
        response.on("error", () => resolve(undefined));
      },
    );
    call.on("timeout", () => call.destroy());
    call.on("error", () => resolve(undefined));
    // An answer that is cut off ends in neither "end" nor "error".
    call.on("close", () => resolve(undefined));
    call.end();
  });
}

async function complaint(failed: readonly Target[], team: Team, docker: Docker): Promise<string> {
  const containers = await docker.containers();
  const suspects = new Set(failed.flatMap((target) => containersOf(target, team.id, containers)));
  const logs = await Promise.all([...suspects].map(async (container) => `\n${await logTail(container)}`));
  return [`These do not answer: ${failed.map(({ title, url }) => `${title} (${url})`).join(", ")}`, ...logs].join("\n");

  async function logTail({ name, status }: Container): Promise<string> {
    // Docker keeps what was written to the two streams apart; their order is lost, which does no harm here.
    const log = await docker.logs(name, LOG_LINES);
    return [`${name} (${status})`, ...log.map((line) => `  ${line}`)].join("\n");
  }
}

function containersOf({ member, components }: Target, team: string, containers: readonly Container[]): Container[] {
  return containers.filter(
    ({ labels }) =>
      labels["muster.team"] === team &&
      labels["muster.member"] === member &&
      components.includes(labels["muster.component"] ?? ""),
  );
}

/** At most three names, and how many more there are. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(", ");
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
