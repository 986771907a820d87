import { digest } from "./tokens.mjs";

/** @typedef {import("./config.mjs").AccessConfig} AccessConfig */
/** @typedef {import("./config.mjs").Member} Member */
/**
 * @typedef {object} Question
 * @property {string} kind Of service: `site`, `editor`, `ci`, …
 * @property {string} owner Id of the member whose service it is; empty for the team's.
 * @property {boolean} inside Whether a container of the team asks.
 * @property {boolean} [shared] Whether the owner shares this port: it is open to whom their site is open to.
 */
/** @typedef {{kind: "member", member: Member} | {kind: "guest"} | {kind: "operator"}} Visitor */
/**
 * @typedef {object} Decision
 * @property {200 | 401 | 403} status 401: somebody who signs in may be let in. 403: this one is not.
 * @property {Record<string, string>} headers What the gateway tells the service.
 */

/** What a link to a site opens. */
const SITES = ["site", "live"];

/**
 * Whether a request may pass. What no rule opens is closed.
 *
 * @param {AccessConfig} config
 * @param {Question} question
 * @param {Visitor | undefined} visitor
 * @returns {Decision}
 */
export function decide(config, question, visitor) {
  if (!mayPass(config, question, visitor)) return { status: visitor?.kind === "member" ? 403 : 401, headers: {} };
  const member = visitor?.kind === "member" ? visitor.member : undefined;
  if (question.kind === "port") {
    // The forwarder believes whoever knows it; a visitor's name is none of its business.
    return { status: 200, headers: { "x-muster-port-key": digest(config.editors.get(question.owner) ?? "", "hex") } };
  }
  return { status: 200, headers: member === undefined ? {} : introductions(config, question, member) };
}

/**
 * @param {AccessConfig} config
 * @param {Question} question
 * @param {Visitor | undefined} visitor
 */
function mayPass({ levels }, { kind, owner, inside, shared = false }, visitor) {
  if (visitor?.kind === "operator") return true;
  const level = levels[shared ? "site" : kind] ?? "owner";
  switch (level) {
    case "public":
      return true;
    case "team":
      return inside || visitor?.kind === "member" || (visitor?.kind === "guest" && SITES.includes(kind));
    case "owner":
      if (visitor?.kind === "guest") return SITES.includes(kind);
      return visitor?.kind === "member" && (visitor.member.id === owner || visitor.member.role === "organiser");
    default: {
      /** @type {never} */
      const exhaustive = level;
      return exhaustive;
    }
  }
}

/**
 * The log-in of the service itself, so that nobody types it: of the editor and the database page the owner's, of git
 * and CI the visitor's.
 *
 * @param {AccessConfig} config
 * @param {Question} question
 * @param {Member} member
 * @returns {Record<string, string>}
 */
function introductions({ passwords, editors, databases }, { kind, owner }, member) {
  const user = { "x-muster-user": member.id };
  switch (kind) {
    case "editor": {
      const password = editors.get(owner);
      if (password === undefined) return user;
      return {
        ...user,
        // code-server takes the digest of its password for its session cookie.
        "x-muster-cookie": `code-server-session=${digest(password, "hex")}`,
        ...(member.id === owner ? {} : { "x-muster-visitor": encodeURIComponent(member.name) }),
      };
    }
    case "database":
      return { ...user, "x-muster-database": databases.get(owner) ?? "" };
    case "git":
    case "ci":
      return { ...user, "x-muster-authorization": basic(member.id, passwords.get(member.id) ?? "") };
    default:
      return user;
  }
}

/**
 * @param {string} name
 * @param {string} password
 */
export const basic = (name, password) => `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;

/**
 * The name and password of an `Authorization` header.
 *
 * @param {string | undefined} header
 * @returns {[string, string] | undefined}
 */
export function credentials(header) {
  const encoded = /^basic +([A-Za-z0-9+/=]+)$/i.exec(header ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const [name = "", ...rest] = Buffer.from(encoded, "base64").toString("utf8").split(":");
  return [name, rest.join(":")];
}
