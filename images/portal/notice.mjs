/** @typedef {import("./config.mjs").PortalConfig} PortalConfig */
/** @typedef {import("./config.mjs").Member} Member */
/** @typedef {import("./config.mjs").Service} Service */
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

/**
 * What a visitor is told instead of a bare 502.
 *
 * @param {PortalConfig} config
 * @param {Trouble} trouble
 * @returns {Notice}
 */
export function noticeFor(config, { member: id, service, broken }) {
  // A port is one of the editor's.
  const kind = service === "port" ? "editor" : service;
  if (id === "") {
    const service = config.services.find((candidate) => candidate.kind === kind);
    if (service === undefined) {
      return { ...missing(`The team has no service called ${kind}`), text: "What the team has is on the portal." };
    }
    return answerLost(service.name, "It", broken);
  }
  const member = config.members.find((candidate) => candidate.id === id);
  if (member === undefined) {
    const others = config.members.length > FEW ? [] : sameService(config, kind);
    return {
      ...missing(`${id} is not on the roster`),
      text:
        others.length > 0
          ? "Is the name spelled right? These members are here:"
          : "Is the name spelled right? The portal lists everybody who is here.",
      others,
    };
  }
  if (!member.services.some((service) => service.kind === kind)) {
    return { ...missing(`${id} has no ${kind}`), text: "What there is of everybody is on the portal.", member };
  }
  const it = kind === "database" ? "The page for the database" : `The ${kind}`;
  return { ...answerLost(`${id}'s ${kind}`, it, broken), member };
}

/** @param {string} title */
function missing(title) {
  return { status: 404, title, wait: false };
}

/**
 * @param {string} what
 * @param {string} it
 * @param {number | undefined} broken
 * @returns {Notice}
 */
function answerLost(what, it, broken) {
  if (broken === undefined) {
    return {
      status: 503,
      title: `${what} is starting`,
      text: "This page opens it by itself as soon as it answers.",
      later: "It takes longer than usual. Perhaps it was stopped: whoever runs this environment sees why in its log.",
      wait: true,
    };
  }
  // Loading it again by itself could repeat what broke it.
  return {
    status: broken,
    title: `${what} did not finish its answer`,
    text:
      broken === 504
        ? `${it} took the request, and the answer took too long. Load the page again to ask once more.`
        : `${it} took the request and broke off. It may have run into an error, or is being restarted. Load the page again to ask once more.`,
    wait: false,
  };
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
