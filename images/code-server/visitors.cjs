// Says who else is in this editor: an organiser, whom the gateway names when it lets one in. Preloaded by code-server.
const fs = require("node:fs");
const http = require("node:http");
const { tell } = require("./notices.cjs");

const TERMINALS = "/dev/pts";
/** Names of who is in, for the editor's status bar. */
const FILE = "/tmp/muster-visitors.json";
/** Milliseconds after which a connection that code-server refuses is over. */
const SETTLED = 1500;

/** @returns a function that takes each WebSocket that is opened */
function watcher({ terminals = TERMINALS, file = FILE, settled = SETTLED } = {}) {
  const connections = new Map();

  function change(name, by) {
    const before = connections.get(name) ?? 0;
    if (before + by > 0) connections.set(name, before + by);
    else connections.delete(name);
    fs.writeFileSync(file, JSON.stringify([...connections.keys()].sort()));
    const event = before === 0 ? "is in this editor, to help" : before + by === 0 ? "has left this editor" : undefined;
    if (event !== undefined) {
      console.log(`muster: ${name} ${event}`);
      tell(terminals, `\r\n\x1b[33mmuster: ${name} ${event}\x1b[0m\r\n`);
    }
  }

  return (request, socket) => {
    const name = nameIn(request.headers["x-muster-visitor"]);
    if (name === "") return;
    setTimeout(() => {
      if (socket.destroyed) return;
      change(name, 1);
      socket.once("close", () => change(name, -1));
    }, settled).unref();
  };
}

function nameIn(header) {
  try {
    return decodeURIComponent(header ?? "").replace(/[\p{Cc}\p{Cs}]/gu, "");
  } catch {
    return "";
  }
}

module.exports = { watcher };

// The server is a child of the first process, started with the same options.
if (module.parent?.id === "internal/preload" && process.env.CODE_SERVER_PARENT_PID !== undefined) {
  const watch = watcher();
  const { emit } = http.Server.prototype;
  http.Server.prototype.emit = function (event, request, socket, ...rest) {
    if (event === "upgrade") watch(request, socket);
    return emit.call(this, event, request, socket, ...rest);
  };
}
