import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";

/** scrypt with 16 MiB of memory, as OWASP's password storage sheet has it. */
const COST = { N: 2 ** 14, r: 8, p: 5 };
const KEY_LENGTH = 32;
/** Passwords that may wait to be checked; one after another, so that their memory is bounded. */
const WAITING = 64;

const SHORTEST = 10;
const LONGEST = 200;

/** Too many people sign in at this moment. */
export class Busy extends Error {}

/**
 * @param {Readonly<{N: number, r: number, p: number}>} [cost]
 * @param {typeof scryptKey} [derive]
 */
export function createHasher(cost = COST, derive = scryptKey) {
  let waiting = 0;
  /** @type {Promise<unknown>} */
  let last = Promise.resolve();
  const nobodys = hash("nobody has this password");

  /**
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  function inTurn(work) {
    if (waiting >= WAITING) return Promise.reject(new Busy());
    waiting++;
    const turn = last.then(work).finally(() => waiting--);
    last = turn.catch(() => undefined);
    return turn;
  }

  /**
   * @param {string} password
   * @returns {Promise<string>} with its salt and costs
   */
  function hash(password) {
    const salt = randomBytes(16);
    return inTurn(async () => {
      const key = await derive(password, salt, cost);
      return ["scrypt", cost.N, cost.r, cost.p, salt.toString("base64url"), key.toString("base64url")].join("$");
    });
  }

  /**
   * Takes as long for somebody who has no hash.
   *
   * @param {string} password
   * @param {string | undefined} stored
   */
  async function matches(password, stored) {
    const [, N, r, p, salt = "", key = ""] = (stored ?? (await nobodys)).split("$");
    const expected = Buffer.from(key, "base64url");
    const given = await inTurn(() =>
      derive(password, Buffer.from(salt, "base64url"), { N: Number(N), r: Number(r), p: Number(p) }),
    );
    return timingSafeEqual(given, expected) && stored !== undefined;
  }

  return { hash, matches };
}

/** @typedef {ReturnType<typeof createHasher>} Hasher */

/**
 * @param {string} password
 * @param {Buffer} salt
 * @param {import("node:crypto").ScryptOptions} options
 * @returns {Promise<Buffer>}
 */
function scryptKey(password, salt, options) {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize("NFC"), salt, KEY_LENGTH, options, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

/**
 * Why somebody cannot have a password, as a key of the texts; undefined for a good one.
 *
 * @param {string} password
 * @param {{id: string, name: string}} member
 * @returns {"short" | "long" | "obvious" | undefined}
 */
export function fault(password, { id, name }) {
  if ([...password].length < SHORTEST) return "short";
  if (password.length > LONGEST) return "long";
  const plain = password.toLowerCase();
  const words = [id, name.toLowerCase(), "password", "1234567890", "qwertyuiop"].filter((word) => word.length > 2);
  const rest = words.reduce((text, word) => text.replaceAll(word, ""), plain);
  return new Set(rest).size < 4 ? "obvious" : undefined;
}
