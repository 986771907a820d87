import { createHash } from "node:crypto";
import { renderDelivery, renderRepositories } from "./delivery-page.mjs";
import { renderNotice, renderPortal } from "./html.mjs";
import { renderMine, viewerOf } from "./mine.mjs";
import { noticeFor } from "./notice.mjs";
import { renderReports, renderVolumes } from "./reports-page.mjs";

/** @typedef {import("node:http").IncomingMessage} Request */
/** @typedef {import("node:http").ServerResponse} Response */
/** @typedef {import("./config.mjs").PortalConfig} PortalConfig */
/** @typedef {import("./html.mjs").Assets} Assets */
/** @typedef {import("./prober.mjs").Prober} Prober */
/** @typedef {import("./delivery.mjs").Delivery} Delivery */
/** @typedef {import("./reports.mjs").Reports} Reports */

/** Milliseconds that a page waits for fresh states: a quick round fits in, a slow one is left to the live script. */
const PAGE_PATIENCE = 300;
/** Milliseconds; a little more than one probe may take. */
const STATUS_PATIENCE = 2500;

/** @type {import("./notice.mjs").Notice} */
const NOTHING_HERE = {
  status: 404,
  title: "There is nothing here",
  text: "The address is not one of the portal's.",
  wait: false,
};

/**
 * @param {PortalConfig} config
 * @param {Prober} prober
 * @param {Assets} assets
 * @param {Delivery} [delivery] What the configuration's `delivery` is doing.
 * @param {Reports} [reports] How full the volumes are.
 */
export function createHandler(config, prober, assets, delivery, reports) {
  const roster = hash(JSON.stringify(config)).slice(0, 12);
  const headers = securityHeaders(assets);

  /**
   * @param {Request} request
   * @param {Response} response
   */
  return async function handle(request, response) {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("allow", "GET, HEAD");
      return send(response, 405, "text/plain", "This page is for reading only.\n");
    }
    const path = (request.url ?? "/").split("?", 1)[0];
    switch (path) {
      case "/": {
        await Promise.all([prober, delivery, reports].map((each) => each?.refresh(PAGE_PATIENCE)));
        const section = deliveryBy(renderDelivery) + (reports === undefined ? "" : renderReports(reports.state()));
        const states = prober.status().services;
        const viewer = viewerOf(config, {
          user: header(request.headers["x-muster-user"]),
          accepted: header(request.headers["accept-language"]),
        });
        const mine = viewer && { viewer, section: renderMine(config, states, delivery?.state(), viewer, Date.now()) };
        return sendPage(request, response, renderPortal(config, states, assets, roster, section, mine));
      }
      case "/api/status":
        await prober.refresh(STATUS_PATIENCE);
        return send(response, 200, "application/json", JSON.stringify({ ...prober.status(), roster }));
      case "/api/delivery":
        await delivery?.refresh(STATUS_PATIENCE);
        return sendPage(request, response, deliveryBy(renderRepositories));
      case "/api/reports":
        await reports?.refresh(STATUS_PATIENCE);
        return sendPage(request, response, reports === undefined ? "" : renderVolumes(reports.state()));
      case "/-/health":
        return send(response, 200, "text/plain", "ok\n");
      case "/-/unavailable": {
        const trouble = troubleOf(request);
        if (trouble !== undefined) return sendNotice(request, response, noticeFor(config, trouble));
        break;
      }
    }
    return sendNotice(request, response, NOTHING_HERE);
  };

  /** @param {typeof renderDelivery} render */
  function deliveryBy(render) {
    const known = config.delivery;
    return known === undefined || delivery === undefined ? "" : render(known, delivery.state(), Date.now());
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
    response.setHeader("vary", "accept");
    if (!wantsPage(request)) {
      return send(response, notice.status, "text/plain", `${notice.title}. ${lineFor(notice, config)}\n`);
    }
    return send(response, notice.status, "text/html", renderNotice(config, notice, assets));
  }
}

/**
 * @param {import("./notice.mjs").Notice} notice
 * @param {PortalConfig} config
 */
function lineFor({ wait, status }, config) {
  if (wait) return "Try again in a few seconds.";
  return status === 404 ? `See ${config.url}` : "Try again.";
}

/**
 * @param {Request} request
 * @returns {import("./notice.mjs").Trouble | undefined} Undefined when it is not the gateway that asks.
 */
function troubleOf({ headers }) {
  const service = header(headers["x-muster-service"]);
  if (service === "") return undefined;
  const broken = Number(headers["x-muster-broken"]);
  return {
    member: header(headers["x-muster-member"]),
    service,
    broken: broken === 502 || broken === 504 ? broken : undefined,
  };
}

/** @param {string | string[] | undefined} value */
function header(value) {
  return typeof value === "string" ? value : "";
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
  send(response, 200, "text/html", page);
}

/**
 * @param {Response} response
 * @param {number} status
 * @param {string} type
 * @param {string} body
 */
function send(response, status, type, body) {
  response.writeHead(status, { "content-type": `${type}; charset=utf-8`, "content-length": Buffer.byteLength(body) });
  // Node leaves the body out by itself when the request was HEAD.
  response.end(body);
}
