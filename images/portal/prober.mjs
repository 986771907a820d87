import { Resolver } from "node:dns/promises";
import http from "node:http";
import https from "node:https";

/** @typedef {"up" | "down" | "starting" | "unknown"} State `unknown` until the first probe has come back. */
/**
 * @typedef {object} Outcome What one probe found.
 * @property {boolean} up
 * @property {boolean} [gone] Nothing goes by that host name: the container is not running.
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
const MAX_PAUSE = 10_000;

// Docker passes names of containers that are not running on to the network's name servers. Some drop them, and
// getaddrinfo would wait half a minute for each, a few at a time.
const resolver = new Resolver({ timeout: 1000, tries: 1 });

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
  /** @type {Promise<void> | undefined} */
  let round;
  let freshUntil = Number.NEGATIVE_INFINITY;
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
    // A name that is back after it was gone belongs to a container that was started just now.
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
    const started = now();
    const queue = targets.values();
    await Promise.all(
      Array.from({ length: Math.min(concurrency, targets.length) }, async () => {
        for (const target of queue) await check(target);
      }),
    );
    checkedAt = new Date(now()).toISOString();
    // A long round, hundreds of services or many that hang, is repeated less often.
    freshUntil = now() + Math.min(Math.max(freshFor, 2 * (now() - started)), MAX_PAUSE);
    round = undefined;
  }

  return {
    /**
     * Starts a round, or joins the one under way; does nothing while the last one is fresh.
     *
     * @param {number} patience Milliseconds to wait for it at most.
     */
    async refresh(patience) {
      if (round === undefined && now() < freshUntil) return;
      round ??= runRound();
      /** @type {NodeJS.Timeout | undefined} */
      let timer;
      const given = new Promise((resolve) => {
        timer = setTimeout(resolve, patience);
      });
      await Promise.race([round, given]);
      clearTimeout(timer);
    },

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
export function httpProbe(url) {
  return new Promise((resolve) => {
    const { request } = url.startsWith("https:") ? https : http;
    // No kept connections: each would hold one of the few idle processes of a member's Apache.
    const options = {
      agent: false,
      lookup,
      signal: AbortSignal.timeout(TIMEOUT),
      headers: { accept: "application/json" },
    };
    request(url, options, (response) => {
      const up = (response.statusCode ?? 500) < 500;
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => {
        body += chunk;
        if (body.length > MAX_BODY) response.destroy();
      });
      response.on("close", () => resolve({ up, ...readReport(body) }));
      // Without this listener a connection that breaks off would end the process; "close" follows anyway.
      response.on("error", () => {});
    })
      .on("error", (error) => resolve({ up: false, gone: error instanceof UnknownHost }))
      .end();
  });
}

class UnknownHost extends Error {}

/** @type {import("node:net").LookupFunction} */
function lookup(hostname, options, callback) {
  resolver.resolve4(hostname).then(
    ([address = ""]) => {
      if (options.all) callback(null, [{ address, family: 4 }]);
      else callback(null, address, 4);
    },
    // Names of running containers are answered at once, so a time-out too means that there is none.
    () => callback(new UnknownHost(hostname), ""),
  );
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
  // It was PHP that wrote it, so the site itself is up, whatever the status code says of the database.
  return { up: true, database, cache: typeof cache === "boolean" ? cache : null };
}
