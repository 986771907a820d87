import { isRepository } from "./config.mjs";

/** @typedef {import("./http.mjs").Ask} Ask */
/** @typedef {"asking" | "answers" | "silent" | "forbidden"} Reach */
/** @typedef {"passed" | "failed" | "running" | "waiting" | "cancelled"} Result */
/**
 * @typedef {object} Build
 * @property {number} id Grows with time, over all repositories.
 * @property {number} builder With `number` the address of its page.
 * @property {number} number
 * @property {string} repository
 * @property {string} branch
 * @property {boolean} live It put something live, or tried to; otherwise it tested a push.
 * @property {number | undefined} packageOf The build whose package went live.
 * @property {Result} result
 * @property {boolean} warnings
 * @property {string} text What the CI says of it.
 * @property {string} by
 * @property {string} revision
 * @property {number} at Milliseconds: its end, or its start while it runs.
 */
/**
 * @typedef {object} BranchState The last build of a branch.
 * @property {string} branch
 * @property {Result} result
 * @property {boolean} warnings
 * @property {string} text
 * @property {string} by
 * @property {string} revision
 * @property {number} at
 * @property {string} [page] Path in the CI's web pages.
 * @property {string} [log] The same, of the log of the step that failed.
 */
/** @typedef {{repository: string, branch: string, by: string, revision: string, at: number}} Waiting */

/** Requests a round may cost the CI, which does one thing at a time. */
const REQUESTS = 8;
const NEWEST = 30;
const MANY = 100;
const PER_REPOSITORY = 30;
const MAX_BODY = 1_000_000;
const BUILDERS_FRESH_FOR = 60_000;
/** Unfinished builds asked for by their numbers; more are looked at in a later round. */
const BY_NUMBER = 20;
const BRANCHES = 5;

const BUILD_FIELDS = [
  ...["buildid", "builderid", "number", "results", "complete", "started_at", "complete_at", "state_string"].map(
    (field) => `field=${field}`,
  ),
  "field=properties",
  ...["buildername", "project", "branch", "revision", "got_revision", "pusher", "owner", "author", "package_of"].map(
    (name) => `property=${name}`,
  ),
].join("&");

/** Buildbot's numbers: success, warnings, failure, skipped, exception, retry (it runs again), cancelled. @type {Result[]} */
const RESULTS = ["passed", "passed", "failed", "cancelled", "failed", "waiting", "cancelled"];
const WARNINGS = 1;

class Refused extends Error {}
class Spent extends Error {}

/**
 * What the CI (Buildbot) has built. It remembers, so that a round asks for what is new only.
 *
 * @param {{api: string, deployBranch: string, ask: Ask, now: () => number}} options
 */
