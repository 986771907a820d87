import { follows } from "./rules.mjs";

/**
 * @typedef {object} Service
 * @property {string} kind `site`, `editor`, … for a member; `git`, `ci`, `live`, … for the team.
 * @property {string} name Shown on the page.
 * @property {string} url Where a visitor's browser finds it.
 * @property {string} [probe] Address by which the portal checks whether it answers.
 */
/**
 * @typedef {object} Member
 * @property {string} id
 * @property {string} name
 * @property {Service[]} services
 */
/**
 * @typedef {object} PortalConfig
 * @property {string} team
 * @property {string} domain
 * @property {string} url The portal's own address, for links from error pages.
 * @property {Member[]} members In the order of the roster.
 * @property {Service[]} services
 * @property {Delivery} [delivery]
 */
/**
 * @typedef {object} Delivery Where pushes are tested and what passes goes live.
 * @property {string} ciApi Where the portal asks the CI.
 * @property {string} ciUrl Where a visitor's browser finds it.
 * @property {string} [gitApi] Where the portal asks which branches there are; without, those that were built.
 * @property {string} liveApi Where the portal asks what is live; `/<repository>/releases` is appended.
 * @property {string} deployBranch
 * @property {Repository[]} repositories
 */
/**
 * @typedef {object} Repository
 * @property {string} name
 * @property {string} gitUrl
 * @property {string} liveUrl
 * @property {string} [liveApi] Where the portal asks what is live of it, if elsewhere than of the others.
 */

/** Every problem of the configuration, one a line. */
export class ConfigError extends Error {
  /** @param {string[]} problems */
  constructor(problems) {
    super(problems.join("\n"));
    this.name = "ConfigError";
    this.problems = problems;
  }
}

const ID = /^[a-z][a-z0-9-]{0,19}$/;
const REPOSITORY_RULE =
  'is not a repository\'s name: use 1–64 of a-z, 0-9, ".", "_" and "-", starting with a letter or digit';

/** @param {string} name */
export function isRepository(name) {
  return follows("repository", name);
}

/** Where a member's id goes in the addresses of `memberServices`. */
const MEMBER = "{member}";
const MEMBER_RULE = `is the same for every member: write ${MEMBER} where the id goes`;

const PERSON_RULE = "is not a name: use up to 80 characters on one line, and some that show";
const ID_RULE = 'is not a valid id: use 1–20 of a-z, 0-9 and "-", starting with a letter';

/**
 * Reads `PORTAL_CONFIG`. Linux limits an environment variable to 128 KiB, so `memberServices` says only once what every
 * member has, with `{member}` for the id.
 *
 * @param {string} text JSON.
 * @returns {PortalConfig}
 * @throws {ConfigError} naming every problem with its path.
 */
export function parseConfig(text) {
  /** @type {unknown} */
  let raw;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    throw new ConfigError([`PORTAL_CONFIG is not JSON: ${error instanceof Error ? error.message : error}`]);
  }
  const check = new Checker();
  const root = check.object("", raw, ["team", "domain", "url", "members", "memberServices", "services", "delivery"]);
  const servicesOf = readMemberServices(check, "memberServices", root.memberServices);
  const config = {
    team: check.text("team", root.team),
    domain: check.text("domain", root.domain),
    url: check.url("url", root.url),
    members: check
      .list("members", root.members)
      .map((entry, index) => readMember(check, `members/${index}`, entry, servicesOf)),
    services: check
      .list("services", root.services)
      .map((entry, index) => readService(check, `services/${index}`, entry)),
    ...(root.delivery === undefined ? {} : { delivery: readDelivery(check, "delivery", root.delivery) }),
  };
  check.unique("members", "id", config.members);
  check.unique("services", "kind", config.services);
  if (check.problems.length > 0) throw new ConfigError(check.problems);
  return config;
}

/**
 * @param {Checker} check
 * @param {string} path
 * @param {unknown} raw
 * @returns {(id: string) => Service[]} The services of a member.
 */
function readMemberServices(check, path, raw) {
  const services = check.list(path, raw).map((entry, index) => {
    const service = readService(check, `${path}/${index}`, entry);
    for (const key of /** @type {const} */ (["url", "probe"])) {
      const address = service[key];
      if (address && !address.includes(MEMBER)) check.add(`${path}/${index}/${key}`, address, MEMBER_RULE);
    }
    return service;
  });
  check.unique(path, "kind", services);
  return (id) =>
    services.map(({ url, probe, ...service }) => ({
      ...service,
      url: url.replaceAll(MEMBER, id),
      ...(probe === undefined ? {} : { probe: probe.replaceAll(MEMBER, id) }),
    }));
}

/**
 * @param {Checker} check
 * @param {string} path
 * @param {unknown} raw
 * @param {(id: string) => Service[]} servicesOf
 * @returns {Member}
 */
function readMember(check, path, raw, servicesOf) {
  const entry = check.object(path, raw, ["id", "name"]);
  const id = check.text(`${path}/id`, entry.id);
  if (id !== "" && !follows("member", id)) check.add(`${path}/id`, id, ID_RULE);
  const name = entry.name === undefined ? id : check.text(`${path}/name`, entry.name);
  if (name !== "" && !follows("person", name)) check.add(`${path}/name`, name, PERSON_RULE);
  return {
    id,
    name,
    services: servicesOf(id),
  };
}

