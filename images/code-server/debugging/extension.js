const { mkdirSync, rmSync, writeFileSync } = require("node:fs");
const vscode = require("vscode");

/** While this file is there, the member's web server runs PHP under Xdebug (images/apache-php/apache.conf). */
const FOLDER = "/workspace/.muster";
const FLAG = `${FOLDER}/debugging`;

const running = new Set();

function started({ id, type }) {
  if (type !== "php") return;
  running.add(id);
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(FLAG, "");
}

function ended({ id }) {
  if (running.delete(id) && running.size === 0) deactivate();
}

function activate({ subscriptions }) {
  subscriptions.push(vscode.debug.onDidStartDebugSession(started), vscode.debug.onDidTerminateDebugSession(ended));
}

function deactivate() {
  rmSync(FLAG, { force: true });
}

module.exports = { activate, deactivate };
