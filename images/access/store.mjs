import { digest, token } from "./tokens.mjs";

/**
 * What outlives the process, in SQLite: passwords, sessions, invitations, links, the log. Of tokens only the digest is
 * stored.
 *
 * @typedef {object} Database What is used of node:sqlite.
 * @property {(sql: string) => void} exec
 * @property {(sql: string) => {run: (...values: Value[]) => unknown, get: (...values: Value[]) => any, all: (...values: Value[]) => any[]}} prepare
 */
/** @typedef {string | number | null} Value */
/**
 * @typedef {object} Session
 * @property {string} id Its token's digest.
 * @property {string} root That of the sign-in that it comes from: it ends with it.
 * @property {"member" | "guest" | "operator"} kind A guest came by a link to one site; an operator is a command of Muster's.
 * @property {string} member Empty for a guest.
 * @property {string} host The only one that it counts for; empty for all.
 * @property {number} expires
 */

export const DAY = 24 * 60 * 60 * 1000;
/** Milliseconds that a session lasts, and that the log is kept. */
const SESSION = 30 * DAY;
const LOG = 90 * DAY;
const DEVICE = 365 * DAY;
/** Lines of the log, whatever strangers try. */
const LINES = 100_000;

const TABLES = `
CREATE TABLE IF NOT EXISTS passwords (member TEXT PRIMARY KEY, hash TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, root TEXT NOT NULL, kind TEXT NOT NULL, member TEXT NOT NULL,
  host TEXT NOT NULL, expires INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS sessions_root ON sessions (root);
CREATE TABLE IF NOT EXISTS devices (id TEXT PRIMARY KEY, member TEXT NOT NULL, expires INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS invitations (id TEXT PRIMARY KEY, member TEXT NOT NULL, expires INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS shares (id TEXT PRIMARY KEY, host TEXT NOT NULL, expires INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS log (at INTEGER NOT NULL, event TEXT NOT NULL, name TEXT NOT NULL, address TEXT NOT NULL,
  agent TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS log_at ON log (at);`;

/**
 * @param {Database} db
 * @param {() => number} now
 */
export function createStore(db, now) {
  db.exec(TABLES);
  /** @type {Map<string, ReturnType<Database["prepare"]>>} */
  const prepared = new Map();
  const sql = (/** @type {string} */ text) => {
    const known = prepared.get(text) ?? db.prepare(text);
    prepared.set(text, known);
    return known;
  };

  /** Forgets what is over. */
  function sweep() {
    for (const table of ["sessions", "devices", "invitations", "shares"]) {
      sql(`DELETE FROM ${table} WHERE expires <= ?`).run(now());
    }
    sql("DELETE FROM log WHERE at <= ? OR rowid <= (SELECT max(rowid) FROM log) - ?").run(now() - LOG, LINES);
  }

  return {
    sweep,

    /**
     * Forgets everybody who is not on the roster, so that who comes back begins anew.
     *
     * @param {Iterable<string>} members
     */
    keepOnly(members) {
      const roster = JSON.stringify([...members]);
      for (const table of ["passwords", "sessions", "devices", "invitations"]) {
        sql(`DELETE FROM ${table} WHERE member <> '' AND member NOT IN (SELECT value FROM json_each(?))`).run(roster);
      }
    },

    /** @param {string} member @returns {string | undefined} */
    passwordHash: (member) => sql("SELECT hash FROM passwords WHERE member = ?").get(member)?.hash,

    /**
     * Ends every session of the member.
     *
     * @param {string} member
     * @param {string} hash
     */
    setPassword(member, hash) {
      sql("INSERT INTO passwords VALUES (?, ?) ON CONFLICT DO UPDATE SET hash = excluded.hash").run(member, hash);
      sql("DELETE FROM sessions WHERE member = ?").run(member);
      sql("DELETE FROM invitations WHERE member = ?").run(member);
    },

    /**
     * @param {Omit<Session, "id" | "root" | "expires"> & Partial<Pick<Session, "root" | "expires">>} session
     * @returns {string} its token
     */
    addSession({ kind, member, host, root, expires = now() + SESSION }) {
      const secret = token();
      const id = digest(secret);
      sql("INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?)").run(id, root ?? id, kind, member, host, expires);
      return secret;
    },

    /** @param {string} secret @returns {Session | undefined} */
    session: (secret) => sql("SELECT * FROM sessions WHERE id = ? AND expires > ?").get(digest(secret), now()),

    /** The session that others come from. @param {string} root @returns {Session | undefined} */
    rootSession: (root) => sql("SELECT * FROM sessions WHERE id = ? AND expires > ?").get(root, now()),

    /** @param {string} root */
    endSessions(root) {
      sql("DELETE FROM sessions WHERE root = ?").run(root);
    },

    /** @param {string} member */
    endAllSessions(member) {
      sql("DELETE FROM sessions WHERE member = ?").run(member);
    },

    /** Remembers a browser in which the member has signed in. @param {string} member */
    addDevice(member) {
      const secret = token();
      sql("INSERT INTO devices VALUES (?, ?, ?)").run(digest(secret), member, now() + DEVICE);
      return secret;
    },

    /** @param {string} secret @param {string} member */
    isDevice: (secret, member) =>
      sql("SELECT 1 FROM devices WHERE id = ? AND member = ? AND expires > ?").get(digest(secret), member, now()) !==
      undefined,

    /**
     * Replaces the member's earlier invitations.
     *
     * @param {string} member
     * @param {number} expires
     */
    addInvitation(member, expires) {
      const secret = token();
      sql("DELETE FROM invitations WHERE member = ?").run(member);
      sql("INSERT INTO invitations VALUES (?, ?, ?)").run(digest(secret), member, expires);
      return secret;
    },

    /** @param {string} secret @returns {string | undefined} whom it invites */
    invited: (secret) =>
      sql("SELECT member FROM invitations WHERE id = ? AND expires > ?").get(digest(secret), now())?.member,

    /**
     * @param {string} host
     * @param {number} expires
     */
    addShare(host, expires) {
      const secret = token();
      sql("INSERT INTO shares VALUES (?, ?, ?)").run(digest(secret), host, expires);
      return secret;
    },

    /** @param {string} secret @returns {{id: string, host: string, expires: number} | undefined} */
    share: (secret) => sql("SELECT * FROM shares WHERE id = ? AND expires > ?").get(digest(secret), now()),

    /** Ends every link to a site, and who came by one. @param {string} host @returns {number} how many links */
    endShares(host) {
      const ids = sql("SELECT id FROM shares WHERE host = ?").all(host);
      for (const { id } of ids) sql("DELETE FROM sessions WHERE root = ?").run(id);
      sql("DELETE FROM shares WHERE host = ?").run(host);
      return ids.length;
    },

    /**
     * @param {string} event
     * @param {string} name
     * @param {{address: string, agent: string}} from
     */
    note(event, name, { address, agent }) {
      sql("INSERT INTO log VALUES (?, ?, ?, ?, ?)").run(now(), event, name.slice(0, 80), address, agent.slice(0, 200));
    },

    /** @returns {{at: number, event: string, name: string, address: string, agent: string}[]} the newest first */
    log: () => sql("SELECT * FROM log WHERE at > ? ORDER BY at DESC, rowid DESC").all(now() - LOG),
  };
}

/** @typedef {ReturnType<typeof createStore>} Store */
