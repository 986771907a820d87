/** @typedef {import("node:http").IncomingMessage} Request */
/** @typedef {import("node:http").ServerResponse} Response */

/** Bytes of a form. */
const FORM = 16_384;

/**
 * @param {Request} request
 * @returns {Promise<URLSearchParams>}
 * @throws {RangeError} when it is larger than any form of ours
 */
export async function readForm(request) {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) {
    body += chunk;
    if (body.length > FORM) throw new RangeError("the form is too large");
  }
  return new URLSearchParams(body);
}

/**
 * @param {Response} response
 * @param {string | URL} to
 * @param {string[]} [cookies]
 */
export function redirect(response, to, cookies = []) {
  if (cookies.length > 0) response.setHeader("set-cookie", cookies);
  response.writeHead(303, { location: String(to), "content-length": 0 }).end();
}
