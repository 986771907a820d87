import { liveUrl, teamUrl } from "../../config/naming";
import { UsageError, UserError } from "../errors";
import { findStack, type Project, stackTeam } from "../project";
import { runningInstance } from "../targets/target";
import { openSession } from "./session";

export interface RepositoryOptions {
  readonly stack?: string | undefined;
  /** What to do; `remove` is all there is. */
  readonly action?: string | undefined;
  readonly name?: string | undefined;
  /** @default says what would be removed, and removes nothing */
  readonly yes?: boolean | undefined;
}

/**
 * Removes a repository from the team's git server. What is live of it, and members' clones, stay.
 *
 * @throws UsageError without a name; UserError without `yes`, for one of the roster's, and for one that is not there
 */
export async function repository(project: Project, { stack, action, name, yes }: RepositoryOptions): Promise<void> {
  if (action !== "remove" || name === undefined) {
    throw new UsageError("Say what to do with which repository");
  }
  const session = await openSession(findStack(project, stack));
  const team = stackTeam(session.stack);
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
