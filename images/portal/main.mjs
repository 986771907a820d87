import { readFileSync } from "node:fs";
import { follow } from "../node/follow.mjs";
import { onEnd, run, serve } from "../node/web/serve.mjs";
import { parseConfig } from "./config.mjs";
import { createDelivery } from "./delivery.mjs";
import { createJournal } from "./journal.mjs";
import { createProber, targetsOf } from "./prober.mjs";
import { createReports } from "./reports.mjs";
import { createHandler } from "./server.mjs";

/** @param {string} path */
function asset(path) {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

const assets = {
  style: asset("../node/web/look.css") + asset("public/style.css"),
  live: asset("public/live.js"),
  retry: asset("public/retry.js"),
};

/** @param {import("./config.mjs").PortalConfig} config */
function handlerOf(config) {
  const { delivery } = config;
  return createHandler({
    config,
    prober: createProber(targetsOf(config)),
    assets,
    delivery: delivery && createDelivery({ ...config, delivery }),
    reports: createReports(config),
    journal: delivery && createJournal(delivery),
  });
}

run(async () => {
  /** @type {ReturnType<typeof handlerOf>} */
  let handle;
  await follow(["PORTAL_CONFIG"], ({ PORTAL_CONFIG: text = "" }) => {
    const config = parseConfig(text);
    handle = handlerOf(config);
    console.log(`muster: portal of ${config.members.length} members`);
  });
  const server = serve((request, response) => handle(request, response), "portal");
  onEnd(() => {
    server.close();
    // A request may be waiting for a round of probes; nothing is lost when it ends with the process.
    setTimeout(() => process.exit(0), 3000).unref();
  });
});
