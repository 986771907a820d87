import { cpSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { LIVE } from "../../config/catalogue";
import type { Team } from "../../config/members";
import { memberUrl, publicUrl, teamUrl } from "../../config/naming";
import { UserError } from "../errors";
import { findStack, type Project, stackTeam } from "../project";
import { formatTable } from "../table";
import { accessCookie } from "../targets/access";
import { type GatewayAddress, type Instance, runningInstance, type Target } from "../targets/target";
import { capture } from "../tools/process";
import { knownCredentials } from "./credentials";
import { visit } from "./project-pages";
import { lastLine, push } from "./project-push";
import { openSession } from "./session";

/** Where the gateway has its own authority: images/gateway/lib/certificates.sh. */
const AUTHORITY = "/tmp/nginx/public/-/authority.crt";
/** Updates a member's clone, also one whose starter project was replaced: it has a single commit, and no change. */
const UPDATE = `cd "$1" 2>/dev/null || exec git clone --quiet "$GIT_URL/$2.git" "$1"
git pull --quiet --ff-only 2>/tmp/pull || {
  git rev-parse --quiet --verify HEAD^ >/dev/null || test -n "$(git status --porcelain)" && cat /tmp/pull >&2 && exit 1
  git reset --quiet --hard "@{upstream}"
}`;
/** Whether one page of a front end answers every path; else each has its own. */
const IS_APP = 'muster-survey --json "$1" | jq --exit-status .site.spa';
/** How a front end's build for the member's own site goes, as images/code-server/builder writes it down. */
const BUILD_STATE = 'jq -r "if .state == \\"failed\\" then .command + \\" \\" + .why else .state end" "$1"';
/** How the survey begins where there is no page: images/php/survey/muster_survey/text.py. */
const NO_SITE = /^(?:not served here: |no site\b)/;
/** In the place of a site that nobody expects, or that was not asked. */
const NONE = "none";
const BUILDING = ["building", "waiting"];

export interface ProjectsOptions {
  readonly stack?: string | undefined;
  /** Whose account pushes, and whose own sites are asked. The roster's first member by default. */
  readonly member?: string | undefined;
}

/** How one project fared. */
interface Outcome {
  readonly repository: string;
  readonly own: string;
  readonly build: string;
  readonly live: string;
  readonly seconds: number;
  readonly found: string;
  readonly works: boolean;
  /** Whether there is something to show. */
  readonly isSite: boolean;
}

/**
 * Pushes folders of this machine to the running environment as they are, one after another, and asks for their sites.
 *
 * @returns 1 when one of them does not work, else 0
 * @throws UserError when a folder is missing, two have one name, or nothing is up
 */
export async function projects(project: Project, paths: readonly string[], options: ProjectsOptions): Promise<number> {
  const sources = projectSources(paths);
  const session = await openSession(findStack(project, options.stack));
  const { target, progress } = session;
  const team = stackTeam(session.stack);
  const member = options.member ?? (team.members[0]?.id as string);
  const password = (await knownCredentials(session))[member]?.git;
  if (password === undefined) throw new UserError(`"${member}" has no account on this environment's git server.`);
  const editor = runningInstance(await target.instances(), member, "code");
  if (editor === undefined) throw new UserError(`${member}'s editor is not running: npm run up${session.options}`);

  const authority = await authorityOf(target, team);
  const folder = mkdtempSync(join(tmpdir(), "muster-projects-"));
  const outcomes: Outcome[] = [];
  try {
    const authorityFile = authority === undefined ? undefined : join(folder, "authority.crt");
    if (authorityFile !== undefined) writeFileSync(authorityFile, authority as string);
    for (const [repository, path] of sources) {
      const outcome = await progress.step(
        `Trying ${repository}`,
        (detail) =>
          target.withGateway(team, async (find) => {
            const found = await find();
            if (found === undefined) throw new UserError("The gateway is not in reach.");
            const gateway = authority === undefined ? found : { ...found, authority };
            const trial = { team, target, editor, gateway, authorityFile, member, password };
            return tryProject(trial, repository, path, detail);
          }),
        ({ own, build, live }) => `own site ${own}; ${build}; live ${live}`,
      );
      outcomes.push(outcome);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  console.log(`\n${outcomeTable(outcomes)}`);
  return outcomes.every(({ works }) => works) ? 0 : 1;
}

/**
 * Paths by the names of their repositories, made of the folders' names.
 *
 * @throws UserError that lists every path that cannot be used
 */
export function projectSources(paths: readonly string[]): Map<string, string> {
  const sources = new Map<string, string>();
  const problems: string[] = [];
  for (const path of paths.map((relative) => resolve(relative))) {
    const name = basename(path)
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-|-$/g, "")
      .slice(0, 40)
      .replace(/-$/, "");
    if (!existsSync(path) || !statSync(path).isDirectory()) problems.push(`${path} is not a folder`);
    else if (name === "") problems.push(`${path} has no letter or digit to name a repository after: rename it`);
    else if (sources.has(name)) problems.push(`${path} and ${sources.get(name)} would both be ${name}: rename one`);
    else sources.set(name, path);
  }
  if (problems.length > 0) throw new UserError(problems.join("\n"));
  return sources;
}

export interface Trial {
  readonly team: Team;
  readonly target: Target;
  readonly editor: Instance;
  readonly gateway: GatewayAddress;
  readonly authorityFile: string | undefined;
  readonly member: string;
  readonly password: string;
}

async function tryProject(trial: Trial, repository: string, path: string, detail: (text: string) => void) {
  const { team, target, editor, gateway, member } = trial;
  const source = await committed(path);
  try {
    const started = performance.now();
    const said = await push(trial, repository, source.folder, detail);
    const seconds = (performance.now() - started) / 1000;
    const outcome = { repository, own: NONE, live: NONE, ...said, seconds };
    if (said.refused) return { ...outcome, works: false, isSite: true };
    if (NO_SITE.test(said.found)) return { ...outcome, works: true, isSite: false };
    const first = repository === team.repositories[0];
    const folder = `/workspace/${repository}`;
    const clone = await target.exec(editor, ["bash", "-lc", UPDATE, "clone", folder, repository], "");
    const ownUrl = first ? memberUrl(team, "site", member) : publicUrl(team, `${repository}--${member}`);
    const liveUrl = first ? teamUrl(team, "live") : publicUrl(team, `${repository}--${LIVE}`);
    const isFrontEnd = said.found.startsWith("front end");
    const hasParts = isFrontEnd || said.found.startsWith("static site");
    // What builds it may only be known by what it wrote.
    const isApp = async () => (await target.exec(editor, ["bash", "-lc", IS_APP, "app", folder], "")).code === 0;
    const asMember = async () => ({ gateway, cookie: await accessCookie(target, team, member) });
    const seen = async (url: string) => visit(url, await asMember(), hasParts, isFrontEnd && (await isApp()));
    const own =
      clone.code === 0 ? await ownSite(trial, repository, () => seen(ownUrl), detail) : lastLine(clone.stderr);
    const live = await seen(liveUrl);
    const works = /^passed/.test(said.build) && own === "works" && live === "works";
    return { ...outcome, own, live, found: [source.note, said.found].filter(Boolean).join("; "), works, isSite: true };
  } finally {
    source.remove();
  }
}

/**
 * The team's own authority, by a way that needs no trust in it; undefined where the gateway has another one.
 *
 * @throws UserError while the gateway is not running
 */
async function authorityOf(target: Target, team: Team): Promise<string | undefined> {
  if (team.gatewayTls.kind !== "own") return undefined;
  const gateway = runningInstance(await target.instances(), undefined, "gateway");
  const read = gateway && (await target.exec(gateway, ["cat", AUTHORITY], ""));
  if (read?.code !== 0) throw new UserError("The gateway is not running, or has no certificate yet.");
  return read.stdout;
}

/** The folder itself where it is a whole repository; else a copy of its files, committed. */
async function committed(path: string): Promise<{ folder: string; note: string; remove: () => void }> {
  const git = (...args: string[]) => capture("git", ["-C", path, ...args]);
  const isRepository = existsSync(join(path, ".git")) && (await git("rev-parse", "--verify", "HEAD")).code === 0;
  const shallow = isRepository && (await git("rev-parse", "--is-shallow-repository")).stdout.trim() === "true";
  if (isRepository && !shallow) return { folder: path, note: "", remove: () => undefined };

  const folder = mkdtempSync(join(tmpdir(), "muster-project-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    cpSync(path, folder, { recursive: true, verbatimSymlinks: true, filter: (file) => file !== join(path, ".git") });
    const author = ["-c", "user.name=Muster", "-c", "user.email=muster@localhost", "-c", "commit.gpgsign=false"];
    // A repository may have files that it ignores.
    const listed = isRepository ? (await git("ls-files", "-z")).stdout : "";
    for (const args of [
      ["init", "--quiet"],
      isRepository ? ["add", "--force", "--pathspec-from-file=-", "--pathspec-file-nul"] : ["add", "--all"],
      [...author, "commit", "--quiet", "--message", "As it is"],
    ]) {
      const { code, stdout, stderr } = await capture("git", ["-C", folder, ...args], { input: listed });
      if (code !== 0) throw new UserError(`${path} cannot be committed: ${lastLine(stderr || stdout)}`);
    }
  } catch (error) {
    remove();
    throw error;
  }
  return { folder, note: shallow ? "shallow, committed anew" : "no repository, committed", remove };
}

/** What `visit` says once a front end is built for it, or why it is not. */
async function ownSite(
  { target, editor }: Trial,
  repository: string,
  look: () => Promise<string>,
  detail: (text: string) => void,
) {
  // A site that has just been built is looked for by its web server, which takes its time with many repositories.
  for (let built = 0; ; ) {
    const result = await look();
    if (result === "works") return result;
    const file = `/workspace/.muster/builds/${repository}.json`;
    const said = await target.exec(editor, ["bash", "-c", BUILD_STATE, "state", file], "");
    const state = said.code === 0 ? said.stdout.trim() : "";
    if (state === "" || (state === "built" && built++ > 1)) return result;
    if (state !== "built" && !BUILDING.includes(state)) return `${result}: ${state}`;
    detail("building for the own site");
  }
}

/** A row for each project, and how many of them work. */
export function outcomeTable(outcomes: readonly Outcome[]): string {
  const table = formatTable([
    ["PROJECT", "OWN SITE", "BUILD", "LIVE", "SECONDS", "FOUND"],
    ...outcomes.map(({ repository, own, build, live, seconds, found }) => [
      repository,
      own,
      build,
      live,
      seconds.toFixed(1),
      found,
    ]),
  ]);
  const sites = outcomes.filter(({ isSite }) => isSite);
  const others = outcomes.length - sites.length;
  const working = sites.filter(({ works }) => works).length;
  const rest = others === 0 ? "" : ` ${others} without a site here, as the push says.`;
  return `${table}\n\n${working} of ${sites.length} work on their own site and live.${rest}`;
}
