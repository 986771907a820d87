import { PassThrough } from "node:stream";
import { LIVE } from "../../config/catalogue";
import type { Team } from "../../config/members";
import { liveUrl, teamUrl } from "../../config/naming";
import { liveScopeOf } from "../../config/workloads";
import { UserError } from "../errors";
import { findStack, type Project, stackTeam } from "../project";
import { type Instance, runningInstance } from "../targets/target";
import { moveLiveDatabase } from "./db";
import { checkRepository } from "./releases";
import { openSession, type Session } from "./session";

export interface RepositoryOptions {
  readonly stack?: string | undefined;
  /** What to do: `remove` or `move`. */
  readonly action?: string | undefined;
  readonly name?: string | undefined;
  /** @default says what would be removed, and removes nothing */
  readonly yes?: boolean | undefined;
}

/**
 * Removes a repository from the team's git server, or moves what is live of one to its own live site.
 *
 * @throws UserError without a name, and for what cannot be removed or moved
 */
export async function repository(project: Project, { stack, action, name, yes }: RepositoryOptions): Promise<void> {
  if (name === undefined || (action !== "remove" && action !== "move")) {
    throw new UserError(
      "Say what to do with which repository: npm run repository -- remove NAME --yes, or npm run repository -- move NAME",
    );
  }
  checkRepository(name);
  const session = await openSession(findStack(project, stack));
  const team = stackTeam(session.stack);
  if (action === "move") await move(session, team, name);
  else await remove(session, team, name, yes);
}

/** What is live of it, and members' clones, stay. */
async function remove(session: Session, team: Team, name: string, yes: boolean | undefined): Promise<void> {
  if (team.repositories.includes(name)) {
    throw new UserError(`${name} is on the roster: take it out of muster:repositories first, then npm run up.`);
  }
  if (yes !== true) {
    throw new UserError(
      `This removes ${teamUrl(team, "git")}/${name}/ with all its history. To do it: ` +
        `npm run repository -- remove ${name} --yes${session.options.replace(/^ --/, "")}`,
    );
  }
  const { target } = session;
  const git = runningInstance(await target.instances(), undefined, "git");
  if (git === undefined) throw new UserError(`The git server is not running: npm run up${session.options}`);
  const { code, stderr } = await target.exec(git, ["remove-repository", name], "");
  if (code !== 0) throw new UserError(stderr.trim().replace(/^muster: /, "") || `it ended with status ${code}`);
  console.log(
    `${name} is removed.\nMembers' clones of it stay, and so does what is live of it: ${liveUrl(team, name)}`,
  );
}

/**
 * Copies releases, files and database of a repository from the first live server, where it was live before the roster
 * named it, to its own live site. What is there stays until it is removed by hand.
 */
async function move(session: Session, team: Team, name: string): Promise<void> {
  const { target, progress, options } = session;
  const scope = liveScopeOf(team, name);
  if (scope === LIVE) {
    const why = team.repositories.includes(name) ? "has the first live server already" : "is not on the roster";
    throw new UserError(`${name} ${why}: a repository that muster:repositories names after the first can be moved.`);
  }
  const instances = await target.instances();
  const [from, to] = [runningInstance(instances, LIVE, "deployer"), runningInstance(instances, scope, "deployer")];
  if (from === undefined || to === undefined) throw new UserError(`A deployer is not running: npm run up${options}`);
  const has = async (deployer: Instance, path: string) =>
    (await target.exec(deployer, ["test", "-e", `${path}/${name}`], "")).code === 0;
  if (!(await has(from, "/srv/live"))) throw new UserError(`${name} is not on the first live server.`);
  if (await has(to, "/srv/live")) {
    throw new UserError(`${name} has releases of its own already: nothing was changed. Roll back or push there.`);
  }
  const moved = await moveLiveDatabase(session, name);
  await progress.step(`Copying releases and files of ${name}`, async () => {
    const folders = [...((await has(from, "/srv/shared")) ? [`shared/${name}`] : []), `live/${name}`];
    const stream = new PassThrough();
    const [packed, unpacked] = await Promise.all([
      // Its account for the shared server is none of the new server's.
      target.pipe(from, ["tar", "-cC", "/srv", "--exclude", `live/${name}/database.json`, ...folders], {
        output: stream,
      }),
      target.pipe(to, ["tar", "-xC", "/srv"], { input: stream }),
    ]);
    for (const { code, stderr } of [packed, unpacked]) {
      if (code !== 0) throw new UserError(`tar: ${stderr.trim() || `ended with status ${code}`}`);
    }
  });
  console.log(`${liveUrl(team, name)} shows the same release as before${moved ? ", with its database" : ""}.`);
}
