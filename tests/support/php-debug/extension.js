const { createServer } = require("node:net");
const vscode = require("vscode");

/** Between VS Code's debug adapter protocol and Xdebug's DBGp, as far as a breakpoint that is hit and left again needs. */
class Adapter {
  #emitter = new vscode.EventEmitter();
  /** Lines by path. */
  #breakpoints = new Map();
  #server;
  #xdebug;
  #transaction = 0;
  #stopped;

  onDidSendMessage = this.#emitter.event;

  handleMessage({ seq, command, arguments: args }) {
    const answer = (body = {}) =>
      this.#emitter.fire({ type: "response", request_seq: seq, success: true, command, body });
    switch (command) {
      case "initialize":
        answer({ supportsConfigurationDoneRequest: true });
        return this.#event("initialized");
      case "launch":
        this.#server = createServer((socket) => this.#connected(socket)).listen(args.port, () => answer());
        this.#server.on("error", ({ message }) =>
          this.#emitter.fire({ type: "response", request_seq: seq, success: false, command, message }),
        );
        return;
      case "setBreakpoints":
        this.#breakpoints.set(
          args.source.path,
          args.breakpoints.map(({ line }) => line),
        );
        return answer({ breakpoints: args.breakpoints.map(({ line }) => ({ verified: true, line })) });
      case "threads":
        return answer({ threads: this.#xdebug ? [{ id: 1, name: "request" }] : [] });
      case "stackTrace": {
        const { path, line } = this.#stopped;
        return answer({ stackFrames: [{ id: 1, name: "main", source: { path }, line, column: 1 }], totalFrames: 1 });
      }
      case "scopes":
        return answer({ scopes: [] });
      case "continue":
        this.#send("run");
        return answer({ allThreadsContinued: true });
      case "disconnect":
        this.dispose();
        answer();
        return this.#event("terminated");
      default:
        return answer();
    }
  }

  #event(event, body = {}) {
    this.#emitter.fire({ type: "event", event, body });
  }

  #send(command, ...options) {
    this.#xdebug?.write(`${[command, "-i", ++this.#transaction, ...options].join(" ")}\0`);
  }

  /** Each message is its length, a zero byte, XML, and another zero byte. */
  #connected(socket) {
    this.#xdebug = socket;
    let text = "";
    socket.setEncoding("utf8").on("data", (data) => {
      const parts = (text + data).split("\0");
      text = parts.pop() ?? "";
      for (const part of parts) if (part.startsWith("<")) this.#received(part);
    });
    socket.on("error", () => undefined).on("close", () => this.#event("thread", { reason: "exited", threadId: 1 }));
  }

  #received(xml) {
    if (xml.includes("<init")) {
      for (const [path, lines] of this.#breakpoints) {
        for (const line of lines) this.#send("breakpoint_set", "-t", "line", "-f", `file://${path}`, "-n", line);
      }
      this.#send("run");
    } else if (xml.includes('status="break"')) {
      const [, path, line] = /filename="file:\/\/([^"]*)" lineno="(\d+)"/.exec(xml);
      this.#stopped = { path, line: Number(line) };
      this.#event("stopped", { reason: "breakpoint", threadId: 1, allThreadsStopped: true });
    } else if (xml.includes('status="stopping"')) {
      this.#send("stop");
    }
  }

  dispose() {
    this.#xdebug?.destroy();
    this.#server?.close();
  }
}

/** In place of the extension PHP Debug, which comes from a registry that is not everywhere. */
exports.activate = ({ subscriptions }) => {
  const createDebugAdapterDescriptor = () => new vscode.DebugAdapterInlineImplementation(new Adapter());
  subscriptions.push(vscode.debug.registerDebugAdapterDescriptorFactory("php", { createDebugAdapterDescriptor }));
};