export function createCi({ api, deployBranch, ask, now }) {
  /** @type {Reach} */
  let reach = "asking";
  /** @type {Map<number, Build>} */
  const builds = new Map();
  /** Builders of repositories' tests. @type {Map<number, string>} */
  const builders = new Map();
  let buildersUntil = Number.NEGATIVE_INFINITY;
  /** Builders whose builds need not be asked for one by one. @type {Set<number>} */
  const looked = new Set();
  let highest = 0;
  /** Whether nothing is older than what is remembered. */
  let whole = false;
  /** @type {Waiting[]} */
  let waiting = [];
  /** Paths of the logs of failed steps, by build; undefined when there is none. @type {Map<number, string | undefined>} */
  const logs = new Map();

  function forget() {
    for (const memory of [builds, builders, looked, logs]) memory.clear();
    waiting = [];
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
      // It was forgotten meanwhile.
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
      await readBuilders(list);
      await readLogs(list, () => left);
      await readQuiet(list);
    } catch {
      // The rest is looked at in the next round.
    }
    prune();
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
    // Its database is another one.
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
    const properties = ["pusher", "owner"].map((name) => `property=${name}`).join("&");
    const requests = await list(
      `buildrequests?claimed=false&complete=false&limit=${MANY}&${properties}`,
      "buildrequests",
    );
    // A build waits for what it hands over to the deployer itself.
    const bySet = new Map(requests.filter((raw) => raw.waited_for !== true).map((raw) => [raw.buildsetid, raw]));
    if (bySet.size === 0) {
      waiting = [];
      return;
    }
    const sets = await list(`buildsets?complete=false&order=-bsid&limit=${MANY}`, "buildsets");
    waiting = sets.flatMap((set) => {
      const request = bySet.get(set.bsid);
      const [source] = entries(set.sourcestamps);
      const repository = text(source?.project);
      const branch = text(source?.branch);
      // A roll back has no branch.
      if (request === undefined || branch === "" || !isRepository(repository)) return [];
      const by = property(request, "pusher") || property(request, "owner");
      return [
        { repository, branch, by, revision: text(source?.revision), at: 1000 * (integer(set.submitted_at) ?? 0) },
      ];
    });
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
    const shown = [...names()].flatMap((repository) => few(newestOfBranches(repository))).sort((a, b) => b.id - a.id);
    for (const build of shown) {
      if (build.result !== "failed") continue;
      const failed = culprit(build);
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

  /** The build whose log tells why: what failed to go live failed in the build that put it there. @param {Build} build */
  function culprit(build) {
    return [...builds.values()].find(({ packageOf, result }) => packageOf === build.id && result === "failed") ?? build;
  }

  /** Builds that no visitor will see again are forgotten. */
  function prune() {
    const kept = new Set();
    for (const repository of names()) {
      for (const { id } of few(newestOfBranches(repository), 4 * BRANCHES)) kept.add(id);
      const live = newestLive(repository);
      if (live !== undefined) kept.add(live.id);
    }
    if (builds.size <= MANY) return;
    for (const { id, packageOf } of [...builds.values()]) {
      if (!kept.has(id) && !kept.has(packageOf)) builds.delete(id);
    }
    for (const id of [...logs.keys()]) if (!builds.has(id)) logs.delete(id);
  }

  /** @returns {Set<string>} */
  function names() {
    const built = [...builds.values()].filter(({ live }) => !live).map(({ repository }) => repository);
    return new Set([...builders.values(), ...built, ...waiting.map(({ repository }) => repository)]);
  }

  /** @param {string} repository */
  function newestOfBranches(repository) {
    /** @type {Map<string, Build>} */
    const newest = new Map();
    for (const build of builds.values()) {
      if (build.live || build.repository !== repository) continue;
      const other = newest.get(build.branch);
      if (other === undefined || other.id < build.id) newest.set(build.branch, build);
    }
    return [...newest.values()].sort((a, b) => b.id - a.id);
  }

  /**
   * The newest few, and always that of the branch that goes live.
   *
   * @template {{branch: string}} T
   * @param {T[]} newest
   */
  function few(newest, count = BRANCHES) {
    const deployed = newest.findIndex(({ branch }) => branch === deployBranch);
    if (deployed >= count) newest.splice(count - 1, 0, ...newest.splice(deployed, 1));
    return newest.slice(0, count);
  }

  /** @param {string} repository */
  function newestLive(repository) {
    const done = [...builds.values()].filter(
      (build) => build.live && build.repository === repository && build.result !== "running",
    );
    return done.sort((a, b) => b.id - a.id)[0];
  }

  /** @param {string} repository @returns {BranchState[]} */
  function branches(repository) {
    /** @type {Map<string, BranchState>} */
    const states = new Map();
    for (const build of few(newestOfBranches(repository))) {
      const { branch, result, warnings, text, by, revision, at } = build;
      const log = result === "failed" ? logs.get(culprit(build).id) : undefined;
      states.set(branch, {
        ...{ branch, result, warnings, text, by, revision, at, page: pageOf(build) },
        ...(log === undefined ? {} : { log }),
      });
    }
    for (const { repository: of, branch, by, revision, at } of waiting) {
      // What runs says more than what waits for it.
      if (of !== repository || states.get(branch)?.result === "running") continue;
      states.set(branch, { branch, result: "waiting", warnings: false, text: "", by, revision, at });
    }
    return few([...states.values()].sort((a, b) => b.at - a.at));
  }

  return {
    round,
    names,
    branches,
    /** @returns {Reach} */
    reach: () => reach,
    /** Changes whenever something was put live, or should have been. @param {string} repository */
    released: (repository) => newestLive(repository)?.id,
  };
}

/** @param {Build} build */
function pageOf({ builder, number }) {
  return `#/builders/${builder}/builds/${number}`;
}

/** @typedef {Record<string, unknown>} Json */

/**
 * @param {Json} raw
 * @returns {Build | undefined} Undefined when it is no build of a repository.
 */
function readBuild(raw) {
  const id = integer(raw.buildid);
  const builder = integer(raw.builderid);
  const number = integer(raw.number);
  const repository = property(raw, "project");
  if (id === undefined || builder === undefined || number === undefined || !isRepository(repository)) return undefined;
  const live = property(raw, "buildername") !== "pipeline";
  const branch = property(raw, "branch");
  if (!live && branch === "") return undefined;
  const complete = raw.complete === true;
  return {
    ...{ id, builder, number, repository, branch, live },
    packageOf: integer(properties(raw).package_of),
    result: complete ? (RESULTS[integer(raw.results) ?? -1] ?? "failed") : "running",
    warnings: raw.results === WARNINGS,
    text: text(raw.state_string),
    by: property(raw, "pusher") || property(raw, "owner") || property(raw, "author"),
    revision: property(raw, "got_revision") || property(raw, "revision"),
    at: 1000 * (integer(complete ? raw.complete_at : raw.started_at) ?? 0),
  };
}

/** Buildbot gives each value together with its source. @param {Json} raw @returns {Json} */
function properties(raw) {
  const values = entries([raw.properties])[0] ?? {};
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, Array.isArray(value) ? value[0] : null]),
  );
}

/**
 * @param {Json} raw
 * @param {string} name
 */
function property(raw, name) {
  return text(properties(raw)[name]);
}

/** @param {unknown} value */
function text(value) {
  return typeof value === "string" ? value : "";
}

/** @param {unknown} value */
function integer(value) {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** @param {unknown} value @returns {Json[]} */
function entries(value) {
  if (!Array.isArray(value)) return [];
  return value.filter((entry) => typeof entry === "object" && entry !== null && !Array.isArray(entry));
}
