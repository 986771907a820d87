import { isRepository } from "./config.mjs";

/** @typedef {Record<string, unknown>} Json */
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
 * @property {string[]} findings What the repository is, what happens with it, and what was not run.
 * @property {string} notDeployed Why it does not go live; empty when it does.
 * @property {string} by
 * @property {string} revision
 * @property {number} at Milliseconds: its end, or its start while it runs.
 */
/** @typedef {{repository: string, branch: string, by: string, revision: string, at: number}} Waiting */

/** Query of what `readBuild` reads. */
export const BUILD_FIELDS = [
  ...["buildid", "builderid", "number", "results", "complete", "started_at", "complete_at", "state_string"].map(
    (field) => `field=${field}`,
  ),
  "field=properties",
  ...["buildername", "project", "branch", "revision", "got_revision", "pusher", "owner", "author", "package_of"].map(
    (name) => `property=${name}`,
  ),
  ...["survey", "not_deployed", "not_run", "not_installed"].map((name) => `property=${name}`),
].join("&");

/** Query of what `readQueued` reads of a request. */
export const REQUEST_FIELDS = ["pusher", "owner"].map((name) => `property=${name}`).join("&");

/**
 * Buildbot's numbers: success, warnings, failure, skipped, exception, retry (it runs again), cancelled.
 *
 * @type {Result[]}
 */
const RESULTS = ["passed", "passed", "failed", "cancelled", "failed", "waiting", "cancelled"];
const WARNINGS = 1;
/** Builders that test; the others put live. */
const TESTS = new Set(["pipeline", "release"]);

/** Path of a build in the CI's web pages. @param {Build} build */
export function pageOf({ builder, number }) {
  return `#/builders/${builder}/builds/${number}`;
}

/**
 * @param {Json} raw
 * @returns {Build | undefined} Undefined when it is no build of a repository.
 */
export function readBuild(raw) {
  const id = integer(raw.buildid);
  const builder = integer(raw.builderid);
  const number = integer(raw.number);
  const repository = property(raw, "project");
  if (id === undefined || builder === undefined || number === undefined || !isRepository(repository)) return undefined;
  const live = !TESTS.has(property(raw, "buildername"));
  const branch = property(raw, "branch");
  if (!live && branch === "") return undefined;
  const complete = raw.complete === true;
  return {
    ...{ id, builder, number, repository, branch, live },
    packageOf: integer(properties(raw).package_of),
    result: complete ? (RESULTS[integer(raw.results) ?? -1] ?? "failed") : "running",
    warnings: raw.results === WARNINGS,
    text: text(raw.state_string),
    findings: findings(raw),
    notDeployed: property(raw, "not_deployed"),
    by: property(raw, "pusher") || property(raw, "owner") || property(raw, "author"),
    revision: property(raw, "got_revision") || property(raw, "revision"),
    at: 1000 * (integer(complete ? raw.complete_at : raw.started_at) ?? 0),
  };
}

/** @param {Json} raw */
function findings(raw) {
  const { not_run: left, not_installed: missing } = properties(raw);
  const notRun = list(left).map((job) => `not run: ${text(job)}`);
  const known = [...property(raw, "survey").split("\n"), property(raw, "not_deployed")];
  return [...known, ...list(missing).map(text), ...notRun].filter(Boolean);
}

/**
 * What waits for a worker.
 *
 * @param {Json} set
 * @param {Json} request The one request of the set.
 * @returns {Waiting | undefined} Undefined for a roll back, which has no branch.
 */
export function readQueued(set, request) {
  const [source] = entries(set.sourcestamps);
  const repository = text(source?.project);
  const branch = text(source?.branch);
  if (branch === "" || !isRepository(repository)) return undefined;
  const by = property(request, "pusher") || property(request, "owner");
  return { repository, branch, by, revision: text(source?.revision), at: 1000 * (integer(set.submitted_at) ?? 0) };
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

/** @param {unknown} value @returns {unknown[]} */
function list(value) {
  return Array.isArray(value) ? value : [];
}

/** @param {unknown} value */
export function text(value) {
  return typeof value === "string" ? value : "";
}

/** @param {unknown} value */
export function integer(value) {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** @param {unknown} value @returns {Json[]} */
export function entries(value) {
  if (!Array.isArray(value)) return [];
  return value.filter((entry) => typeof entry === "object" && entry !== null && !Array.isArray(entry));
}