/**
 * @param {Checker} check
 * @param {string} path
 * @param {unknown} raw
 * @returns {Service}
 */
function readService(check, path, raw) {
  const entry = check.object(path, raw, ["kind", "name", "url", "probe"]);
  const kind = check.text(`${path}/kind`, entry.kind);
  if (kind !== "" && !ID.test(kind)) check.add(`${path}/kind`, kind, ID_RULE);
  return {
    kind,
    name: entry.name === undefined ? kind : check.text(`${path}/name`, entry.name),
    url: check.url(`${path}/url`, entry.url),
    ...(entry.probe === undefined ? {} : { probe: check.url(`${path}/probe`, entry.probe) }),
  };
}

/**
 * @param {Checker} check
 * @param {string} path
 * @param {unknown} raw
 * @returns {Delivery}
 */
function readDelivery(check, path, raw) {
  const entry = check.object(path, raw, ["ciApi", "ciUrl", "gitApi", "liveApi", "deployBranch", "repositories"]);
  const repositories = check
    .list(`${path}/repositories`, entry.repositories)
    .map((repository, index) => readRepository(check, `${path}/repositories/${index}`, repository));
  check.unique(`${path}/repositories`, "name", repositories);
  return {
    ciApi: check.url(`${path}/ciApi`, entry.ciApi),
    ciUrl: check.url(`${path}/ciUrl`, entry.ciUrl),
    ...(entry.gitApi === undefined ? {} : { gitApi: check.url(`${path}/gitApi`, entry.gitApi) }),
    liveApi: check.url(`${path}/liveApi`, entry.liveApi),
    deployBranch: check.text(`${path}/deployBranch`, entry.deployBranch),
    repositories,
  };
}

/**
 * @param {Checker} check
 * @param {string} path
 * @param {unknown} raw
 * @returns {Repository}
 */
function readRepository(check, path, raw) {
  const entry = check.object(path, raw, ["name", "gitUrl", "liveUrl", "liveApi"]);
  const name = check.text(`${path}/name`, entry.name);
  if (name !== "" && !isRepository(name)) check.add(`${path}/name`, name, REPOSITORY_RULE);
  return {
    name,
    gitUrl: check.url(`${path}/gitUrl`, entry.gitUrl),
    liveUrl: check.url(`${path}/liveUrl`, entry.liveUrl),
    ...(entry.liveApi === undefined ? {} : { liveApi: check.url(`${path}/liveApi`, entry.liveApi) }),
  };
}

/** Reads untyped values and notes what is wrong with them, so that one message can name it all. */
class Checker {
  /** @type {string[]} */
  problems = [];

  /**
   * @param {string} path
   * @param {unknown} value
   * @param {string} problem
   */
  add(path, value, problem) {
    const at = path === "" ? "PORTAL_CONFIG" : `PORTAL_CONFIG/${path}`;
    this.problems.push(`${at}: ${JSON.stringify(value) ?? "nothing"} ${problem}`);
  }

  /**
   * @param {string} path
   * @param {unknown} value
   * @param {string[]} keys All keys it may have.
   * @returns {Record<string, unknown>}
   */
  object(path, value, keys) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      this.add(path, value, `is not an object with ${keys.join(", ")}`);
      return {};
    }
    for (const key of Object.keys(value)) {
      if (!keys.includes(key)) this.add(path, key, `is not a key here: use ${keys.join(", ")}`);
    }
    return { ...value };
  }

  /**
   * @param {string} path
   * @param {unknown} value
   * @returns {unknown[]}
   */
  list(path, value) {
    if (Array.isArray(value)) return value;
    if (value !== undefined) this.add(path, value, "is not a list");
    return [];
  }

  /**
   * @param {string} path
   * @param {unknown} value
   */
  text(path, value) {
    if (typeof value === "string" && value.trim() !== "") return value;
    this.add(path, value, "is not a text");
    return "";
  }

  /**
   * @param {string} path
   * @param {unknown} value
   */
  url(path, value) {
    const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
    if (typeof value !== "string" || url === undefined || !/^https?:$/.test(url.protocol)) {
      this.add(path, value, "is not an address: use http:// or https://");
      return "";
    }
    if (url.username !== "" || url.password !== "") {
      // The value is a secret, so the message does not repeat it.
      this.add(path, `${url.protocol}//…@${url.host}`, "holds a login, and everybody can read this page: leave it out");
      return "";
    }
    return String(value);
  }

  /**
   * @template {string} K
   * @param {string} path
   * @param {K} key
   * @param {Record<K, string>[]} entries
   */
  unique(path, key, entries) {
    const seen = new Set();
    for (const [index, entry] of entries.entries()) {
      if (entry[key] === "") continue;
      if (seen.has(entry[key])) this.add(`${path}/${index}/${key}`, entry[key], "is there already");
      seen.add(entry[key]);
    }
  }
}
