import { createWriteStream, existsSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { PassThrough, type Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { LIVE } from "../../config/catalogue";
import { liveScopeOf } from "../../config/workloads";
import { UserError } from "../errors";
import { findStack, type Project, stackTeam } from "../project";
import { listed } from "../table";
import { type Instance, runningInstance } from "../targets/target";
import type { Result } from "../tools/process";
import { withoutDatabases } from "./dump";
import { counted, dumpFile, joined } from "./dump-file";
import { checkRepository } from "./releases";
import { openSession, type Session } from "./session";
import { checkWritable } from "./written-file";

export interface DatabaseOptions {
  readonly stack?: string | undefined;
  /** Of the live server's databases, the one of this repository; the first repository's by default. */
  readonly repository?: string | undefined;
  /** A database that the owner of a server has beside `app`; an import makes it. */
  readonly database?: string | undefined;
  /** Whether what is there may be replaced: tables, or the file of an export. */
  readonly replace?: boolean | undefined;
}

/** A database and the instance of its server. */
interface Database {
  readonly instance: Instance;
  readonly name: string;
  /** For people. */
  readonly title: string;
}

/** The server's own user, by its socket: no password is needed, and a dump's owners of views and procedures may be others. */
const CLIENT = ["--no-defaults", "--socket=/run/mysqld/mysqld.sock"];
const DUMP = ["mariadb-dump", ...CLIENT, "--single-transaction", "--quick", "--routines", "--events", "--hex-blob"];

/**
 * Fills an empty database of a member or of the live server from a dump; one that gzip has packed is unpacked.
 *
 * @throws UserError for a file that is no dump, and when there are tables already, unless they may be replaced: then they
 * are saved first
 */
export async function importDatabase(project: Project, file: string, owner: string, options: DatabaseOptions) {
  const { size, open } = dumpFile(file);
  const session = await openSession(findStack(project, options.stack));
  const database = await find(session, owner, options.repository, options.database);
  await makeRoom(session, database, options.replace);
  await session.progress.step(`Importing ${file} into ${database.title}`, async (detail) => {
    const share = (bytes: number) => (size === 0 ? megabytes(bytes) : `${Math.floor((100 * bytes) / size)} %`);
    await load(
      session,
      database,
      open((bytes) => detail(share(bytes))),
    );
  });
}

/** Writes a dump with procedures, triggers and events; `.gz` is packed. Only its owner may read the file. */
export async function exportDatabase(project: Project, file: string, owner: string, options: DatabaseOptions) {
  checkWritable(file);
  if (existsSync(file) && !options.replace)
    throw new UserError(`${file} is there already: give --replace, or another name.`);
  const session = await openSession(findStack(project, options.stack));
  const database = await find(session, owner, options.repository, options.database);
  await checkThere(session, database);
  await save(session, database, file);
}

/** Fills an empty database from another one; nothing of it is written to this machine. */
export async function copyDatabase(project: Project, from: string, to: string, options: DatabaseOptions) {
  const session = await openSession(findStack(project, options.stack));
  // Of two members neither has one: `find` says so.
  const repositoryOf = (owner: string) =>
    owner === LIVE || ![from, to].includes(LIVE) ? options.repository : undefined;
  const source = await find(session, from, repositoryOf(from), options.database);
  const target = await find(session, to, repositoryOf(to), options.database);
  if (source.instance.name === target.instance.name) throw new UserError(`${from} and ${to} are the same database.`);
  await checkThere(session, source);
  await makeRoom(session, target, options.replace);
  await session.progress.step(`Copying ${source.title} to ${target.title}`, (detail) =>
    transfer(session, source, target, detail),
  );
}

/** Fills an empty database from another one. */
export async function transfer(
  session: Pick<Session, "target">,
  source: Database,
  target: Database,
  detail: (text: string) => void,
): Promise<void> {
  const stream = new PassThrough();
  const shown = counted(stream, (bytes) => detail(megabytes(bytes)));
  await Promise.all([dump(session, source, stream), load(session, target, shown)]);
}

const NAME = /^[A-Za-z0-9_-]{1,64}$/;
const SYSTEM = ["information_schema", "mysql", "performance_schema", "sys"];

async function find(
  session: Session,
  owner: string,
  repository: string | undefined,
  database: string | undefined,
): Promise<Database> {
  if (database !== undefined && (!NAME.test(database) || SYSTEM.includes(database.toLowerCase()))) {
    throw new UserError(`"${database}" is not a database's name here: use 1–64 of letters, digits, "_" and "-".`);
  }
  if (repository !== undefined && owner !== LIVE) {
    throw new UserError("--repository is for the live server: a member has one database, app.");
  }
  const instances = await session.target.instances();
  const team = stackTeam(session.stack);
  const scope = owner === LIVE && repository !== undefined ? liveScopeOf(team, repository) : owner;
  const instance = runningInstance(instances, scope, "db");
  if (instance === undefined) {
    const owners = instances.flatMap(({ member, component }) => (component === "db" && member ? [member] : []));
    const known = owners.length > 0 ? `; there are those of ${listed(owners.sort())}` : "";
    const expected = [
      ...team.members.map(({ id }) => id),
      LIVE,
      ...team.repositories.map((each) => liveScopeOf(team, each)),
    ];
    const remedy = expected.includes(scope)
      ? `npm run up${session.options}`
      : "correct the name, or add it to the roster";
    throw new UserError(`No database of "${scope}" is running${known}: ${remedy}`);
  }
  const isFirst = repository === undefined || repository === team.repositories[0];
  const own = isFirst ? undefined : await repositoryDatabase(session, instances, scope, repository);
  if (!isFirst && own === undefined && scope === LIVE) {
    throw new UserError(`${repository} has no database yet: it gets one when its PHP goes live.`);
  }
  if (own !== undefined && scope === LIVE && database !== undefined) {
    throw new UserError(
      `${repository} shares its server with others, and has one database there: leave --database out.`,
    );
  }
  const name = database ?? own ?? "app";
  return { instance, name, title: `${scope}'s database ${name}` };
}

/**
 * The deployer knows what it made, or what was moved to it: undefined where that is nothing.
 *
 * @throws UserError where it does not say
 */
async function repositoryDatabase(
  session: Session,
  instances: readonly Instance[],
  scope: string,
  repository: string,
): Promise<string | undefined> {
  checkRepository(repository);
  const deployer = runningInstance(instances, scope, "deployer");
  if (deployer === undefined) throw new UserError(`The deployer is not running: npm run up${session.options}`);
  const order = JSON.stringify({ project: repository });
  const { code, stdout, stderr } = await session.target.exec(deployer, ["muster-deploy", "database"], order);
  if (code !== 0) {
    throw new UserError(
      `${deployer.name} does not say which database ${repository} has (status ${code}): ${stderr.trim()}`,
    );
  }
  return JSON.parse(stdout).name ?? undefined;
}

/** @throws UserError for a database that its server does not have, with those that it has */
async function checkThere(session: Session, { instance, name, title }: Database): Promise<void> {
  const names = await ask(session, instance, "SHOW DATABASES");
  const there = names.split("\n").filter((each) => each !== "" && !SYSTEM.includes(each));
  if (!there.includes(name)) throw new UserError(`${title} is not there: use one of ${there.join(", ")}.`);
}

/** Leaves an empty database, or throws. */
async function makeRoom(session: Session, database: Database, replace = false): Promise<void> {
  const { stack, progress } = session;
  const sql = (text: string) => ask(session, database.instance, text);
  const tables = await sql(`SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = '${database.name}'`);
  const there = tables.split("\n").filter(Boolean);
  if (there.length === 0) {
    await sql(`CREATE DATABASE IF NOT EXISTS \`${database.name}\``);
    return;
  }
  if (!replace) {
    const some = there.length > 5 ? [...there.slice(0, 5), `${there.length - 5} more`] : there;
    throw new UserError(
      `${database.title} has tables (${listed(some)}): nothing was changed. Give --replace to replace them.`,
    );
  }
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const file = join(stack.folder, "databases", `${database.instance.member}-${database.name}-${time}.sql.gz`);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  await save(session, database, file);
  progress.note(`  what was there: ${file}`);
  await sql(`DROP DATABASE \`${database.name}\`; CREATE DATABASE \`${database.name}\``);
}

/** What a server answers to SQL, as its owner asks. */
export async function ask({ target }: Pick<Session, "target">, server: Instance, sql: string): Promise<string> {
  const answer = await target.exec(server, ["mariadb", ...CLIENT, "--batch", "--skip-column-names"], sql);
  check(server.name, answer);
  return answer.stdout;
}

async function save(session: Session, database: Database, file: string): Promise<void> {
  const unfinished = `${file}.unfinished`;
  try {
    await session.progress.step(
      `Exporting ${database.title} to ${file}`,
      async (detail) => {
        const output = createWriteStream(unfinished, { mode: 0o600 });
        const stream = new PassThrough();
        const shown = counted(stream, (bytes) => detail(megabytes(bytes)));
        const written = file.endsWith(".gz") ? pipeline(shown, createGzip(), output) : pipeline(shown, output);
        await Promise.all([dump(session, database, stream), written]);
      },
      () => megabytes(statSync(unfinished).size),
    );
    renameSync(unfinished, file);
  } finally {
    rmSync(unfinished, { force: true });
  }
}

async function dump(
  { target }: Pick<Session, "target">,
  { instance, name }: Database,
  output: Writable,
): Promise<void> {
  check("mariadb-dump", await target.pipe(instance, [...DUMP, name], { output }));
}

async function load(
  { target }: Pick<Session, "target">,
  { instance, name, title }: Database,
  dumped: Readable,
): Promise<void> {
  const input = joined(dumped, withoutDatabases());
  const failed = (why: string) =>
    new UserError(`${why}\n${title} holds what came before: correct it, and give --replace.`);
  const done = await target
    .pipe(instance, ["mariadb", ...CLIENT, `--database=${name}`], { input })
    .catch((error: Error) => Promise.reject(failed(`The dump cannot be read to its end: ${error.message}.`)));
  if (done.code !== 0) throw failed(done.stderr.trim());
}

function check(what: string, { code, stderr }: Result): void {
  if (code !== 0) throw new UserError(`${what}: ${stderr.trim() || `ended with status ${code}`}`);
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
