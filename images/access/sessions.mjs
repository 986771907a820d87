import { digest, token } from "./tokens.mjs";

/** @typedef {import("./config.mjs").AccessConfig} AccessConfig */
/** @typedef {import("./cookies.mjs").Cookies} Cookies */
/** @typedef {import("./store.mjs").Store} Store */
/** @typedef {import("./store.mjs").Session} Session */
/** @typedef {import("./decide.mjs").Visitor} Visitor */

/** Milliseconds in which a browser follows a redirect. */
const TICKET = 30_000;
const TICKETS = 10_000;

/**
 * Who a request is from. The sign-in is a session of the portal's host; each other host gets one of its own by a
 * ticket that works once, there, and in the browser that asked for it.
 *
 * @param {AccessConfig} config
 * @param {Store} store
 * @param {Cookies} cookies
 * @param {() => number} now
 */
export function createSessions(config, store, cookies, now) {
  /** @type {Map<string, {host: string, root: string, visit: string, until: number}>} */
  const tickets = new Map();

  /**
   * Sessions that the request has for the host, each of somebody who is on the roster.
   *
   * @param {string | undefined} header
   * @param {string} host
   * @returns {Session[]}
   */
  const sessionsOf = (header, host) =>
    cookies
      .values(header, "session")
      .map((value) => store.session(value))
      .filter((session) => session !== undefined)
      .filter(
        ({ kind, member, host: only }) =>
          (only === host || only === "") && (kind !== "member" || config.members.has(member)),
      );

  return {
    /**
     * @param {string | undefined} header `Cookie`
     * @param {string} host
     * @returns {{session?: Session, visitor?: Visitor, ambiguous: boolean}}
     */
    find(header, host) {
      const found = sessionsOf(header, host);
      const [session] = found;
      // A sibling may have put its own session into this browser: then nobody is believed.
      if (session === undefined || new Set(found.map(({ kind, member }) => `${kind} ${member}`)).size > 1) {
        return { ambiguous: found.length > 1 };
      }
      if (session.kind !== "member") return { session, visitor: { kind: session.kind }, ambiguous: false };
      const member = config.members.get(session.member);
      return member === undefined
        ? { ambiguous: false }
        : { session, visitor: { kind: "member", member }, ambiguous: false };
    },

    /**
     * @param {string} root Of the sign-in.
     * @param {string} host
     * @param {string} visit Of the browser.
     */
    issueTicket(root, host, visit) {
      const secret = token();
      tickets.set(digest(secret), { host, root, visit, until: now() + TICKET });
      if (tickets.size > TICKETS) tickets.delete(/** @type {string} */ (tickets.keys().next().value));
      return secret;
    },

    /**
     * @param {string} secret
     * @param {string} host
     * @param {string[]} visits
     * @returns {{cookie: string, member: string} | undefined} undefined for a ticket that does not count
     */
    redeemTicket(secret, host, visits) {
      const id = digest(secret);
      const ticket = tickets.get(id);
      tickets.delete(id);
      if (ticket === undefined || ticket.host !== host || ticket.until <= now() || !visits.includes(ticket.visit)) {
        return undefined;
      }
      const root = store.rootSession(ticket.root);
      if (root === undefined || !config.members.has(root.member)) return undefined;
      const value = store.addSession({
        kind: "member",
        member: root.member,
        host,
        root: root.id,
        expires: root.expires,
      });
      return { cookie: cookies.set("session", value, (root.expires - now()) / 1000), member: root.member };
    },
  };
}

/** @typedef {ReturnType<typeof createSessions>} Sessions */
