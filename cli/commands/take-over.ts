import { PassThrough } from "node:stream";
import { type Component, LIVE } from "../../config/catalogue";
import type { Team } from "../../config/members";
import { liveSites } from "../../config/workloads";
import { UserError } from "../errors";
import { type Instance, runningInstance } from "../targets/target";
import type { Result } from "../tools/process";
import { ask, transfer } from "./db";
import type { Session } from "./session";

/** Where a deployer has releases, and what the sites write. */
const RELEASES = "/srv/live";
const SHARED = "/srv/shared";

type Live = Pick<Session, "target" | "progress" | "stack">;

/**
 * Moves what the live server has of repositories that have a live site of their own by now: releases, what their sites
 * wrote, and their databases with the accounts, which installers may have written into files. An interrupted move is
 * done again from the start, since the former place is emptied last.
 *
 * @throws UserError when something cannot be moved; nothing is lost then
 */
export async function takeOver(session: Live, team: Team): Promise<void> {
  const others = liveSites(team).slice(1);
  if (others.length === 0) return;
  const instances = await session.target.instances();
  const source = siteOf(instances, LIVE);
  const there = (await tell(session, source.deployer, ["ls", "-A", RELEASES])).split("\n");
  for (const { repository, owner } of others) {
    if (there.includes(repository)) await move(session, repository, source, siteOf(instances, owner.id));
    if (there.includes(repository) || there.includes(moved(repository))) await clear(session, repository, source);
  }
}

interface Site {
  readonly deployer: Instance;
  readonly db: Instance;
}

function siteOf(instances: readonly Instance[], scope: string): Site {
  const find = (component: Component) => {
    const instance = runningInstance(instances, scope, component);
    if (instance === undefined) throw new UserError(`${scope}'s ${component} is not running.`);
    return instance;
  };
  return { deployer: find("deployer"), db: find("db") };
}

/** What was moved is called so until it is removed; no repository's name begins with a dot. */
const moved = (repository: string): string => `.${repository}.moved`;

async function move(session: Live, repository: string, from: Site, to: Site): Promise<void> {
  const folder = `${RELEASES}/${repository}`;
  const log = (site: Site) => output(session, site.deployer, ["cat", `${folder}/releases.log`]);
  const [before, after] = await Promise.all([log(from), log(to)]);
  if (after === undefined) {
    await session.progress.step(`Moving what is live of ${repository} to a live site of its own`, async () => {
      const account = await accountOf(session, repository, from);
      if (account) await moveDatabase(session, account, from, to);
      await moveFolder(session, SHARED, repository, from, to);
      // The site is switched on by this.
      await moveFolder(session, RELEASES, repository, from, to);
    });
  } else if (before === undefined || !after.startsWith(before)) {
    throw new UserError(
      `${repository} went live anew at a site of its own before what it had on the live server was moved there. That is ` +
        `still in the container ${from.deployer.name}, in ${folder} and ${SHARED}/${repository}: take what you need, and ` +
        `remove both folders.`,
    );
  }
  await tell(session, from.deployer, ["mv", "-T", folder, `${RELEASES}/${moved(repository)}`]);
}

/** Removes what was moved. */
async function clear(session: Live, repository: string, site: Site): Promise<void> {
  const account = await accountOf(session, moved(repository), site);
  if (account) {
    await ask(
      session,
      site.db,
      `DROP DATABASE IF EXISTS \`${account.name}\`; DROP USER IF EXISTS '${account.name}'@'%'`,
    );
  }
  for (const folder of [`${SHARED}/${repository}`, `${RELEASES}/${moved(repository)}`]) {
    const script = `[ ! -e "$1" ] || { chmod -R u+rwX "$1" && rm -rf "$1"; }`;
    await tell(session, site.deployer, ["sh", "-c", script, "sh", folder]);
  }
}

interface Account {
  /** Of the database and of the account. */
  readonly name: string;
  readonly password: string;
}

/** The account that a deployer made for a repository; undefined where it needed none. */
async function accountOf(session: Live, folder: string, site: Site): Promise<Account | undefined> {
  const text = await output(session, site.deployer, ["cat", `${RELEASES}/${folder}/database.json`]);
  if (text === undefined) return undefined;
  const { DB_NAME: name, DB_PASSWORD: password } = JSON.parse(text);
  // A migration could write the file.
  if (![name, password].every((value) => /^[A-Za-z0-9._-]{1,80}$/.test(value))) {
    throw new UserError(`${site.deployer.name} has an account of ${folder}'s that nobody can have: ${text.trim()}`);
  }
  return { name, password };
}

/** The server is the repository's own: what is there by this name is of an attempt that was interrupted. */
async function moveDatabase(session: Live, { name, password }: Account, from: Site, to: Site): Promise<void> {
  await ask(
    session,
    to.db,
    `DROP DATABASE IF EXISTS \`${name}\`; CREATE DATABASE \`${name}\`;
CREATE OR REPLACE USER '${name}'@'%' IDENTIFIED BY '${password}';
GRANT ALL PRIVILEGES ON *.* TO '${name}'@'%' WITH GRANT OPTION`,
  );
  const database = ({ db }: Site) => ({ instance: db, name, title: `the database ${name}` });
  await transfer(session, database(from), database(to), () => {});
}

async function moveFolder(session: Live, root: string, name: string, from: Site, to: Site): Promise<void> {
  const { target } = session;
  if ((await output(session, from.deployer, ["ls", "-d", `${root}/${name}`])) === undefined) return;
  const unpack = `set -eu
rm -rf "$1/.$2.new" && mkdir "$1/.$2.new"
tar -C "$1/.$2.new" -xpf -
[ ! -e "$1/$2" ] || { chmod -R u+rwX "$1/$2" && rm -rf "$1/$2"; }
mv -T "$1/.$2.new/$2" "$1/$2"
rmdir "$1/.$2.new"`;
  const stream = new PassThrough();
  const [packed, unpacked] = await Promise.all([
    target.pipe(from.deployer, ["tar", "-C", root, "-cf", "-", "--", name], { output: stream }),
    target.pipe(to.deployer, ["sh", "-c", unpack, "sh", root, name], { input: stream }),
  ]);
  check(from.deployer, packed);
  check(to.deployer, unpacked);
}

/** What a program prints; undefined when it fails. */
async function output({ target }: Live, instance: Instance, command: readonly string[]): Promise<string | undefined> {
  const { code, stdout } = await target.exec(instance, command, "");
  return code === 0 ? stdout : undefined;
}

async function tell({ target }: Live, instance: Instance, command: readonly string[]): Promise<string> {
  const result = await target.exec(instance, command, "");
  check(instance, result);
  return result.stdout;
}

function check({ name }: Instance, { code, stderr }: Pick<Result, "code" | "stderr">): void {
  if (code !== 0) throw new UserError(`${name}: ${stderr.trim() || `it ended with status ${code}`}`);
}
