import { header, send } from "../node/web/http.mjs";
import { basic, credentials, decide } from "./decide.mjs";

/** @typedef {import("./http.mjs").Request} Request */
/** @typedef {import("./http.mjs").Response} Response */

/**
 * For a second, or nearly two, the gateway does not ask again; then one of several requests does, and for another second
 * the others go by the last answer. While nobody answers here, who was in stays in for five minutes.
 */
const KEPT = "max-age=1, stale-while-revalidate=1, stale-if-error=300";

/**
 * What the gateway asks before it passes a request on.
 *
 * @param {object} parts
 * @param {import("./config.mjs").AccessConfig} parts.config
 * @param {import("./addresses.mjs").Addresses} parts.addresses
 * @param {import("./sessions.mjs").Sessions} parts.sessions
 * @param {import("./identity.mjs").Prove} parts.prove
 * @param {import("./store.mjs").Store} parts.store
 * @param {import("./ports.mjs").Ports} parts.ports
 */
export function createChecks({ config, addresses, sessions, prove, store, ports }) {
  /** @param {Request} request */
  const question = (request) => ({
    kind: header(request, "x-muster-kind"),
    owner: header(request, "x-muster-member"),
    inside: header(request, "x-muster-inside") === "1",
  });

  /** @param {string} owner @param {string} hostname `5173--alice.dev.example.org` */
  const isShared = (owner, hostname) =>
    config.members.has(owner) ? ports.isShared(owner, Number.parseInt(hostname, 10)) : false;

  /**
   * @param {Response} response
   * @param {number} status
   * @param {Record<string, string>} headers
   */
  function answer(response, status, headers) {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    response.setHeader("cache-control", status === 200 ? KEPT : "no-store");
    send(response, status, "", "text/plain");
  }

  return {
    /** @param {Request} request @param {Response} response */
    async page(request, response) {
      const here = addresses.read(header(request, "x-muster-host"));
      const { visitor } = here === undefined ? {} : sessions.find(request.headers.cookie, here.hostname);
      const asked = question(request);
      const shared = asked.kind === "port" && here !== undefined && (await isShared(asked.owner, here.hostname));
      const { status, headers } = decide(config, { ...asked, shared }, visitor);
      answer(response, status, headers);
    },

    /** A request of git itself, which knows no cookies. @param {Request} request @param {Response} response */
    async git(request, response) {
      const given = credentials(request.headers.authorization);
      if (given === undefined) {
        const { status } = decide(config, { ...question(request), kind: "git" }, undefined);
        return answer(response, status, {});
      }
      const [name, password] = given;
      const address = header(request, "x-real-ip");
      const proof = await prove({ name, password, address, git: true });
      if ("member" in proof) {
        const { id } = proof.member;
        return answer(response, 200, { "x-muster-authorization": basic(id, config.passwords.get(id) ?? "") });
      }
      if (config.members.has(name)) {
        store.note("git: wrong password", name, { address, agent: header(request, "user-agent") });
      }
      return answer(response, 401, {});
    },
  };
}
