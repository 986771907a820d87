import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { ConfigError, parseConfig } from "./config.mjs";
import { createDelivery } from "./delivery.mjs";
import { createProber, targetsOf } from "./prober.mjs";
import { createReports } from "./reports.mjs";
import { createHandler } from "./server.mjs";

const PORT = 8080;

function readConfig() {
  const { PORTAL_CONFIG: text, PORTAL_CONFIG_FILE: file } = process.env;
  if (text && file) throw new ConfigError(["PORTAL_CONFIG and PORTAL_CONFIG_FILE are both set: set one of them"]);
  if (text) return parseConfig(text);
  if (file) return parseConfig(readFileSync(file, "utf8"));
  throw new ConfigError(["PORTAL_CONFIG is missing: give the portal's configuration as JSON"]);
}

/** @param {string} name */
function asset(name) {
  return readFileSync(new URL(`public/${name}`, import.meta.url), "utf8");
}

function main() {
  const config = readConfig();
  const assets = { style: asset("style.css"), live: asset("live.js"), retry: asset("retry.js") };
  const { delivery } = config;
  const deliveries = delivery === undefined ? undefined : createDelivery({ ...config, delivery });
  const handle = createHandler(config, createProber(targetsOf(config)), assets, deliveries, createReports(config));
  const server = createServer({ maxHeaderSize: 65_536 }, (request, response) => {
    handle(request, response).catch((error) => {
      console.error("muster: a request failed:", error);
      response.destroy();
    });
  });
  // Longer than any proxy in front keeps a connection, so that none is closed under a request.
  server.keepAliveTimeout = 70_000;
  server.listen(PORT, () => console.log(`muster: portal of ${config.members.length} members on port ${PORT}`));
  for (const signal of /** @type {const} */ (["SIGTERM", "SIGINT"])) {
    process.once(signal, () => {
      server.close();
      // A request may be waiting for a round of probes; nothing is lost when it ends with the process.
      setTimeout(() => process.exit(0), 3000).unref();
    });
  }
}

try {
  main();
} catch (error) {
  if (!(error instanceof Error)) throw error;
  for (const line of error.message.split("\n")) console.error(`muster: ${line}`);
  process.exitCode = 1;
}
