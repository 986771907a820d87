import { BUILD_FIELDS, entries, integer, pageOf, REQUEST_FIELDS, readBuild, readQueued, text } from "./buildbot.mjs";
import { isRepository } from "./config.mjs";
import { createHistory } from "./history.mjs";

/** @typedef {import("./buildbot.mjs").Json} Json */
/** @typedef {import("./http.mjs").Ask} Ask */
/** @typedef {"asking" | "answers" | "silent" | "forbidden"} Reach */

/** Requests a round may cost the CI, which does one thing at a time. */
const REQUESTS = 8;
const NEWEST = 30;
const MANY = 100;
const PER_REPOSITORY = 30;
const MAX_BODY = 1_000_000;
const BUILDERS_FRESH_FOR = 60_000;
/** Milliseconds after which a worker counts as away: one that is restarted is back sooner. */
const AWAY_AFTER = 10_000;
/** Unfinished builds that a round asks for by number; others wait for a later round. */
const BY_NUMBER = 20;

class Refused extends Error {}
class Spent extends Error {}

/**
 * What the CI (Buildbot) has built. It remembers builds, so that a round only asks for new ones.
 *
 * @typedef {(repository: string, branch?: string) => boolean} Exists Whether there is such a repository, or branch in it.
 * @param {{api: string, deployBranch: string, exists: Exists, ask: Ask, now: () => number}} options
 */
