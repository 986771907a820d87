import { ask as askOverHttp } from "./http.mjs";
import { createRounds } from "./rounds.mjs";

/**
 * @typedef {object} Entry What was put live, or was to be.
 * @property {number} at Milliseconds.
 * @property {string} repository
 * @property {boolean} rollback
 * @property {boolean} done Otherwise the site is as it was.
 * @property {string} revision
 * @property {string} by
 * @property {string} about The commit's subject, the reason of a rollback, or the problem.
 */

const TIME_LIMIT = 2000;
const MAX_BODY = 262_144;

/**
 * The history that the CI keeps of what went live, asked when somebody wants to know.
 *
 * @param {{ciApi: string}} delivery
 * @param {{ask?: import("./http.mjs").Ask, now?: () => number, freshFor?: number}} [options] Milliseconds.
 */
export function createJournal({ ciApi }, { ask = askOverHttp, now = Date.now, freshFor = 2000 } = {}) {
  const url = new URL("/-/history", ciApi).href;
  /** @type {Entry[]} */
  let entries = [];

  async function round() {
    const answer = await ask(url, { signal: AbortSignal.timeout(TIME_LIMIT), limit: MAX_BODY });
    // A CI that is away has not lost its history.
    if (answer.status === 200 && answer.whole) entries = readEntries(answer.body);
  }

  return {
    refresh: createRounds(round, { now, freshFor }),
    /** The newest first. */
    state: () => entries,
  };
}

/** @typedef {ReturnType<typeof createJournal>} Journal */

/**
 * @param {string} body JSON lines, the oldest first.
 * @returns {Entry[]}
 */
export function readEntries(body) {
  return body
    .split("\n")
    .flatMap((line) => {
      try {
        return readEntry(JSON.parse(line)) ?? [];
      } catch {
        return [];
      }
    })
    .reverse();
}

/**
 * @param {unknown} raw
 * @returns {Entry | undefined}
 */
function readEntry(raw) {
  const { time, repository, action, release, revision, by, subject, problem } = /** @type {Record<string, unknown>} */ (
    Object(raw)
  );
  const at = typeof time === "string" ? Date.parse(time) : Number.NaN;
  if (Number.isNaN(at) || typeof repository !== "string") return undefined;
  const text = (/** @type {unknown} */ value) => (typeof value === "string" ? value : "");
  return {
    at,
    repository,
    rollback: action === "rollback",
    done: text(release) !== "",
    revision: /^[0-9a-f]{12,64}$/.test(text(revision)) ? text(revision) : "",
    by: text(by),
    about: text(problem) || text(subject),
  };
}
