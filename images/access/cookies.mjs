import { TOKEN } from "./tokens.mjs";

/**
 * Our cookies, which belong to one host each. With https their names begin with `__Host-`, which browsers take from
 * that host alone; without, a site of the team may set one of the same name for its siblings.
 *
 * @param {boolean} tls
 */
export function createCookies(tls) {
  const prefix = tls ? "__Host-" : "";
  const names = { session: `${prefix}muster`, device: `${prefix}muster-device`, visit: `${prefix}muster-visit` };
  const attributes = `; Path=/; HttpOnly; SameSite=Lax${tls ? "; Secure" : ""}`;

  return {
    names,
    /**
     * @param {keyof typeof names} which
     * @param {string} value
     * @param {number} [seconds] until the browser ends, without it
     */
    set: (which, value, seconds) =>
      `${names[which]}=${value}${attributes}${seconds === undefined ? "" : `; Max-Age=${Math.floor(seconds)}`}`,
    /** @param {keyof typeof names} which */
    clear: (which) => `${names[which]}=${attributes}; Max-Age=0`,
    /**
     * Every value that a request has under the name.
     *
     * @param {string | undefined} header
     * @param {keyof typeof names} which
     */
    values: (header, which) => valuesOf(header ?? "", names[which]),
  };
}

/** @typedef {ReturnType<typeof createCookies>} Cookies */

/** Cookies of one name that are looked at. */
const MANY = 16;

/**
 * @param {string} header
 * @param {string} name
 */
function valuesOf(header, name) {
  const values = header
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
    .filter((value) => TOKEN.test(value) || /^[0-9a-f]{32}$/.test(value));
  return [...new Set(values)].slice(0, MANY);
}
