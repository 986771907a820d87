// Node strips no types below node_modules, so the package does for its own files.
const { readFileSync } = require("node:fs");
const { sep } = require("node:path");
const { transform } = require("sucrase");

const own = `${__dirname}${sep}`;
const others = require.extensions[".ts"] ?? require.extensions[".js"];

require.extensions[".ts"] = (/** @type {any} */ module, file) => {
  if (!file.startsWith(own) || file.startsWith(`${own}node_modules${sep}`)) return others?.(module, file);
  const { code } = transform(readFileSync(file, "utf8"), { transforms: ["imports", "typescript"], filePath: file });
  module._compile(code, file);
};

module.exports = require("./library.ts");
