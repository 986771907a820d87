/** Failures that cost nothing. */
const FREE = 5;
/** Milliseconds of the first pause; each further failure doubles it. */
const FIRST_PAUSE = 15_000;
const LONGEST_PAUSE = 15 * 60_000;
const MEMORY = 10_000;

/**
 * Counts failures of an address with a name. Another address, or a browser in which that member has signed in before,
 * is counted by itself, so that nobody locks a member out.
 *
 * @param {() => number} now
 */
export function createAttempts(now) {
  /** @type {Map<string, {failures: number, until: number}>} */
  const known = new Map();

  return {
    /** @param {string} key @returns {number} seconds to wait; 0 when an attempt is free */
    pause(key) {
      return Math.max(0, Math.ceil(((known.get(key)?.until ?? 0) - now()) / 1000));
    },
    /** @param {string} key */
    failed(key) {
      const failures = (known.get(key)?.failures ?? 0) + 1;
      const pause = failures < FREE ? 0 : Math.min(FIRST_PAUSE * 2 ** (failures - FREE), LONGEST_PAUSE);
      known.delete(key);
      known.set(key, { failures, until: now() + pause });
      if (known.size > MEMORY) known.delete(/** @type {string} */ (known.keys().next().value));
    },
    /** @param {string} key */
    succeeded(key) {
      known.delete(key);
    },
  };
}

/** @typedef {ReturnType<typeof createAttempts>} Attempts */

/**
 * What is counted as one address: whoever has an IPv6 network has all of its addresses.
 *
 * @param {string} address
 */
export function network(address) {
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("::");
  const groups = head.split(":").filter(Boolean);
  const last = tail?.split(":").filter(Boolean) ?? [];
  const zeros = tail === undefined ? [] : Array(Math.max(0, 8 - groups.length - last.length)).fill("0");
  return [...groups, ...zeros, ...last].slice(0, 4).join(":");
}
