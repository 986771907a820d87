import { request } from "node:http";
import { request as encryptedRequest } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import {
  LIVE,
  type MemberAddress,
  memberAddresses,
  STATUS_PATH,
  TEAM_ADDRESSES,
  type TeamAddress,
  teamAddresses,
} from "../../config/catalogue";
import type { Team } from "../../config/members";
import { liveUrl, memberUrl, teamUrl } from "../../config/naming";
import { liveSites } from "../../config/workloads";
import { UserError } from "../errors";
import type { Progress } from "../progress";
import { listed } from "../table";
import { accessCookie } from "./access";
import type { FindGateway, GatewayAddress, Instance, Target } from "./target";

/** Milliseconds until an environment that does not answer counts as failed. */
const PATIENCE = 180_000;
const INTERVAL = 200;
const REQUEST_TIMEOUT = 3_000;
const LOG_LINES = 15;

/** Something that is asked through the gateway whether it works. */
export interface Service {
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

/** An answer, and where it leads. */
type Reply = Answer & { readonly location: string | undefined };

const answers = ({ status }: Answer): boolean => status === 200;

/**
 * The team's own services, the live site of each repository, and every member's site (with its database and cache) and editor. `/-/health` would not do:
 * there the gateway answers for itself, whatever the host.
 */
export function services(team: Team): Service[] {
  const own = teamAddresses().map(
    ([kind, { name, component, member, page, needs }]): Service => ({
      title: name,
      url: `${teamUrl(team, kind)}${page}`,
      isReady: isReady(team, kind, page),
      member,
      components: [component, ...needs],
    }),
  );
  const { component, needs, name } = TEAM_ADDRESSES.live;
  const live = liveSites(team).flatMap(({ repository, owner: { id } }): Service[] => {
    if (id === LIVE) return [];
    const url = `${liveUrl(team, repository)}${STATUS_PATH}`;
    return [
      { title: `${name} of ${repository}`, url, isReady: siteWorks, member: id, components: [component, ...needs] },
    ];
  });
  const members = team.members.flatMap(({ id }) =>
    memberAddresses().flatMap(([kind, { title, component, probe, needs }]): Service[] => {
      if (probe === undefined) return [];
      const url = `${memberUrl(team, kind, id)}${probe}`;
      const components = [component, ...needs];
      return [
        { title: `${id}'s ${title.toLowerCase()}`, url, isReady: isReady(team, kind, probe), member: id, components },
      ];
    }),
  );
  return [...own, ...live, ...members];
}

function isReady(team: Team, kind: TeamAddress | MemberAddress, path: string): Service["isReady"] {
  if (path === STATUS_PATH) return siteWorks;
  // Without repositories there is nothing to list, as long as all of them are on an upstream.
  if (kind === "git" && team.upstream !== undefined) return (answer) => answers(answer) || answer.status === 404;
  return answers;
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

/**
 * Waits until every service works.
 *
 * @throws UserError that names those that do not, with the last lines of their logs
 */
export async function waitUntilReady(
  team: Team,
  find: FindGateway,
  platform: Target,
  progress: Progress,
): Promise<void> {
  const all = services(team);
  let waiting: Service[] = all;
  await progress.step(
    "Waiting for every service to answer",
    async (detail) => {
      const end = performance.now() + PATIENCE;
      let cookie: string | undefined;
      for (;;) {
        cookie ??= await accessCookie(platform, team);
        waiting = await notReady(waiting, await find(), cookie);
        if (waiting.length === 0) return;
        if (performance.now() > end) throw new UserError(await complaint(waiting, platform));
        detail(`${all.length - waiting.length} of ${all.length}, not yet ${listed(waiting.map(({ title }) => title))}`);
        await sleep(INTERVAL);
      }
    },
    () => `${all.length} of ${all.length}`,
  );
}

/**
 * Those of `candidates` that do not work at this moment.
 *
 * @param cookie with which services are asked where members sign in
 */
export async function notReady(
  candidates: readonly Service[],
  gateway: GatewayAddress | undefined,
  cookie?: string,
): Promise<Service[]> {
  if (gateway === undefined) return [...candidates];
  const ready = await Promise.all(
    candidates.map(async (service) => {
      const answer = await ask(service.url, gateway, cookie);
      return answer !== undefined && service.isReady(answer);
    }),
  );
  return candidates.filter((_, index) => !ready[index]);
}

/** Whether an address leads to this machine alone. */
export const isLoopback = (address: string): boolean => /^(?:127\.|::1$|localhost$)/.test(address);

/** Whether the gateway itself encrypts. */
export const encrypts = ({ gatewayTls }: Pick<Team, "gatewayTls">): boolean => gatewayTls.kind !== "off";

/** The team's gateway at an address where its own port is reached. */
export const gatewayAt = (team: Pick<Team, "listenPort" | "gatewayTls">, address: string): GatewayAddress => ({
  address,
  port: team.listenPort,
  tls: encrypts(team),
});

/** Whether the team's gateway is what answers at an address. */
export const answersAt = async (team: Team, gateway: GatewayAddress): Promise<boolean> => {
  const answer = await ask(`${teamUrl(team, "portal")}/`, gateway);
  // Whoever is not signed in is led to the sign-in.
  return answer !== undefined && (answers(answer) || (team.visibility !== undefined && answer.status === 401));
};

/**
 * Asks the gateway for a page, whether or not its domain resolves here.
 *
 * @returns undefined when there is no whole answer within three seconds
 */
export function ask(
  url: string,
  { address, port, tls, authority }: GatewayAddress,
  cookie?: string,
): Promise<Reply | undefined> {
  const { host, hostname, pathname, search } = new URL(url);
  return new Promise((resolve) => {
    const options = {
      host: address,
      port,
      path: pathname + search,
      headers: { host, ...(cookie && { cookie }) },
      timeout: REQUEST_TIMEOUT,
    };
    // This machine need not trust the team, unless a cookie that opens pages goes to another one.
    const rejectUnauthorized = authority !== undefined || (cookie !== undefined && !isLoopback(address));
    const trust = { servername: hostname, rejectUnauthorized, ...(authority !== undefined && { ca: authority }) };
    const encrypted = { ...options, agent: false as const, ...trust };
    const call = (tls ? encryptedRequest : request)(tls ? encrypted : { ...options, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text) => (body += text));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, body, location: response.headers.location }),
      );
      response.on("error", () => resolve(undefined));
    });
    call.on("timeout", () => call.destroy());
    call.on("error", () => resolve(undefined));
    // An answer that is cut off ends in neither "end" nor "error".
    call.on("close", () => resolve(undefined));
    call.end();
  });
}

async function complaint(failed: readonly Service[], platform: Pick<Target, "instances" | "logs">): Promise<string> {
  const instances = await platform.instances();
  const suspects = new Set(failed.flatMap((service) => instancesOf(service, instances)));
  const logs = await Promise.all([...suspects].map(async (instance) => `\n${await logTail(instance)}`));
  return [`These do not answer: ${failed.map(({ title, url }) => `${title} (${url})`).join(", ")}`, ...logs].join("\n");

  async function logTail(instance: Instance): Promise<string> {
    const log = await platform.logs(instance, LOG_LINES);
    return [`${instance.name} (${instance.status})`, ...log.map((line) => `  ${line}`)].join("\n");
  }
}

const instancesOf = ({ member, components }: Service, instances: readonly Instance[]): Instance[] =>
  instances.filter((instance) => instance.member === member && components.includes(instance.component));
