/** @typedef {import("node:http").IncomingMessage} Request */
/** @typedef {import("node:http").ServerResponse} Response */

/** The value of a header that is there once; empty otherwise. @param {Request} request @param {string} name */
export function header({ headers }, name) {
  const value = headers[name];
  return typeof value === "string" ? value : "";
}

/**
 * @param {Response} response
 * @param {number} status
 * @param {string} body
 * @param {string} [type]
 */
export function send(response, status, body, type = "text/html") {
  response.writeHead(status, { "content-type": `${type}; charset=utf-8`, "content-length": Buffer.byteLength(body) });
  // Node leaves the body out by itself when the request was HEAD.
  response.end(body);
}
