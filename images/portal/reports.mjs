import { ask as askOverHttp } from "./http.mjs";
import { createRounds } from "./rounds.mjs";

/** @typedef {import("./config.mjs").PortalConfig} PortalConfig */
/**
 * @typedef {object} Volume How full it is, in bytes.
 * @property {string} purpose `workspace`, `home`, `database`, `repositories`, …
 * @property {number | null} used What its files take; null when nobody has counted yet.
 * @property {number} size Of the disk that it is on.
 * @property {number} free
 */
/**
 * @typedef {object} Report
 * @property {string} owner A member's id, or `team`.
 * @property {string} name
 * @property {Volume[]} volumes
 * @property {string[]} extensions Those of the editor that could not be installed.
 */

const PATH = "/-/report";
const TIME_LIMIT = 5000;
const MAX_BODY = 16_384;
const AT_ONCE = 16;
const MANY_EXTENSIONS = 20;
/** Per cent of a disk in use from which on it is worth a warning, and an urgent one. */
const HIGH = 85;
const CRITICAL = 95;

/** @param {{size: number, free: number}} volume Per cent, rounded down. */
export function fullness({ size, free }) {
  return size <= 0 ? 0 : Math.min(100, Math.max(0, Math.floor((100 * (size - free)) / size)));
}

/** @param {number} percent @returns {"" | "high" | "critical"} */
export function severity(percent) {
  return percent >= CRITICAL ? "critical" : percent >= HIGH ? "high" : "";
}

/**
 * What to ask: every service whose workload has volumes and tells about them.
 *
 * @param {PortalConfig} config
 */
function sourcesOf({ members, services }) {
  const site = (/** @type {import("./config.mjs").Member} */ { id, name, services: own }) =>
    own.filter(({ kind }) => kind === "site").map(({ probe }) => ({ owner: id, name, probe }));
  const ours = services
    .filter(({ kind }) => ["git", "ci", "live"].includes(kind))
    .map(({ kind, probe }) => ({ owner: "team", name: kind, probe }));
  return [...ours, ...members.flatMap(site)].flatMap(({ owner, name, probe }) =>
    probe === undefined ? [] : [{ owner, name, url: new URL(PATH, probe).href }],
  );
}

/**
 * How full the volumes are and what failed at the start of editors, asked when somebody wants to know.
 *
 * @param {PortalConfig} config
 * @param {{ask?: import("./http.mjs").Ask, now?: () => number, freshFor?: number}} [options] Milliseconds.
 */
export function createReports(config, { ask = askOverHttp, now = Date.now, freshFor = 15_000 } = {}) {
  const sources = sourcesOf(config);
  /** @type {Map<string, Report>} */
  const reports = new Map();

  async function round() {
    const queue = sources.values();
    const one = async () => {
      for (const { owner, name, url } of queue) {
        const answer = await ask(url, { signal: AbortSignal.timeout(TIME_LIMIT), limit: MAX_BODY });
        // Whoever is away for a moment has not lost what was there.
        if (answer.status === 200 && answer.whole) reports.set(url, { owner, name, ...readReport(answer.body) });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, one));
  }

  return {
    refresh: createRounds(round, { now, freshFor }),
    /** Those that have answered, the team's first. */
    state: () => sources.flatMap(({ url }) => reports.get(url) ?? []),
  };
}

/** @typedef {ReturnType<typeof createReports>} Reports */

/**
 * Members can write into what they report: nothing is taken as it is.
 *
 * @param {string} body
 * @returns {Pick<Report, "volumes" | "extensions">}
 */
export function readReport(body) {
  /** @type {unknown} */
  let report;
  try {
    report = JSON.parse(body);
  } catch {
    return { volumes: [], extensions: [] };
  }
  const { disk, extensions } = /** @type {{disk?: unknown, extensions?: unknown}} */ (Object(report));
  const isAmount = (/** @type {unknown} */ value) => Number.isSafeInteger(value) && Number(value) >= 0;
  const volumes = Object.entries(Object(disk)).flatMap(([purpose, figures]) => {
    const { used, size, free } = Object(figures);
    if (!/^[a-z][a-z0-9-]{0,19}$/.test(purpose) || !isAmount(size) || !isAmount(free)) return [];
    return [{ purpose, used: isAmount(used) ? used : null, size, free }];
  });
  const names = Array.isArray(extensions) ? extensions.slice(0, MANY_EXTENSIONS) : [];
  return { volumes, extensions: names.filter((name) => typeof name === "string" && /^[\w.@-]{1,150}$/.test(name)) };
}
