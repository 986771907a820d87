import { pageOf } from "./buildbot.mjs";

/** @typedef {import("./buildbot.mjs").Build} Build */
/** @typedef {import("./buildbot.mjs").Waiting} Waiting */
/**
 * @typedef {object} BranchState The last build of a branch.
 * @property {string} branch
 * @property {import("./buildbot.mjs").Result} result
 * @property {boolean} warnings
 * @property {string} text
 * @property {string[]} findings
 * @property {string} notDeployed
 * @property {string} by
 * @property {string} revision
 * @property {number} at
 * @property {string} [page] Path in the CI's web pages.
 * @property {string} [log] The same, of the log of the step that failed.
 */

/** Branches that a repository shows. */
const BRANCHES = 5;
/** Builds to remember before any is forgotten. */
const MANY = 100;

/**
 * What is remembered of the CI's builds.
 *
 * @param {string} deployBranch
 * @param {(repository: string, branch?: string) => boolean} exists
 */
export function createHistory(deployBranch, exists) {
  /** @type {Map<number, Build>} */
  const builds = new Map();
  /** Builders of repositories' tests. @type {Map<number, string>} */
  const builders = new Map();
  /** Paths of logs of failed steps, by build; undefined when there is none. @type {Map<number, string | undefined>} */
  const logs = new Map();
  /** @type {Waiting[]} */
  let waiting = [];

  function forget() {
    for (const memory of [builds, builders, logs]) memory.clear();
    waiting = [];
  }

  /** Forgets builds that no visitor will see again. */
  function prune() {
    if (builds.size <= MANY) return;
    const kept = new Set();
    for (const repository of names()) {
      for (const { id } of few(newestOfBranches(repository), 4 * BRANCHES)) kept.add(id);
      const live = newestLive(repository);
      if (live !== undefined) kept.add(live.id);
    }
    for (const { id, packageOf } of [...builds.values()]) {
      if (!kept.has(id) && !kept.has(packageOf)) builds.delete(id);
    }
    for (const id of [...logs.keys()]) if (!builds.has(id)) logs.delete(id);
  }

  /** @returns {Set<string>} */
  function names() {
    const built = [...builds.values()].filter(({ live }) => !live).map(({ repository }) => repository);
    const all = [...builders.values(), ...built, ...waiting.map(({ repository }) => repository)];
    return new Set(all.filter((name) => exists(name)));
  }

  /** @param {string} repository */
  function newestOfBranches(repository) {
    /** @type {Map<string, Build>} */
    const newest = new Map();
    for (const build of builds.values()) {
      if (build.live || build.repository !== repository || !exists(repository, build.branch)) continue;
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

  /** The build whose log tells why: a release that failed did so in a build of its own. @param {Build} build */
  function culprit(build) {
    return [...builds.values()].find(({ packageOf, result }) => packageOf === build.id && result === "failed") ?? build;
  }

  /** Builds whose logs tell why what is shown has failed, the newest first. */
  function culprits() {
    const shown = [...names()].flatMap((repository) => few(newestOfBranches(repository))).sort((a, b) => b.id - a.id);
    return shown.filter(({ result }) => result === "failed").map(culprit);
  }

  /** @param {string} repository @returns {BranchState[]} */
  function branches(repository) {
    /** @type {Map<string, BranchState>} */
    const states = new Map();
    for (const build of few(newestOfBranches(repository))) {
      const { branch, result, warnings, text, findings, notDeployed, by, revision, at } = build;
      const log = result === "failed" ? logs.get(culprit(build).id) : undefined;
      states.set(branch, {
        ...{ branch, result, warnings, text, findings, notDeployed, by, revision, at, page: pageOf(build) },
        ...(log === undefined ? {} : { log }),
      });
    }
    for (const { repository: of, branch, by, revision, at } of waiting) {
      // What runs says more than what waits for it.
      if (of !== repository || !exists(of, branch) || states.get(branch)?.result === "running") continue;
      const nothing = { warnings: false, text: "", findings: [], notDeployed: "" };
      states.set(branch, { branch, result: "waiting", ...nothing, by, revision, at });
    }
    return few([...states.values()].sort((a, b) => b.at - a.at));
  }

  return {
    builds,
    builders,
    logs,
    forget,
    prune,
    names,
    newestLive,
    culprits,
    branches,
    /** @param {Waiting[]} found */
    setWaiting: (found) => {
      waiting = found;
    },
  };
}
