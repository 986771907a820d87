import { createHash } from "node:crypto";
import { header, send } from "../node/web/http.mjs";
import { languageOf } from "../node/web/language.mjs";
import { createAccount } from "./account.mjs";
import { createAddresses, lastParameter } from "./addresses.mjs";
import { createAttempts } from "./attempts.mjs";
import { createChecks } from "./checks.mjs";
import { createCookies } from "./cookies.mjs";
import { redirect } from "./http.mjs";
import { createIdentity } from "./identity.mjs";
import { createPages } from "./pages.mjs";
import { Busy } from "./passwords.mjs";
import { createPorts } from "./ports.mjs";
import { createSessions } from "./sessions.mjs";
import { say } from "./texts.mjs";
import { same } from "./tokens.mjs";

/** @typedef {import("./http.mjs").Request} Request */
/** @typedef {import("./http.mjs").Response} Response */
/**
 * @typedef {object} Parts
 * @property {import("./config.mjs").AccessConfig} config
 * @property {import("./store.mjs").Store} store
 * @property {import("./passwords.mjs").Hasher} hasher
 * @property {string} style
 * @property {string} key What the gateway proves itself by.
 * @property {() => number} now
 */

/** What the gateway makes for a browser that comes for the first time. */
const VISIT = /^[0-9a-f]{32}$/;

/** @type {Record<string, import("./texts.mjs").Text>} */
const TITLES = { editor: "editorOf", database: "databaseOf", site: "siteOf", port: "portOf" };

