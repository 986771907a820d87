import { readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { DatabaseSync } from "node:sqlite";
import { follow } from "../node/follow.mjs";
import { onEnd, run, serve } from "../node/web/serve.mjs";
import { FOLLOWED, readConfig, setting } from "./config.mjs";
import { createOperations, Refused } from "./operate.mjs";
import { createHasher } from "./passwords.mjs";
import { createHandler } from "./server.mjs";
import { createStore } from "./store.mjs";

const SOCKET = "/tmp/access.sock";
const DATABASE = "/var/lib/access/access.sqlite";
/** Milliseconds between two looks for what is over. */
const SWEEP = 3_600_000;

/** @param {string} path */
function asset(path) {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

run(async () => {
  const key = setting(process.env, "GATEWAY_KEY");
  const db = new DatabaseSync(DATABASE);
  // Each change is on the disk before it is answered, or gone with the whole answer.
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 30000");
  const store = createStore(db, Date.now);
  store.sweep();
  setInterval(store.sweep, SWEEP).unref();

  const style = asset("../node/web/look.css") + asset("style.css");
  const hasher = createHasher();
  /** @type {ReturnType<typeof createHandler>} */
  let handle;
  /** @type {ReturnType<typeof createOperations>} */
  let operations = {};
  await follow(FOLLOWED, (settings) => {
    const config = readConfig(settings);
    store.keepOnly(config.members.keys());
    handle = createHandler({ config, store, hasher, style, key, now: Date.now });
    operations = createOperations(config, store, Date.now);
    console.log(`muster: access for ${config.members.size} members`);
  });
  const server = serve((request, response) => handle(request, response), "access");

  rmSync(SOCKET, { force: true });
  const operator = createServer(async (request, response) => {
    try {
      let body = "";
      for await (const chunk of request.setEncoding("utf8")) body += chunk;
      const operation = operations[(request.url ?? "").slice(1)];
      if (operation === undefined) throw new Refused("there is no such action");
      response.end(JSON.stringify(operation(JSON.parse(body || "{}"))));
    } catch (error) {
      response.statusCode = error instanceof Refused ? 400 : 500;
      response.end(error instanceof Error ? error.message : String(error));
    }
  }).listen(SOCKET);

  onEnd(() => {
    for (const each of [server, operator]) each.close();
    db.close();
    process.exit(0);
  });
});
