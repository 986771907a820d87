import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { follow } from "../node/follow.mjs";
import { parseConfig } from "./config.mjs";
import { createDelivery } from "./delivery.mjs";
import { createProber, targetsOf } from "./prober.mjs";
import { createReports } from "./reports.mjs";
import { createHandler } from "./server.mjs";

const PORT = 8080;

/** @param {string} name */
function asset(name) {
  return readFileSync(new URL(`public/${name}`, import.meta.url), "utf8");
}

const assets = { style: asset("style.css"), live: asset("live.js"), retry: asset("retry.js") };

/** @param {import("./config.mjs").PortalConfig} config */
function handlerOf(config) {
  const { delivery } = config;
  const deliveries = delivery === undefined ? undefined : createDelivery({ ...config, delivery });
  return createHandler(config, createProber(targetsOf(config)), assets, deliveries, createReports(config));
}

async function main() {
  /** @type {ReturnType<typeof handlerOf>} */
  let handle;
  await follow(["PORTAL_CONFIG"], ({ PORTAL_CONFIG: text = "" }) => {
    const config = parseConfig(text);
    handle = handlerOf(config);
    console.log(`muster: portal of ${config.members.length} members on port ${PORT}`);
    return config.members.map(({ id }) => id);
  });
  const server = createServer({ maxHeaderSize: 65_536 }, (request, response) => {
    handle(request, response).catch((error) => {
      console.error("muster: a request failed:", error);
      response.destroy();
    });
  });
  // Longer than any proxy in front keeps a connection, so that none is closed under a request.
  server.keepAliveTimeout = 70_000;
  server.listen(PORT);
  for (const signal of /** @type {const} */ (["SIGTERM", "SIGINT"])) {
    process.once(signal, () => {
      server.close();
      // A request may be waiting for a round of probes; nothing is lost when it ends with the process.
      setTimeout(() => process.exit(0), 3000).unref();
    });
  }
}

main().catch((error) => {
  if (!(error instanceof Error)) throw error;
  for (const line of error.message.split("\n")) console.error(`muster: ${line}`);
  process.exitCode = 1;
});
