/** @typedef {import("./http.mjs").Ask} Ask */
/**
 * @typedef {object} Release What is live.
 * @property {string} revision
 * @property {string} author Of the commit; empty when it is not known any more.
 * @property {string} by Who put it live.
 * @property {boolean} rolledBack
 * @property {string} problem Why its first page did not work when it was switched to; empty when it did.
 * @property {number} at Milliseconds.
 */

/** Requests a round may cost the live server. */
const REQUESTS = 5;
/** Bytes from the end of a log that only grows; a line has some hundreds. */
const TAIL = 8192;

/**
 * What is live of each repository, from the log that its deployer keeps.
 *
 * @param {{apiOf: (repository: string) => string, ask: Ask, now: () => number}} options
 */
export function createReleases({ apiOf, ask, now }) {
  /** @type {"asking" | "answers" | "silent"} */
  let reach = "asking";
  /** @type {Map<string, {release: Release | undefined, readAt: number, mark: unknown}>} */
  const known = new Map();

  /**
   * Reads the logs that were not read for the longest time.
   *
   * @param {string[]} repositories
   * @param {(repository: string) => unknown} markOf
   * @param {AbortSignal} signal
   */
  async function round(repositories, markOf, signal) {
    const readAt = (/** @type {string} */ repository) => known.get(repository)?.readAt ?? Number.NEGATIVE_INFINITY;
    const due = [...repositories].sort((a, b) => readAt(a) - readAt(b)).slice(0, REQUESTS);
    const answers = await Promise.all(
      due.map(async (repository) => {
        const mark = markOf(repository);
        const { status, body, whole } = await ask(`${apiOf(repository)}/${repository}/releases`, {
          signal,
          limit: 2 * TAIL,
          headers: { accept: "text/plain", range: `bytes=-${TAIL}` },
        });
        if (status === 0 || status >= 500 || !whole) return false;
        // Without releases there is no log.
        const release = status === 200 || status === 206 ? readRelease(body) : undefined;
        known.set(repository, { release, readAt: now(), mark });
        return true;
      }),
    );
    if (answers.length > 0) reach = answers.every(Boolean) ? "answers" : "silent";
  }

  return {
    round,
    reach: () => reach,
    /** Undefined when it was not read yet, null when nothing is live. @param {string} repository */
    release: (repository) => (known.has(repository) ? (known.get(repository)?.release ?? null) : undefined),
    /** What `markOf` said when it was read. @param {string} repository */
    mark: (repository) => known.get(repository)?.mark,
  };
}

/**
 * The last entry of a log, or of a log's end: its first line may be cut.
 *
 * @param {string} log JSON lines.
 * @returns {Release | undefined}
 */
export function readRelease(log) {
  const entries = log.split("\n").flatMap((line) => {
    try {
      return [readEntry(JSON.parse(line))];
    } catch {
      return [];
    }
  });
  const last = entries.findLast((entry) => entry !== undefined);
  if (last === undefined) return undefined;
  // A roll back only names the release; its author was recorded when it first went live.
  const authored = entries.findLast((entry) => entry?.revision === last.revision && entry.author !== "");
  return { ...last, author: authored?.author ?? "" };
}

/**
 * @param {unknown} raw
 * @returns {Release | undefined}
 */
function readEntry(raw) {
  const { time, revision, author, action, by, problem } = /** @type {Record<string, unknown>} */ (raw);
  const at = typeof time === "string" ? Date.parse(time) : Number.NaN;
  if (typeof revision !== "string" || !/^[0-9a-f]{12,64}$/.test(revision) || Number.isNaN(at)) return undefined;
  return {
    revision,
    author: typeof author === "string" ? author : "",
    by: typeof by === "string" ? by : "",
    rolledBack: action === "rollback",
    problem: typeof problem === "string" ? problem : "",
    at,
  };
}
