import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** What the program has taken by now, as sha256sum prints it: `npm run up` looks there. */
const TAKEN = "/tmp/muster/roster";
/** Milliseconds between two looks. */
const INTERVAL = 1000;

/**
 * Settings that change while the program runs: each is in the variable NAME, where it stays as it is, or in the file that
 * `NAME_FILE` names, which is looked at once a second.
 *
 * @param {readonly string[]} names
 * @param {(settings: Record<string, string>) => void} take Uses them; what it throws at the first time ends the program,
 *   and later leaves everything as it was.
 * @param {object} [options]
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {string} [options.taken] File that says what was taken.
 * @param {number} [options.interval] Milliseconds.
 * @returns {Promise<() => void>} After the first time, once there are all files; ends the following.
 */
export async function follow(names, take, { env = process.env, taken = TAKEN, interval = INTERVAL } = {}) {
  for (const name of names) {
    if (env[name] && env[`${name}_FILE`]) throw new Error(`${name} and ${name}_FILE are both set: set one of them`);
    if (!env[name] && !env[`${name}_FILE`]) throw new Error(`${name} is missing`);
  }
  const followed = names.some((name) => env[`${name}_FILE`]);

  /** @returns {Record<string, string> | undefined} undefined while one is missing or empty */
  function read() {
    const texts = names.map((name) => env[name] || readFile(/** @type {string} */ (env[`${name}_FILE`])));
    if (texts.some((text) => text === "")) return undefined;
    return Object.fromEntries(names.map((name, index) => [name, /** @type {string} */ (texts[index])]));
  }

  /** @param {Record<string, string>} settings */
  function use(settings) {
    take(settings);
    const lines = names.map(
      (name) =>
        `${createHash("sha256")
          .update(settings[name] ?? "")
          .digest("hex")}  ${name}\n`,
    );
    mkdirSync(dirname(taken), { recursive: true });
    writeFileSync(`${taken}.new`, lines.join(""));
    renameSync(`${taken}.new`, taken);
  }

  let settings = read();
  if (settings === undefined) console.log("muster: waiting for the roster");
  while (settings === undefined) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(interval, 100)));
    settings = read();
  }
  use(settings);
  if (!followed) return () => undefined;

  let known = JSON.stringify(settings);
  let complaint = "";
  const timer = setInterval(() => {
    try {
      const now = read();
      const text = JSON.stringify(now);
      if (now === undefined) return;
      if (text === known) {
        // Between the files of one change, others do not fit yet.
        if (complaint !== "") console.error(`muster: the roster is left as it was: ${complaint}`);
        complaint = "";
        return;
      }
      [known, complaint] = [text, ""];
      use(now);
    } catch (error) {
      complaint = error instanceof Error ? error.message : String(error);
    }
  }, interval);
  timer.unref();
  return () => clearInterval(timer);
}

/** @param {string} path Empty while there is none. */
const readFile = (path) => (existsSync(path) ? readFileSync(path, "utf8") : "");
