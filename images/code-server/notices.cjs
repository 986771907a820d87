// What a member should know, wherever they look: in the log, in open terminals, and in the editor's windows, which show
// the texts of a folder (notices/extension.js).
const fs = require("node:fs");

const FOLDER = "/tmp/muster/notices";
const TERMINALS = "/dev/pts";

function tell(terminals, text) {
  for (const name of fs.readdirSync(terminals).filter((entry) => /^\d+$/.test(entry))) {
    // A terminal that nobody reads must not hold the editor up.
    fs.open(
      `${terminals}/${name}`,
      fs.constants.O_WRONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOCTTY,
      (error, file) => {
        if (!error) fs.write(file, text, () => fs.close(file, () => undefined));
      },
    );
  }
}

/** For windows that are open, and for those that are opened while the text holds. */
function keep(folder, topic, text) {
  try {
    fs.mkdirSync(folder, { recursive: true });
    if (text === undefined) fs.rmSync(`${folder}/${topic}`, { force: true });
    else fs.writeFileSync(`${folder}/${topic}`, text);
  } catch (error) {
    console.error(`muster: ${error.message}`);
  }
}

/** @returns the function that says `text` on `topic`; without a text, what was said before no longer holds */
function notices({ folder = FOLDER, terminals = TERMINALS } = {}) {
  return (topic, text) => {
    keep(folder, topic, text);
    if (text === undefined) return;
    console.error(`muster: ${text}`);
    tell(terminals, `\r\n\x1b[31mmuster: ${text}\x1b[0m\r\n`);
  };
}

module.exports = { notices, tell };
