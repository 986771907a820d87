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

/** What reloads pages when files change: it may be told the port that the program listens on. */
const RELOADS = /\.[cm]?js(\?|$)|\/@vite\/client(\?|$)/;

/**
 * webpack-dev-server tells its script in the browser its port up to version 5 as a parameter, then as JSON in one, and
 * Vite within Storybook in a constant; 0 is the page's own. Of the same length, so that nothing else in the file moves.
 */
function reloadPorts(port) {
  const digits = String(port);
  // A number that is nothing: 0, -0, 0.0, 0.00 …
  const nothing = digits.length < 3 ? "-0".slice(-digits.length) : "0.".padEnd(digits.length, "0");
  return [
    { told: `&port=${digits}&pathname=`, meant: `${"&port=0".padEnd(digits.length + 6, "&")}&pathname=` },
    { told: `const hmrPort = ${digits};`, meant: `const hmrPort = ${"0".padEnd(digits.length)};` },
    { told: `%22port%22%3A${digits}%2C%22pathname%22`, meant: `%22port%22%3A${nothing}%2C%22pathname%22` },
  ].map(({ told, meant }) => ({ told: Buffer.from(told), meant: Buffer.from(meant) }));
}

/** Replaces each in a stream, also where it is cut in two. */
function replacer(pairs) {
  const longest = Math.max(...pairs.map(({ told }) => told.length));
  let held = Buffer.alloc(0);
  return {
    take(chunk) {
      const data = Buffer.concat([held, chunk]);
      for (const { told, meant } of pairs) {
        for (let at = data.indexOf(told); at !== -1; at = data.indexOf(told, at + told.length)) meant.copy(data, at);
      }
      const end = Math.max(0, data.length - longest + 1);
      held = data.subarray(end);
      return data.subarray(0, end);
    },
    rest: () => held,
  };
}

module.exports = { keepsHost, requestHeaders, responseHeaders, RELOADS, reloadPorts, replacer };
