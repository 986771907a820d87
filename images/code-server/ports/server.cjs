// Leads <port>--<member>.<domain> to that port of the editor's container. Preloaded by code-server's first process.
const { timingSafeEqual } = require("node:crypto");
const http = require("node:http");
const net = require("node:net");
const { listeners, programOf } = require("./listeners.cjs");
const { nothingListens } = require("./page.cjs");
const { RELOADS, reloadPorts, replacer, requestHeaders, responseHeaders } = require("./rewriting.cjs");
const { sharedPorts } = require("./shared.cjs");

/** Where the gateway reaches this. */
const PORT = 13338;

/** These have addresses of their own, or none. */
const NOT_MEMBERS = new Set([PORT, 13337, 3306]);

function equal(a, b) {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/**
 * @param {{ key?: string, owner?: string, shared: string, proc?: string }} options `key` is what the gateway proves
 *   itself with, where members sign in; `shared` the file of what is open to others
 */
function createServer({ key = "", owner = "", shared, proc }) {
  /** Which program has a socket, by the socket: it stays the same one. */
  const programs = new Map();

  function find(port) {
    if (NOT_MEMBERS.has(port)) return undefined;
    const found = listeners(proc).find((listener) => listener.port === port);
    if (found === undefined) return undefined;
    if (!programs.has(found.inode)) {
      if (programs.size > 100) programs.clear();
      programs.set(found.inode, programOf(found.inode, proc));
    }
    return { address: found.address, program: programs.get(found.inode) };
  }

  /** What a request is for; undefined for one that is for no port. */
  function targetOf({ headers }) {
    const { host = "" } = headers;
    const [, digits] = /^(\d{1,5})--/.exec(host) ?? [];
    if (digits === undefined) return undefined;
    const scheme = headers["x-forwarded-proto"] === "https" ? "https" : "http";
    return { host, scheme, port: Number(digits), ...find(Number(digits)) };
  }

  const mayPass = ({ headers }) => key === "" || equal(String(headers["x-muster-port-key"] ?? ""), key);

  const server = http.createServer({ maxHeaderSize: 65536, requestTimeout: 0 }, (request, response) => {
    const target = targetOf(request);
    if (target === undefined) return own(request, response);
    if (!mayPass(request)) return plain(response, 403, "This port is only open through the gateway.\n");
    if (target.address === undefined) return nothingListens(request, response, { ...target, owner });
    pass(request, response, target);
  });

  function own({ url }, response) {
    if (url !== "/-/shared") return plain(response, 404, "Nothing is here.\n");
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(sharedPorts(shared)));
  }

  function pass(request, response, target) {
    const { address, port, program } = target;
    let headers = requestHeaders(request.rawHeaders, target);
    const script = program !== "" && RELOADS.test(request.url ?? "");
    // What is packed cannot be looked at.
    if (script) headers = without(headers, "accept-encoding");
    const call = http.request({
      host: address,
      port,
      method: request.method,
      path: request.url,
      headers,
      agent: false,
      setDefaultHeaders: false,
    });
    call.on("response", (answer) => {
      response.writeHead(answer.statusCode, answer.statusMessage, responseHeaders(answer.rawHeaders, target));
      // At once: an event stream says nothing for a while.
      response.flushHeaders();
      if (!script || answer.headers["content-encoding"] !== undefined) {
        answer.pipe(response);
      } else {
        const script = replacer(reloadPorts(port));
        answer.on("data", (chunk) => {
          if (!response.write(script.take(chunk))) {
            answer.pause();
            response.once("drain", () => answer.resume());
          }
        });
        answer.on("end", () => response.end(script.rest()));
      }
      answer.on("aborted", () => response.destroy());
    });
    call.on("error", () => {
      if (response.headersSent) response.destroy();
      else plain(response, 502, `What listens on port ${port} broke off.\n`);
    });
    response.on("close", () => call.destroy());
    request.pipe(call);
  }

  server.on("upgrade", (request, socket, head) => {
    const target = targetOf(request);
    socket.on("error", () => undefined);
    if (target?.address === undefined || !mayPass(request)) {
      socket.end("HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n");
      return;
    }
    const other = net.connect({ host: target.address, port: target.port }, () => {
      const lines = [`${request.method} ${request.url} HTTP/1.1`];
      const headers = requestHeaders(request.rawHeaders, target);
      for (let index = 0; index < headers.length; index += 2) lines.push(`${headers[index]}: ${headers[index + 1]}`);
      other.write(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
      other.write(head);
      socket.pipe(other).pipe(socket);
    });
    other.setNoDelay(true);
    socket.setNoDelay(true);
    other.on("error", () => socket.destroy());
    other.on("close", () => socket.destroy());
    socket.on("close", () => other.destroy());
  });
  return server;
}

const without = (raw, name) => raw.filter((_, index) => raw[index - (index % 2)].toLowerCase() !== name);

function plain(response, status, text) {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" });
  response.end(text);
}

module.exports = { createServer };

// Its children are started with the same options.
if (module.parent?.id === "internal/preload" && process.env.CODE_SERVER_PARENT_PID === undefined) {
  const { HASHED_PASSWORD, SIGN_IN, MEMBER_NAME: owner, HOME } = process.env;
  const key = SIGN_IN === "on" ? HASHED_PASSWORD : undefined;
  const server = createServer({ key, owner, shared: `${HOME}/.config/muster/shared-ports` });
  server.on("error", (error) => console.error(`muster: ports of development servers: ${error.message}`));
  server.listen(PORT);
  server.unref();
}
