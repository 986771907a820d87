// Programs that are developed with have rules for who may visit: by default, the machine that they run on. What they are
// asked, and what they answer, is rewritten so that the visitor seems to be there.

/** Of which a request says where its page is from. */
const ORIGINS = ["origin", "referer"];

/**
 * PHP's own server has no such rule, and what runs on it makes its links of the host's name. Below localhost, the others
 * let everybody in as well.
 */
const keepsHost = ({ program, host }) => /^php/.test(program) || /(^|\.)localhost(:\d+)?$/.test(host);

/**
 * @param {string[]} raw names and values, one after another
 * @param {{ host: string, scheme: string, port: number, program: string }} target how it is visited, and what it is
 * @returns {string[]}
 */
function requestHeaders(raw, { host, scheme, port, program }) {
  const local = keepsHost({ program, host }) ? undefined : `localhost:${port}`;
  const outside = `${scheme}://${host}`;
  const headers = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index];
    let value = raw[index + 1];
    const key = name.toLowerCase();
    if (key === "x-muster-port-key") continue;
    if (local !== undefined) {
      if (key === "host") value = local;
      if (ORIGINS.includes(key) && (value === outside || value.startsWith(`${outside}/`))) {
        value = `http://${local}${value.slice(outside.length)}`;
      }
    }
    headers.push(name, value);
  }
  return headers;
}

/** Redirects, cookies and permissions that name the machine itself. */
function responseHeaders(raw, { host, scheme, port }) {
  const itself = new RegExp(`^https?://(?:localhost|127\\.0\\.0\\.1|\\[::1\\]|0\\.0\\.0\\.0):${port}(?=/|$)`);
  const headers = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    let value = raw[index + 1];
    const key = raw[index].toLowerCase();
    if (key === "location" || key === "access-control-allow-origin")
      value = value.replace(itself, `${scheme}://${host}`);
    if (key === "set-cookie") value = value.replace(/;\s*domain=\.?localhost(?=;|$)/i, "");
    headers.push(raw[index], value);
  }
  return headers;
}

/**
 * webpack-dev-server tells its script in the browser the port that it listens on; 0 is that of the page. Of the same
 * length, so that nothing else in the file moves.
 */
function webpackClient(port) {
  const told = `&port=${port}&pathname=`;
  return { told: Buffer.from(told), meant: Buffer.from("&port=0".padEnd(told.length - 10, "&").concat("&pathname=")) };
}

/** Replaces it in a stream, also where it is cut in two. */
function replacer({ told, meant }) {
  let held = Buffer.alloc(0);
  const replace = (data) => {
    for (let at = data.indexOf(told); at !== -1; at = data.indexOf(told, at + told.length)) meant.copy(data, at);
    return data;
  };
  return {
    take(chunk) {
      const data = replace(Buffer.concat([held, chunk]));
      const keep = Math.min(told.length - 1, data.length);
      held = data.subarray(data.length - keep);
      return data.subarray(0, data.length - keep);
    },
    rest: () => held,
  };
}

module.exports = { keepsHost, requestHeaders, responseHeaders, webpackClient, replacer };
