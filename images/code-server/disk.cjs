// How full the disks of home and workspace are: a warning in the terminals and in the editor, and figures for the
// portal, which asks the web server, in a file of the workspace.
const { execFile } = require("node:child_process");
const fs = require("node:fs");
const { dirname } = require("node:path");

/** Per cent of a disk, of what somebody without privileges can use, from which on a warning is due. */
const LEVELS = [85, 95];
const LOOK_EVERY = 30_000;
const COUNT_EVERY = 600_000;
const FOLDERS = { home: "/home/muster", workspace: "/workspace" };
const FIGURES = "/workspace/.muster/disk";

/** Per cent in use, rounded down. */
function percent({ blocks, bfree, bavail }) {
  const used = blocks - bfree;
  return used + bavail === 0 ? 0 : Math.floor((100 * used) / (used + bavail));
}

/** The highest level that is reached, or 0. */
const levelOf = (value) => LEVELS.findLast((level) => value >= level) ?? 0;

function warning(full) {
  const disks = full.map(({ name, value }) => `the disk of your ${name} is ${value} % full`).join(", and ");
  return `${disks}. Remove what you do not need, such as node_modules and vendor: both can be installed again.`;
}

/**
 * Returns the function that looks.
 *
 * @param say is given a text for the member each time that a level is reached, and none when there is room again
 */
function watcher({ folders = FOLDERS, statfs = fs.promises.statfs, say }) {
  let told = 0;
  return async () => {
    const found = await Promise.all(
      Object.entries(folders).map(async ([name, folder]) => ({ name, value: percent(await statfs(folder)) })),
    );
    const full = found.filter(({ value }) => levelOf(value) > 0);
    // One disk for both is told of once.
    const [first, second] = full;
    const shown = second !== undefined && first?.value === second.value ? [first] : full;
    const level = Math.max(0, ...full.map(({ value }) => levelOf(value)));
    if (level > told) say(warning(shown));
    else if (level === 0 && told > 0) say(undefined);
    told = level;
  };
}

/** Over what is there: a new file would need room. */
function overwrite(path, text) {
  try {
    fs.mkdirSync(dirname(path), { recursive: true });
    const file = fs.openSync(path, fs.constants.O_WRONLY | fs.constants.O_CREAT);
    fs.writeSync(file, text);
    fs.ftruncateSync(file, Buffer.byteLength(text));
    fs.closeSync(file);
  } catch (error) {
    console.error(`muster: ${path}: ${error.message}`);
  }
}

function count() {
  execFile("disk-usage", Object.values(FOLDERS), (error, stdout) => {
    if (!error) overwrite(FIGURES, stdout);
  });
}

/** Begins to look and to count. */
function watchDisks(say) {
  const look = watcher({ say });
  const again = () => void look().catch((error) => console.error(`muster: ${error.message}`));
  again();
  setInterval(again, LOOK_EVERY).unref();
  setTimeout(count, LOOK_EVERY).unref();
  setInterval(count, COUNT_EVERY).unref();
}

module.exports = { watchDisks, watcher };
