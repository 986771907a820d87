/** @typedef {import("./http.mjs").Ask} Ask */

const MAX_BODY = 1_000_000;

/**
 * Which branches there are, by the git server: the CI remembers those that are gone.
 *
 * @param {{api: string | undefined, ask: Ask}} options Without `api`, or while it does not answer, each is taken to be there.
 */
export function createBranches({ api, ask }) {
  /** @type {Map<string, Set<unknown>> | undefined} */
  let known;

  return {
    /** @param {AbortSignal} signal */
    async round(signal) {
      if (api === undefined) return;
      const { status, body, whole } = await ask(api, { signal, limit: MAX_BODY });
      known = status === 200 && whole ? read(body) : undefined;
    },
    /**
     * @param {string} repository
     * @param {string} [branch] Any when undefined.
     */
    exists(repository, branch) {
      if (known === undefined) return true;
      const branches = known.get(repository);
      return branches !== undefined && (branch === undefined || branches.has(branch));
    },
  };
}

/** @param {string} body @returns {Map<string, Set<unknown>> | undefined} */
function read(body) {
  try {
    return new Map(Object.entries(JSON.parse(body)).map(([name, branches]) => [name, new Set(branches)]));
  } catch {
    return undefined;
  }
}
