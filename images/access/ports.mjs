import { request } from "node:http";

/** Milliseconds for an answer, and for how long it holds. */
const PATIENCE = 1000;
const KEPT = 1000;
const LONGEST = 4096;

/**
 * Which ports a member has shared, as the editor's forwarder tells (`muster share`). None where it does not answer.
 *
 * @param {string | undefined} pattern `host:port` of anybody's forwarder, `{member}` standing for the id.
 * @param {() => number} now Milliseconds.
 */
export function createPorts(pattern, now) {
  /** @type {Map<string, {until: number, shared: Promise<number[]>}>} */
  const known = new Map();

  /** @param {string} id @returns {Promise<number[]>} */
  const ask = (id) =>
    new Promise((resolve) => {
      const call = request(`http://${pattern?.replace("{member}", id)}/-/shared`, { timeout: PATIENCE }, (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (text) => {
          body += text;
          if (body.length > LONGEST) call.destroy();
        });
        response.on("end", () => resolve(response.statusCode === 200 ? numbers(body) : []));
        response.on("error", () => resolve([]));
      });
      call.on("timeout", () => call.destroy());
      call.on("error", () => resolve([]));
      call.end();
    });

  return {
    /**
     * @param {string} id Of a member.
     * @param {number} port
     */
    async isShared(id, port) {
      if (pattern === undefined) return false;
      const before = known.get(id);
      const current = before !== undefined && before.until > now() ? before : { until: now() + KEPT, shared: ask(id) };
      known.set(id, current);
      return (await current.shared).includes(port);
    },
  };
}

/** @typedef {ReturnType<typeof createPorts>} Ports */

/** @param {string} body */
function numbers(body) {
  try {
    const list = JSON.parse(body);
    return Array.isArray(list) ? list.filter((each) => Number.isInteger(each)) : [];
  } catch {
    return [];
  }
}
