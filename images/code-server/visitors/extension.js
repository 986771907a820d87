const { readFileSync, unwatchFile, watchFile } = require("node:fs");
const vscode = require("vscode");

/** Names of who is in besides the owner: images/code-server/visitors.cjs writes them. */
const FILE = "/tmp/muster-visitors.json";
const EVERY = 2000;

function names() {
  try {
    return JSON.parse(readFileSync(FILE, "utf8"));
  } catch {
    // Nobody has been here yet.
    return [];
  }
}

function activate({ subscriptions }) {
  const item = vscode.window.createStatusBarItem("muster.visitors", vscode.StatusBarAlignment.Left, 1000);
  item.name = "Who is in this editor";
  item.backgroundColor = new vscode.ThemeColor("statusBarItem.warningBackground");
  const show = () => {
    const present = names();
    item.text = `$(eye) ${present.join(", ")} is in this editor`;
    if (present.length === 0) item.hide();
    else item.show();
  };
  watchFile(FILE, { interval: EVERY }, show);
  show();
  subscriptions.push(item, { dispose: () => unwatchFile(FILE, show) });
}

module.exports = { activate };