/** @param {Parts} parts */
export function createHandler({ config, store, hasher, style, key, now }) {
  const cookies = createCookies(config.tls);
  const addresses = createAddresses(config.url);
  const sessions = createSessions(config, store, cookies, now);
  const prove = createIdentity({ config, store, hasher, attempts: createAttempts(now), now });
  const checks = createChecks({ config, addresses, sessions, prove, store, ports: createPorts(config.ports, now) });
  const account = createAccount({ config, store, hasher, cookies, addresses, sessions, prove, now });
  const headers = {
    "content-security-policy": [
      "default-src 'none'",
      `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
      "base-uri 'none'",
      // The way after a form leads over a ticket to any host of the team.
      `form-action 'self' ${config.url.protocol}//*.${config.domain}:*`,
      "frame-ancestors 'none'",
    ].join("; "),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
  };

  /**
   * @param {Request} request
   * @param {Response} response
   */
  async function handle(request, response) {
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
    if (path === "/-/health") return send(response, 200, "ok\n", "text/plain");
    if (!same(header(request, "x-muster-key"), key))
      return send(response, 403, "For the gateway only.\n", "text/plain");
    if (path === "/check") return checks.page(request, response);
    if (path === "/check-git") return checks.git(request, response);

    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const here = addresses.read(header(request, "x-muster-host"));
    const pages = createPages({ team: config.team, style }, languageOf(request.headers["accept-language"]));
    if (here === undefined) return send(response, 404, pages.plain("nothing", "nothingText"));
    const visit = { request, response, here, pages, portal: addresses.base("", here.port) };
    switch (path) {
      case "/-/enter":
        return enter(visit);
      case "/-/ticket":
        return ticket(visit);
      case "/-/denied":
        return denied(visit);
      case "/-/sign-in":
        return account.signIn(visit);
      case "/-/sign-out":
        return account.signOut(visit);
      case "/-/account":
        return account.manage(visit);
    }
    const [, , kind, secret = ""] = path.split("/");
    if (kind === "invite") return account.invitation(visit, secret);
    if (kind === "share") return account.shared(visit, secret);
    return send(response, 404, pages.plain("nothing", "nothingText", { href: visit.portal.href, text: "portal" }));
  }

  /**
   * Leads somebody who is signed in at the portal to another host.
   *
   * @param {Visit} visit
   */
  function enter({ request, response, here, portal }) {
    const url = request.url ?? "";
    const to = lastParameter(url, "to");
    const { session, visitor } = sessions.find(request.headers.cookie, config.domain);
    if (here.hostname !== config.domain) return redirect(response, new URL("/", portal));
    if (session === undefined || visitor?.kind !== "member") {
      return redirect(response, `/-/sign-in${to === "" ? "" : `?to=${encodeURI(decodable(to))}`}`);
    }
    const target = addresses.destination(to, here);
    if (target === undefined) return redirect(response, portal);
    const visitId = /[?&]visit=([0-9a-f]{32})(?:&|$)/.exec(url.slice(0, url.indexOf("to=")))?.[1] ?? "";
    // Without the browser's number the host itself begins the way.
    if (target.hostname === config.domain || !VISIT.test(visitId)) return redirect(response, target);
    const secret = sessions.issueTicket(session.root, target.hostname, visitId);
    redirect(response, `${target.origin}/-/ticket?t=${secret}&to=${target.pathname}${target.search}`);
  }

  /** @param {Visit} visit */
  function ticket({ request, response, here, pages, portal }) {
    const url = request.url ?? "";
    const to = addresses.path(lastParameter(url, "to"));
    const secret = /[?&]t=([\w-]{43})&/.exec(url)?.[1] ?? "";
    const cookie = request.headers.cookie;
    const redeemed = sessions.redeemTicket(secret, here.hostname, cookies.values(cookie, "visit"));
    if (redeemed === undefined) return redirect(response, to);
    const { ambiguous, visitor } = sessions.find(cookie, here.hostname);
    const another = visitor?.kind === "member" && visitor.member.id !== redeemed.member;
    if (ambiguous || (another && !config.tls)) {
      response.setHeader("set-cookie", [
        cookies.clear("session"),
        `${cookies.clear("session")}; Domain=${config.domain}`,
      ]);
      if (ambiguous)
        return send(response, 400, pages.plain("twice", "twiceText", { href: portal.href, text: "portal" }));
    }
    redirect(response, to, [redeemed.cookie, cookies.clear("visit")]);
  }

  /**
   * The page in the place of what somebody may not see.
   *
   * @param {Visit} visit
   */
  function denied({ request, response, here, pages, portal }) {
    const kind = header(request, "x-muster-kind");
    const id = header(request, "x-muster-member");
    const { visitor } = sessions.find(request.headers.cookie, here.hostname);
    if (visitor?.kind !== "member") return send(response, 403, pages.plain("closed", "nothingText"));
    const owner = config.members.get(id);
    const organisers = [...config.members.values()].filter(({ role }) => role === "organiser").map(({ name }) => name);
    if (owner === undefined && id !== "live") {
      return send(response, 404, pages.plain("nothing", "nothingText", { href: portal.href, text: "portal" }));
    }
    const prefix = here.hostname.slice(0, here.hostname.length - config.domain.length - 1 - id.length);
    const own = owner && here.hostname.endsWith(`${id}.${config.domain}`) ? `${prefix}${visitor.member.id}` : undefined;
    const page = pages.denied({
      title: (owner && TITLES[kind]) ?? "closed",
      name: visitor.member.name,
      owner: owner?.name ?? id,
      organisers,
      own: own === undefined ? undefined : addresses.base(own, here.port).href,
      portal: portal.href,
    });
    send(response, 403, page);
  }

  return /** @param {Request} request @param {Response} response */ async (request, response) => {
    try {
      await handle(request, response);
    } catch (error) {
      if (!(error instanceof Busy) && !(error instanceof RangeError)) throw error;
      const busy = error instanceof Busy;
      const text = say(languageOf(request.headers["accept-language"]), busy ? "busy" : "formTooLarge");
      send(response, busy ? 503 : 413, `${text}\n`, "text/plain");
    }
  };
}

/**
 * @typedef {object} Visit
 * @property {Request} request
 * @property {Response} response
 * @property {URL} here The address of the host that was asked.
 * @property {URL} portal
 * @property {ReturnType<typeof createPages>} pages
 */

/** @param {string} text */
function decodable(text) {
  try {
    return decodeURI(text);
  } catch {
    return "";
  }
}
