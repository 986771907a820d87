import { serviceName } from "./texts.mjs";

/** @typedef {import("./config.mjs").PortalConfig} PortalConfig */
/** @typedef {import("./config.mjs").Member} Member */
/** @typedef {import("./config.mjs").Service} Service */
/** @typedef {import("./texts.mjs").Say} Say */
/**
 * @typedef {object} Trouble What the gateway says of a request that it could not pass on.
 * @property {string} member Empty for a service of the team.
 * @property {string} service `site`, `editor`, `database`, or the name of a team's service.
 * @property {number | undefined} broken Status of an answer that began and broke off, or that took too long.
 */
/**
 * @typedef {object} Notice
 * @property {number} status
 * @property {string} title
 * @property {string} text
 * @property {string} [later] Shown when waiting has taken long.
 * @property {boolean} wait The page reloads itself when the service answers.
 * @property {Member} [member] Whose service it is.
 * @property {Service[]} [others] Where to look instead.
 */

const FEW = 12;

/** @type {Record<string, import("./texts.mjs").Text>} */
const KINDS = { site: "theSite", editor: "theEditor", database: "theDatabase" };

/**
 * What a visitor is told instead of a bare 502.
 *
 * @param {PortalConfig} config
 * @param {Trouble} trouble
 * @param {Say} t
 * @returns {Notice}
 */
export function noticeFor(config, { member: id, service, broken }, t) {
  // A port is one of the editor's.
  const kind = service === "port" ? "editor" : service;
  if (id === "") {
    const service = config.services.find((candidate) => candidate.kind === kind);
    if (service === undefined) return missing(t("noService", { service: kind }), t("noServiceText"));
    return answerLost(serviceName(t, service), broken, t);
  }
  const text = KINDS[kind];
  const its = text === undefined ? kind : t(text);
  const member = config.members.find((candidate) => candidate.id === id);
  if (member === undefined) {
    const others = config.members.length > FEW ? [] : sameService(config, kind);
    return { ...missing(t("notOnRoster", { id }), t(others.length > 0 ? "spelledThese" : "spelled")), others };
  }
  if (!member.services.some((service) => service.kind === kind)) {
    return { ...missing(t("hasNone", { id, service: its }), t("hasNoneText")), member };
  }
  return { ...answerLost(t("membersService", { id, service: its }), broken, t), member };
}

/** @param {string} title @param {string} text */
function missing(title, text) {
  return { status: 404, title, text, wait: false };
}

/**
 * @param {string} what
 * @param {number | undefined} broken
 * @param {Say} t
 * @returns {Notice}
 */
function answerLost(what, broken, t) {
  if (broken === undefined) {
    return {
      status: 503,
      title: t("isStarting", { what }),
      text: t("isStartingText"),
      later: t("isStartingLong"),
      wait: true,
    };
  }
  // Loading it again by itself could repeat what broke it.
  const text = t(broken === 504 ? "tookTooLong" : "brokeOff");
  return { status: broken, title: t("unfinished", { what }), text, wait: false };
}

/**
 * The same kind of service of everybody who has one, under the members' names.
 *
 * @param {PortalConfig} config
 * @param {string} kind
 * @returns {Service[]}
 */
function sameService({ members }, kind) {
  return members.flatMap(({ name, services }) =>
    services.filter((service) => service.kind === kind).map((service) => ({ ...service, name })),
  );
}
