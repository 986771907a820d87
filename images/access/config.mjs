import { readFileSync } from "node:fs";

/**
 * @typedef {"public" | "team" | "owner"} Level
 * @typedef {object} Member
 * @property {string} id
 * @property {string} name
 * @property {"member" | "organiser"} role
 */
/**
 * @typedef {object} AccessConfig
 * @property {string} team
 * @property {URL} url The portal's address; every other host is one label below it.
 * @property {string} domain
 * @property {boolean} tls Whether visitors use https.
 * @property {Record<string, Level>} levels Who may see what, by kind of service. A kind that is missing is its owner's.
 * @property {Map<string, Member>} members By id.
 * @property {string} [ports] `host:port` that leads to the ports of a member's editor, with `{member}` for the id.
 * @property {Secrets} passwords Of the git server, with which members sign in until they have one of their own.
 * @property {Secrets} editors
 * @property {Secrets} databases Those of members, and that of the live server.
 */
/** @typedef {Map<string, string>} Secrets By member id. */

const LEVELS = ["public", "team", "owner"];

/** The settings that change with the roster. */
export const FOLLOWED = ["ACCESS_CONFIG", "ACCESS_PASSWORDS", "ACCESS_EDITORS", "ACCESS_DATABASES"];

/**
 * Reads `ACCESS_CONFIG` (JSON) and the secrets `ACCESS_PASSWORDS`, `ACCESS_EDITORS` and `ACCESS_DATABASES`
 * (`alice:secret bob:secret`).
 *
 * @param {Record<string, string | undefined>} settings
 * @returns {AccessConfig}
 * @throws {Error} that says what is missing or wrong
 */
export function readConfig(settings) {
  /** @type {{team: string, url: string, levels: Record<string, Level>, members: {id: string, name?: string, role?: Member["role"]}[], ports?: string}} */
  const { team, url: address, levels, members, ports } = json("ACCESS_CONFIG", settings.ACCESS_CONFIG ?? "");
  if (!team || !URL.canParse(address) || !Array.isArray(members)) {
    throw new Error("ACCESS_CONFIG lacks team, url or members");
  }
  const url = new URL(address);
  for (const [kind, level] of Object.entries(levels ?? {})) {
    if (!LEVELS.includes(level)) throw new Error(`ACCESS_CONFIG/levels/${kind} is ${level}: use ${LEVELS.join(", ")}`);
  }
  const roster = new Map(
    members.map(({ id, name = id, role = "member" }) => [id, /** @type {Member} */ ({ id, name, role })]),
  );
  const secrets = (/** @type {string} */ name) => pairs(name, settings[name] ?? "");
  const passwords = secrets("ACCESS_PASSWORDS");
  const without = [...roster.keys()].filter((id) => !passwords.has(id));
  if (without.length > 0) throw new Error(`ACCESS_PASSWORDS has none of ${without.join(", ")}`);
  return {
    team,
    url,
    domain: url.hostname,
    tls: url.protocol === "https:",
    levels: levels ?? {},
    members: roster,
    ...(ports === undefined ? {} : { ports }),
    passwords,
    editors: secrets("ACCESS_EDITORS"),
    databases: secrets("ACCESS_DATABASES"),
  };
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {string} name
 */
export function setting(env, name) {
  const { [name]: text, [`${name}_FILE`]: file } = env;
  if (text && file) throw new Error(`${name} and ${name}_FILE are both set: set one of them`);
  const value = file ? readFileSync(file, "utf8").trim() : text;
  if (!value) throw new Error(`${name} is missing`);
  return value;
}

/**
 * @param {string} name
 * @param {string} text
 */
function json(name, text) {
  try {
    return JSON.parse(text) ?? {};
  } catch (error) {
    throw new Error(`${name} is not JSON: ${error instanceof Error ? error.message : error}`);
  }
}

/**
 * @param {string} name
 * @param {string} text
 * @returns {Secrets}
 */
function pairs(name, text) {
  return new Map(
    text.split(/\s+/).map((pair) => {
      const [id = "", ...rest] = pair.split(":");
      const secret = rest.join(":");
      if (id === "" || secret === "") throw new Error(`${name} holds a pair without a name or a secret`);
      return [id, secret];
    }),
  );
}
