import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import initSqlJs, { type SqlValue } from "sql.js";
import { type Answer, request } from "./http";

export const KEY = "gateway-key";
const VISIT = "0123456789abcdef0123456789abcdef";

export const PASSWORDS = { alice: "alice-of-git", bob: "bob-of-git", carol: "carol-of-git" };

const CONFIG = {
  team: "hackathon",
  url: "https://dev.test:8443",
  levels: { site: "team", live: "public", git: "team", ci: "team", mail: "team", portal: "team" },
  members: [{ id: "alice", name: "Alice <Kim>" }, { id: "bob" }, { id: "carol", role: "organiser" }],
};

const pairs = (secret: (id: string) => string, ...more: string[]) =>
  [...Object.keys(PASSWORDS), ...more].map((id) => `${id}:${secret(id)}`).join(" ");

/** SQLite in memory, with the methods of node:sqlite that the store uses. */
export async function database() {
  const { Database } = await initSqlJs();
  const db = new Database();
  return {
    exec: (sql: string) => void db.exec(sql),
    prepare: (sql: string) => {
      const rows = (values: SqlValue[]) => {
        const statement = db.prepare(sql);
        statement.bind(values);
        const found: Record<string, SqlValue>[] = [];
        while (statement.step()) found.push(statement.getAsObject());
        statement.free();
        return found;
      };
      return {
        run: (...values: SqlValue[]) => rows(values),
        all: (...values: SqlValue[]) => rows(values),
        get: (...values: SqlValue[]) => rows(values)[0],
      };
    },
  };
}

/** The service on a port of its own, with cheap hashes and a clock that only the test moves. */
export async function startAccess(changes: object = {}) {
  const load = async () => ({
    ...(await import("../../images/access/config.mjs")),
    ...(await import("../../images/access/operate.mjs")),
    ...(await import("../../images/access/passwords.mjs")),
    ...(await import("../../images/access/server.mjs")),
    ...(await import("../../images/access/store.mjs")),
  });
  const { readConfig, createOperations, createHasher, createHandler, createStore } = await load();
  const clock = { time: Date.parse("2026-01-05T09:00:00Z") };
  const now = () => clock.time;
  const store = createStore(await database(), now);
  const hasher = createHasher({ N: 16, r: 1, p: 1 });
  let server: Server | undefined;
  let port = 0;
  let operations: ReturnType<typeof createOperations> = {};

  /** A new process on the same volume. */
  async function restart(more: object = {}) {
    server?.close();
    const config = readConfig({
      ACCESS_CONFIG: JSON.stringify({ ...CONFIG, ...changes, ...more }),
      ACCESS_PASSWORDS: pairs((id) => `${id}-of-git`),
      ACCESS_EDITORS: pairs((id) => `${id}-of-editor`),
      ACCESS_DATABASES: pairs((id) => `${id}-of-database`, "live"),
    });
    store.sweep();
    store.keepOnly(config.members.keys());
    operations = createOperations(config, store, now);
    server = createServer(createHandler({ config, store, hasher, style: "", key: KEY, now }));
    await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
    ({ port } = server.address() as AddressInfo);
  }
  await restart();

  /** Asks as the gateway does. */
  const ask: Ask = (path, { host = "dev.test:8443", method = "GET", form, headers = {} } = {}) =>
    request(`http://127.0.0.1:${port}${path}`, {
      method: form === undefined ? method : "POST",
      headers: {
        "x-muster-key": KEY,
        "x-muster-host": host,
        "x-real-ip": "192.0.2.1",
        ...(form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
        ...(form === undefined ? {} : { origin: `https://${host}` }),
        ...headers,
      },
      ...(form === undefined ? {} : { body: new URLSearchParams(form).toString() }),
    });

  return {
    ask,
    browser: () => browser(ask),
    clock,
    restart,
    operate: (action: string, order: object = {}) => operations[action]?.(order) as never,
    stop: () => server?.close(),
  };
}

export interface Asked {
  readonly host?: string;
  readonly method?: string;
  readonly form?: Record<string, string>;
  readonly headers?: Record<string, string>;
}

type Ask = (path: string, asked?: Asked) => Promise<Answer>;

export type Access = Awaited<ReturnType<typeof startAccess>>;
export type Browser = ReturnType<typeof browser>;

/** Keeps each host's cookies, as a browser does with those that belong to one host. */
function browser(ask: Ask) {
  const jars = new Map<string, Map<string, string>>();
  const jar = (host: string) => {
    const known = jars.get(host) ?? new Map<string, string>();
    jars.set(host, known);
    return known;
  };
  const header = (host: string) => [...jar(host)].map(([name, value]) => `${name}=${value}`).join("; ");

  async function send(path: string, asked: Asked = {}) {
    const host = asked.host ?? "dev.test:8443";
    const answer = await ask(path, { ...asked, headers: { cookie: header(host), ...asked.headers } });
    for (const line of [answer.headers["set-cookie"] ?? []].flat()) {
      const [name = "", value = ""] = (line.split(";")[0] as string).split(/=(.*)/);
      if (/Domain=/i.test(line)) continue;
      if (/Max-Age=0/.test(line)) jar(host).delete(name);
      else jar(host).set(name, value);
    }
    return answer;
  }

  return {
    send,
    cookies: header,
    setCookie: (host: string, name: string, value: string) => void jar(host).set(name, value),
    signIn: (id: string, password: string, asked: Asked & { to?: string } = {}) =>
      send("/-/sign-in", { ...asked, form: { id, password, to: asked.to ?? "" } }),

    /** Follows the way that the gateway begins on a host, to its end. */
    async enter(host: string, path = "/", member = "", kind = "ci") {
      jar(host).set("__Host-muster-visit", VISIT);
      const first = await send(`/-/enter?visit=${VISIT}&to=https://${host}${path}`);
      const ticket = new URL(first.headers.location as string);
      const second = await send(`${ticket.pathname}${ticket.search}`, { host });
      return { ticket, second, check: await this.check(host, kind, member) };
    },

    check: (host: string, kind: string, member = "", headers: Record<string, string> = {}) =>
      send("/check", { host, headers: { "x-muster-kind": kind, "x-muster-member": member, ...headers } }),
  };
}
