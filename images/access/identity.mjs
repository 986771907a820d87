import { network } from "./attempts.mjs";
import { digest, same } from "./tokens.mjs";

/** @typedef {import("./config.mjs").AccessConfig} AccessConfig */
/** @typedef {import("./config.mjs").Member} Member */
/** @typedef {{member: Member} | {pause: number} | {wrong: true}} Proof */

/** Milliseconds that a password counts as checked: git sends it with each request. */
const CHECKED = 5 * 60_000;
const REMEMBERED = 1000;

/**
 * Whether a name and a password belong together. Until a member chooses a password, it is that of the git server; git
 * itself takes both.
 *
 * @param {object} parts
 * @param {AccessConfig} parts.config
 * @param {import("./store.mjs").Store} parts.store
 * @param {import("./passwords.mjs").Hasher} parts.hasher
 * @param {import("./attempts.mjs").Attempts} parts.attempts
 * @param {() => number} parts.now
 */
export function createIdentity({ config, store, hasher, attempts, now }) {
  /** @type {Map<string, number>} */
  const checked = new Map();

  /** @param {string} key */
  function remember(key) {
    checked.delete(key);
    checked.set(key, now() + CHECKED);
    if (checked.size > REMEMBERED) checked.delete(/** @type {string} */ (checked.keys().next().value));
  }

  /**
   * @param {object} given
   * @param {string} given.name
   * @param {string} given.password
   * @param {string} given.address
   * @param {string} [given.device] Token of a browser in which this member has signed in.
   * @param {boolean} [given.git]
   * @returns {Promise<Proof>}
   */
  return async function prove({ name, password, address, device, git = false }) {
    const member = config.members.get(name);
    const stored = member && store.passwordHash(name);
    // Nobody guesses it, so it needs neither time nor a limit.
    const first = (git || stored === undefined) && same(password, config.passwords.get(name) ?? "");
    if (member !== undefined && first) return { member };

    const key = device === undefined ? `${network(address)} ${name.slice(0, 80)}` : `device ${digest(device)}`;
    const pause = attempts.pause(key);
    if (pause > 0) return { pause };
    const known = digest(JSON.stringify([name, password, stored ?? ""]));
    const recent = stored !== undefined && (checked.get(known) ?? 0) > now();
    if (recent || (await hasher.matches(password, stored))) {
      attempts.succeeded(key);
      remember(known);
      return { member: /** @type {Member} */ (member) };
    }
    attempts.failed(key);
    return { wrong: true };
  };
}

/** @typedef {ReturnType<typeof createIdentity>} Prove */
