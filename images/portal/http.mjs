import { Resolver } from "node:dns/promises";
import http from "node:http";
import https from "node:https";

/**
 * @typedef {object} Answer
 * @property {number} status 0 when there was none.
 * @property {string} body What arrived, up to the limit.
 * @property {boolean} whole
 * @property {boolean} gone No host has that name: the container is not running.
 */
/**
 * @typedef {object} AskOptions
 * @property {AbortSignal} signal
 * @property {number} limit Characters of the body.
 * @property {Record<string, string>} [headers]
 */
/** @typedef {(url: string, options: AskOptions) => Promise<Answer>} Ask Never rejects. */

// Docker passes names of containers that are not running on to the network's name servers. Some drop them, and
// getaddrinfo would wait half a minute for each, a few at a time.
const resolver = new Resolver({ timeout: 1000, tries: 1 });

/** @type {Ask} */
export function ask(url, { signal, limit, headers = {} }) {
  return new Promise((resolve) => {
    const { request } = url.startsWith("https:") ? https : http;
    // No keep-alive: each connection would hold one of the few idle processes of an Apache.
    const options = { agent: false, lookup, signal, headers: { accept: "application/json", ...headers } };
    request(url, options, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => {
        body += chunk;
        if (body.length > limit) response.destroy();
      });
      response.on("close", () =>
        resolve({
          status: response.statusCode ?? 0,
          body,
          whole: response.complete && body.length <= limit,
          gone: false,
        }),
      );
      // Without this listener a connection that breaks off would end the process; "close" follows anyway.
      response.on("error", () => {});
    })
      .on("error", (error) => resolve({ status: 0, body: "", whole: false, gone: error instanceof UnknownHost }))
      .end();
  });
}

class UnknownHost extends Error {}

/** @type {import("node:net").LookupFunction} */
function lookup(hostname, options, callback) {
  resolver.resolve4(hostname).then(
    ([address = ""]) => {
      if (options.all) callback(null, [{ address, family: 4 }]);
      else callback(null, address, 4);
    },
    // Names of running containers are answered at once, so a time-out also means that there is none.
    () => callback(new UnknownHost(hostname), ""),
  );
}
