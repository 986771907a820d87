import { readFileSync } from "node:fs";
import { onEnd, run, serve } from "../node/web/serve.mjs";
import { ConfigError, parseConfig } from "./config.mjs";
import { createDelivery } from "./delivery.mjs";
import { createJournal } from "./journal.mjs";
import { createProber, targetsOf } from "./prober.mjs";
import { createReports } from "./reports.mjs";
import { createHandler } from "./server.mjs";

function readConfig() {
  const { PORTAL_CONFIG: text, PORTAL_CONFIG_FILE: file } = process.env;
  if (text && file) throw new ConfigError(["PORTAL_CONFIG and PORTAL_CONFIG_FILE are both set: set one of them"]);
  if (text) return parseConfig(text);
  if (file) return parseConfig(readFileSync(file, "utf8"));
  throw new ConfigError(["PORTAL_CONFIG is missing: give the portal's configuration as JSON"]);
}

/** @param {string} path */
function asset(path) {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

run(() => {
  const config = readConfig();
  const { delivery } = config;
  const handle = createHandler({
    config,
    prober: createProber(targetsOf(config)),
    assets: {
      style: asset("../node/web/look.css") + asset("public/style.css"),
      live: asset("public/live.js"),
      retry: asset("public/retry.js"),
    },
    delivery: delivery && createDelivery({ ...config, delivery }),
    reports: createReports(config),
    journal: delivery && createJournal(delivery),
  });
  const server = serve(handle, `portal of ${config.members.length} members`);
  onEnd(() => {
    server.close();
    // A request may be waiting for a round of probes; nothing is lost when it ends with the process.
    setTimeout(() => process.exit(0), 3000).unref();
  });
});