export function createCi({ api, deployBranch, exists, ask, now }) {
  /** @type {Reach} */
  let reach = "asking";
  const history = createHistory(deployBranch, exists);
  const { builds, builders, logs } = history;
  let buildersUntil = Number.NEGATIVE_INFINITY;
  /** Builders whose builds need not be asked for one by one. @type {Set<number>} */
  const looked = new Set();
  /** Since when a worker is not connected. @type {Map<string, number>} */
  let missing = new Map();
  let highest = 0;
  /** Whether nothing is older than what is remembered. */
  let whole = false;

  function forget() {
    history.forget();
    looked.clear();
    missing.clear();
    highest = 0;
    buildersUntil = Number.NEGATIVE_INFINITY;
  }

  /** @param {AbortSignal} signal */
  async function round(signal) {
    let left = REQUESTS;
    /**
     * @param {string} path
     * @param {string} key
     * @returns {Promise<Json[]>}
     */
    async function list(path, key) {
      if (left === 0) throw new Spent();
      left -= 1;
      const { status, body, whole } = await ask(`${api}/${path}`, { signal, limit: MAX_BODY });
      if (status === 401 || status === 403) throw new Refused();
      // The CI has deleted it meanwhile.
      if (status === 404) return [];
      if (status !== 200 || !whole) throw new Error(`status ${status}`);
      return entries(JSON.parse(body)[key]);
    }

    /** @type {Set<number>} */
    let fresh;
    try {
      fresh = await readNewest(list);
      reach = "answers";
    } catch (error) {
      reach = error instanceof Refused ? "forbidden" : "silent";
      // What may not be looked at any more is not shown from memory either.
      if (reach === "forbidden") forget();
      return;
    }
    try {
      await readUnfinished(list, fresh);
      await readWaiting(list);
      await readWorkers(list);
      await readBuilders(list);
      await readLogs(list, () => left);
      await readQuiet(list);
    } catch {
      // The rest is looked at in the next round.
    }
    history.prune();
  }

  /** @typedef {(path: string, key: string) => Promise<Json[]>} List */

  /** @param {List} list */
  async function readNewest(list) {
    const newest = (/** @type {number} */ count) =>
      list(`builds?order=-buildid&limit=${count}&${BUILD_FIELDS}`, "builds");
    const first = highest === 0;
    // A CI that was too slow for many is asked for few.
    const count = first && reach !== "silent" ? MANY : NEWEST;
    let found = await newest(count);
    const top = integer(found[0]?.buildid) ?? 0;
    // The CI has another database.
    const replaced = top < highest;
    const gap = !first && found.length === NEWEST && (integer(found.at(-1)?.buildid) ?? 0) > highest + 1;
    if (replaced) forget();
    if (gap) {
      found = await newest(MANY);
      looked.clear();
    }
    if (first || replaced) whole = found.length < count;
    else if (gap) whole = false;
    found.forEach(remember);
    highest = integer(found[0]?.buildid) ?? 0;
    return new Set(found.map(({ buildid }) => integer(buildid) ?? 0));
  }

  /** @param {Json} raw */
  function remember(raw) {
    const build = readBuild(raw);
    if (build !== undefined) builds.set(build.id, build);
  }

  /**
   * @param {List} list
   * @param {Set<number>} fresh Builds that were just read.
   */
  async function readUnfinished(list, fresh) {
    const running = [...builds.values()].filter(({ id, result }) => result === "running" && !fresh.has(id));
    const asked = running.slice(0, BY_NUMBER).map(({ id }) => id);
    if (asked.length === 0) return;
    const found = await list(`builds?${asked.map((id) => `buildid=${id}`).join("&")}&${BUILD_FIELDS}`, "builds");
    for (const id of asked) builds.delete(id);
    found.forEach(remember);
  }

  /** @param {List} list */
  async function readWaiting(list) {
    const query = `claimed=false&complete=false&limit=${MANY}&${REQUEST_FIELDS}`;
    const requests = await list(`buildrequests?${query}`, "buildrequests");
    // Leaves out the releases that builds wait for.
    const bySet = new Map(requests.filter((raw) => raw.waited_for !== true).map((raw) => [raw.buildsetid, raw]));
    const sets = bySet.size === 0 ? [] : await list(`buildsets?complete=false&order=-bsid&limit=${MANY}`, "buildsets");
    const waiting = sets.map((set) => {
      const request = bySet.get(set.bsid);
      return request === undefined ? undefined : readQueued(set, request);
    });
    history.setWaiting(waiting.filter((found) => found !== undefined));
  }

  /** @param {List} list */
  async function readWorkers(list) {
    const found = await list("workers?field=name&field=connected_to", "workers");
    const gone = found.filter(({ connected_to }) => Array.isArray(connected_to) && connected_to.length === 0);
    missing = new Map(gone.map(({ name }) => [text(name), missing.get(text(name)) ?? now()]));
  }

  /** @param {List} list */
  async function readBuilders(list) {
    const news = [...builds.values()].some(({ live, builder }) => !live && !builders.has(builder));
    if (!news && now() < buildersUntil) return;
    const found = await list("builders?field=builderid&field=name&field=tags", "builders");
    builders.clear();
    for (const { builderid, name, tags } of found) {
      const id = integer(builderid);
      const tagged = Array.isArray(tags) && tags.includes("repository");
      if (id !== undefined && tagged && isRepository(text(name))) builders.set(id, text(name));
    }
    buildersUntil = now() + BUILDERS_FRESH_FOR;
  }

  /** Repositories whose last builds are older than the newest ones of all. @param {List} list */
  async function readQuiet(list) {
    if (whole) return;
    /** @param {number} builder */
    const known = (builder) => [...builds.values()].filter((build) => build.builder === builder).length;
    const quiet = [...builders.keys()].filter((builder) => !looked.has(builder)).sort((a, b) => known(a) - known(b));
    for (const builder of quiet) {
      const query = `builds?builderid=${builder}&order=-buildid&limit=${PER_REPOSITORY}&${BUILD_FIELDS}`;
      (await list(query, "builds")).forEach(remember);
      looked.add(builder);
    }
  }

  /**
   * @param {List} list
   * @param {() => number} left
   */
  async function readLogs(list, left) {
    for (const failed of history.culprits()) {
      if (logs.has(failed.id)) continue;
      if (left() < 2) return;
      const steps = await list(`builds/${failed.id}/steps?field=number&field=results`, "steps");
      const step = steps.find(({ results }) => results === 2 || results === 4);
      const number = integer(step?.number);
      const found =
        number === undefined ? [] : await list(`builds/${failed.id}/steps/${number}/logs?field=slug`, "logs");
      const slugs = found.map(({ slug }) => text(slug)).filter((slug) => /^[\w.-]+$/.test(slug));
      const slug = slugs.includes("stdio") ? "stdio" : slugs[0];
      logs.set(failed.id, slug === undefined ? undefined : `${pageOf(failed)}/steps/${number}/logs/${slug}`);
    }
  }

  return {
    round,
    names: history.names,
    branches: history.branches,
    /** @returns {Reach} */
    reach: () => reach,
    /** Workers that have not been connected for a while: what they would build waits. */
    away: () => [...missing].filter(([, since]) => now() - since >= AWAY_AFTER).map(([name]) => name),
    /** Changes whenever something was put live, or should have been. @param {string} repository */
    released: (repository) => history.newestLive(repository)?.id,
  };
}
