const fs = require("node:fs");
const vscode = require("vscode");

/** Texts for the member, a file for each topic (../notices.cjs). */
const FOLDER = "/tmp/muster/notices";

const shown = new Map();

function show() {
  const topics = fs.readdirSync(FOLDER).sort();
  for (const topic of [...shown.keys()].filter((known) => !topics.includes(known))) shown.delete(topic);
  for (const topic of topics) {
    const text = fs.readFileSync(`${FOLDER}/${topic}`, "utf8").trim();
    if (text === "" || shown.get(topic) === text) continue;
    shown.set(topic, text);
    vscode.window.showWarningMessage(`Muster: ${text}`);
  }
}

function showIfReadable() {
  try {
    show();
  } catch {
    // A file has gone meanwhile: its end is told, too.
  }
}

function activate({ subscriptions }) {
  try {
    fs.mkdirSync(FOLDER, { recursive: true });
    const watcher = fs.watch(FOLDER, showIfReadable);
    subscriptions.push({ dispose: () => watcher.close() });
  } catch {
    // Without an inotify instance, or room in /tmp, what there is now is shown.
  }
  showIfReadable();
}

module.exports = { activate };
