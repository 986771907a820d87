const fs = require("node:fs");

/** Ports that `muster share` opened to others, one a line; none when there is no such file. */
function sharedPorts(file) {
  try {
    return fs
      .readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => /^\d{1,5}$/.test(line))
      .map(Number);
  } catch {
    return [];
  }
}

module.exports = { sharedPorts };
