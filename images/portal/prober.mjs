import { ask } from "./http.mjs";
import { createRounds } from "./rounds.mjs";

/** @typedef {"up" | "down" | "starting" | "unknown"} State `unknown` until the first probe has come back. */
/**
 * @typedef {object} Outcome What one probe found.
 * @property {boolean} up
 * @property {boolean} [gone] No host has that name: the container is not running.
 * @property {boolean} [database] What a site says of its database.
 * @property {boolean | null} [cache] What a site says of its cache; null when it has none.
 */
/**
 * @typedef {object} Target
 * @property {string} id
 * @property {string} probe
 * @property {string} [database] Id of the database that the answer tells about.
 * @property {string} [cache] Id of the cache that the answer tells about.
 */
/**
 * @typedef {object} Status
 * @property {string | null} checkedAt End of the last round; null before the first.
 * @property {Record<string, State>} services
 */
/**
 * @typedef {object} ProberOptions
 * @property {(url: string) => Promise<Outcome>} [probe]
 * @property {() => number} [now] Milliseconds.
 * @property {number} [concurrency] Probes at a time.
 * @property {number} [freshFor] Milliseconds for which all visitors share one round.
 * @property {number} [startingFor] Milliseconds for which what fails may still be starting.
 */

const TIMEOUT = 2000;
const MAX_BODY = 65_536;

/**
 * @param {string | undefined} member Undefined for a service of the team.
 * @param {string} kind
 */
export function serviceId(member, kind) {
  return member === undefined ? kind : `${member}/${kind}`;
}

/**
 * What to ask, in the order of the page. A database without a probe of its own is judged by what its site says.
 *
 * @param {import("./config.mjs").PortalConfig} config
 * @returns {Target[]}
 */
export function targetsOf(config) {
  /** @type {Target[]} */
  const targets = [];
  for (const { id: member, services } of [{ id: undefined, services: config.services }, ...config.members]) {
    for (const { kind, probe } of services) {
      if (probe === undefined) continue;
      const target = { id: serviceId(member, kind), probe };
      if (member === undefined || kind !== "site") {
        targets.push(target);
        continue;
      }
      const database = services.find((service) => service.kind === "database" && service.probe === undefined);
      targets.push({
        ...target,
        ...(database === undefined ? {} : { database: serviceId(member, "database") }),
        cache: serviceId(member, "cache"),
      });
    }
  }
  return targets;
}

/**
 * Asks the targets when somebody wants to know, never on its own: an idle team is not probed.
 *
 * @param {Target[]} targets
 * @param {ProberOptions} [options]
 */
export function createProber(targets, options = {}) {
  const { probe = httpProbe, now = Date.now, concurrency = 32, freshFor = 2000, startingFor = 60_000 } = options;
  const begun = now();
  /** @type {Map<string, {state: State, failingSince: number | undefined, gone: boolean}>} */
  const records = new Map();
  for (const { id, database } of targets) {
    for (const known of database === undefined ? [id] : [id, database]) {
      records.set(known, { state: "unknown", failingSince: begun, gone: false });
    }
  }
  /** @type {string | null} */
  let checkedAt = null;

  /**
   * @param {string} id
   * @param {boolean} up
   * @param {boolean} gone
   */
  function judge(id, up, gone) {
    const last = records.get(id);
    if (up) {
      records.set(id, { state: "up", failingSince: undefined, gone: false });
      return;
    }
    // A name that comes back belongs to a container that was just started.
    const failingSince = last?.failingSince === undefined || (last.gone && !gone) ? now() : last.failingSince;
    const stopped = gone && (last?.state === "up" || last?.state === "down");
    const state = stopped || now() - failingSince >= startingFor ? "down" : "starting";
    records.set(id, { state, failingSince, gone });
  }

  /** @param {Target} target */
  async function check({ id, probe: url, database, cache }) {
    const outcome = await probe(url);
    const gone = outcome.gone === true;
    judge(id, outcome.up, gone);
    // Adminer runs beside the site: without the site the database cannot be looked at either.
    if (database !== undefined) judge(database, outcome.up && outcome.database !== false, gone);
    if (cache !== undefined) {
      if (typeof outcome.cache === "boolean") judge(cache, outcome.cache, false);
      else records.delete(cache);
    }
  }

  async function runRound() {
    const queue = targets.values();
    await Promise.all(
      Array.from({ length: Math.min(concurrency, targets.length) }, async () => {
        for (const target of queue) await check(target);
      }),
    );
    checkedAt = new Date(now()).toISOString();
  }

  return {
    refresh: createRounds(runRound, { now, freshFor }),

    /** What is known now. @returns {Status} */
    status() {
      return { checkedAt, services: Object.fromEntries([...records].map(([id, { state }]) => [id, state])) };
    },
  };
}

/** @typedef {ReturnType<typeof createProber>} Prober */

/**
 * Up is any answer but a server error, or a site's report on itself.
 *
 * @param {string} url
 * @returns {Promise<Outcome>} Never rejects.
 */
export async function httpProbe(url) {
  const { status, body, gone } = await ask(url, { signal: AbortSignal.timeout(TIMEOUT), limit: MAX_BODY });
  return status === 0 ? { up: false, gone } : { up: status < 500, ...readReport(body) };
}

/**
 * Reads the report of a site's `/-/status`.
 *
 * @param {string} body
 * @returns {Partial<Outcome>} Nothing when it is something else.
 */
export function readReport(body) {
  /** @type {unknown} */
  let report;
  try {
    report = JSON.parse(body);
  } catch {
    return {};
  }
  if (typeof report !== "object" || report === null) return {};
  const { database, cache } = /** @type {{database?: unknown, cache?: unknown}} */ (report);
  if (typeof database !== "boolean") return {};
  // PHP wrote it, so the site itself is up, whatever the status code says of the database.
  return { up: true, database, cache: typeof cache === "boolean" ? cache : null };
}
