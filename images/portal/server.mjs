import { createHash } from "node:crypto";
import { header, send } from "../node/web/http.mjs";
import { languageOf } from "../node/web/language.mjs";
import { renderCertificate } from "./certificate.mjs";
import { renderDelivery, renderRepositories } from "./delivery-page.mjs";
import { renderNotice, renderPortal } from "./html.mjs";
import { renderEntries, renderJournal } from "./journal-page.mjs";
import { renderMine } from "./mine.mjs";
import { noticeFor } from "./notice.mjs";
import { renderReports, renderVolumes } from "./reports-page.mjs";
import { speak } from "./texts.mjs";

/** @typedef {import("node:http").IncomingMessage} Request */
/** @typedef {import("node:http").ServerResponse} Response */
/** @typedef {import("./config.mjs").PortalConfig} PortalConfig */
/** @typedef {import("./html.mjs").Assets} Assets */
/** @typedef {import("./prober.mjs").Prober} Prober */
/** @typedef {import("./delivery.mjs").Delivery} Delivery */
/** @typedef {import("./reports.mjs").Reports} Reports */
/** @typedef {import("./journal.mjs").Journal} Journal */
/** @typedef {import("./texts.mjs").Say} Say */

/** Milliseconds that a page waits for fresh states: a quick round fits in, a slow one is left to the live script. */
const PAGE_PATIENCE = 300;
/** Milliseconds; a little more than one probe may take. */
const STATUS_PATIENCE = 2500;

/**
 * @typedef {object} Parts
 * @property {PortalConfig} config
 * @property {Prober} prober
 * @property {Assets} assets
 * @property {Delivery | undefined} [delivery] What the configuration's `delivery` is doing.
 * @property {Reports | undefined} [reports] How full the volumes are.
 * @property {Journal | undefined} [journal] What went live.
 * @property {() => number} [now] Milliseconds.
 */

/** @param {Parts} parts */
export function createHandler({ config, prober, assets, delivery, reports, journal, now = Date.now }) {
  const roster = hash(JSON.stringify(config)).slice(0, 12);
  const headers = securityHeaders(assets);
  const states = () => prober.status().services;

  /**
   * @param {Request} request
   * @param {Response} response
   */
  return async function handle(request, response) {
    const language = languageOf(request.headers["accept-language"]);
    const t = speak(language);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    response.setHeader("vary", "accept, accept-language");
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("allow", "GET, HEAD");
      return send(response, 405, `${t("readingOnly")}\n`, "text/plain");
    }
    const path = (request.url ?? "/").split("?", 1)[0];
    switch (path) {
      case "/": {
        await Promise.all([prober, delivery, reports, journal].map((each) => each?.refresh(PAGE_PATIENCE)));
        return sendPage(request, response, renderPortal(config, states(), assets, roster, language, parts(request, t)));
      }
      case "/api/status":
        await prober.refresh(STATUS_PATIENCE);
        return send(response, 200, JSON.stringify({ ...prober.status(), roster }), "application/json");
      case "/api/delivery":
        await delivery?.refresh(STATUS_PATIENCE);
        return sendPage(request, response, deliveryBy(renderRepositories, t));
      case "/api/journal":
        await journal?.refresh(STATUS_PATIENCE);
        return sendPage(request, response, journal === undefined ? "" : renderEntries(journal.state(), t));
      case "/api/reports":
        await reports?.refresh(STATUS_PATIENCE);
        return sendPage(request, response, reports === undefined ? "" : renderVolumes(reports.state(), t));
      case "/-/health":
        return send(response, 200, "ok\n", "text/plain");
      case "/-/unavailable": {
        const trouble = troubleOf(request);
        if (trouble !== undefined) return sendNotice(request, response, noticeFor(config, trouble, t));
        break;
      }
    }
    const nothing = { status: 404, title: t("nothingHere"), text: t("nothingHereText"), wait: false };
    return sendNotice(request, response, nothing);
  };

  /**
   * What is around the members.
   *
   * @param {Request} request
   * @param {Say} t
   */
  function parts(request, t) {
    const user = header(request, "x-muster-user");
    const viewer = config.members.find(({ id }) => id === user);
    const mine = viewer && renderMine(config, states(), delivery?.state(), viewer, t, now());
    const first = renderCertificate(header(request, "x-muster-certificate"), t, now()) + (mine ?? "");
    const log = journal === undefined ? "" : renderJournal(journal.state(), t);
    const disks = reports === undefined ? "" : renderReports(reports.state(), t);
    return { viewer, first, last: deliveryBy(renderDelivery, t) + log + disks };
  }

  /** @param {typeof renderDelivery} render @param {Say} t */
  function deliveryBy(render, t) {
    const known = config.delivery;
    return known === undefined || delivery === undefined ? "" : render(known, delivery.state(), t, now());
  }

  /**
   * @param {Request} request
   * @param {Response} response
   * @param {import("./notice.mjs").Notice} notice
   */
  function sendNotice(request, response, notice) {
    if (notice.wait) response.setHeader("retry-after", "3");
    // From this the waiting page can tell the gateway's answer from the service's own.
    response.setHeader("x-muster-unavailable", "1");
    const language = languageOf(request.headers["accept-language"]);
    if (!wantsPage(request)) {
      return send(response, notice.status, `${notice.title}. ${lineFor(notice, speak(language))}\n`, "text/plain");
    }
    return send(response, notice.status, renderNotice(config, notice, assets, language));
  }

  /**
   * @param {import("./notice.mjs").Notice} notice
   * @param {Say} t
   */
  function lineFor({ wait, status }, t) {
    if (wait) return t("againSoon");
    return status === 404 ? t("see", { url: config.url }) : t("again");
  }
}

/**
 * @param {Request} request
 * @returns {import("./notice.mjs").Trouble | undefined} Undefined when it is not the gateway that asks.
 */
function troubleOf(request) {
  const service = header(request, "x-muster-service");
  if (service === "") return undefined;
  const broken = Number(header(request, "x-muster-broken"));
  return {
    member: header(request, "x-muster-member"),
    service,
    broken: broken === 502 || broken === 504 ? broken : undefined,
  };
}

/** @param {Request} request */
function wantsPage({ headers }) {
  return /\btext\/html\b/i.test(headers.accept ?? "");
}

/**
 * The page contains all of its styles and scripts, and only they may run: the policy holds their hashes.
 *
 * @param {Assets} assets
 */
function securityHeaders({ style, live, retry }) {
  const allow = (/** @type {string[]} */ ...texts) => texts.map((text) => `'sha256-${hash(text, "base64")}'`).join(" ");
  return {
    "content-security-policy": [
      "default-src 'none'",
      `style-src ${allow(style)}`,
      `script-src ${allow(live, retry)}`,
      "connect-src 'self'",
      "img-src data:",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
  };
}

/**
 * @param {string} text
 * @param {"hex" | "base64"} [encoding]
 */
function hash(text, encoding = "hex") {
  return createHash("sha256").update(text).digest(encoding);
}

/**
 * A page that has not changed is not sent again.
 *
 * @param {Request} request
 * @param {Response} response
 * @param {string} page
 */
function sendPage(request, response, page) {
  const tag = hash(page).slice(0, 20);
  response.setHeader("cache-control", "no-cache");
  response.setHeader("etag", `"${tag}"`);
  // The gateway makes the tag a weak one when it compresses.
  if (request.headers["if-none-match"]?.includes(`"${tag}"`)) {
    response.writeHead(304).end();
    return;
  }
  send(response, 200, page);
}
