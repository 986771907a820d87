import { userInfo } from "node:os";
import type { Team } from "../../config/members";
import { liveUrl, teamUrl } from "../../config/naming";
import { liveScopeOf } from "../../config/workloads";
import { UserError } from "../errors";
import { findStack, type Project, stackTeam } from "../project";
import { runningInstance } from "../targets/target";
import { checkRepository, recordRelease } from "./releases";
import { openSession } from "./session";

/** The release is live, and its page does not work. */
const DONE_WITH_WARNINGS = 4;
/** The deployer ends whatever else runs in its container when a release begins, and when it is over. */
const KILLED = 137;
const ANSWER = "answer: ";
const RELEASE = /^\d{8}T\d{6}Z-[0-9a-f]{12}$/;

export interface RollbackOptions {
  readonly stack?: string | undefined;
  /** Repository; the roster's first by default. */
  readonly repository?: string | undefined;
  /** Name of the release to go to; the one before the current by default. */
  readonly release?: string | undefined;
}

/**
 * Puts an earlier release live again. The deployer does it, as it does for the form on the CI's pages, and records it;
 * neither the CI master nor the git server need be up.
 *
 * @throws UserError when there is no such release, or another one is under way
 */
export async function rollback(project: Project, options: RollbackOptions): Promise<void> {
  const session = await openSession(findStack(project, options.stack));
  const team = stackTeam(session.stack);
  const order = rollbackOrder(team, options);
  const { target } = session;
  const deployer = runningInstance(await target.instances(), liveScopeOf(team, order.project), "deployer");
  if (deployer === undefined) throw new UserError(`The deployer is not running: npm run up${session.options}`);
  const by = { action: "rollback", by: userInfo().username, subject: "npm run rollback" };
  const { code, stdout, stderr } = await target.exec(
    deployer,
    ["muster-deploy", "rollback"],
    JSON.stringify({ ...order, by: by.by, reason: by.subject }),
  );
  if (code === KILLED) throw new UserError("A release was under way, and the deployer ended the rollback: try again.");
  if (code !== 0 && code !== DONE_WITH_WARNINGS)
    throw new UserError(stderr.trim().replace(/^muster: /, "") || `muster-deploy ended with status ${code}`);
  const answer = JSON.parse(answerIn(stdout));
  const { release, revision, message } = answer;
  const problem = code === 0 ? "" : message;
  const recorded = await recordRelease(target, { repository: order.project, ...by, release, revision, problem });
  console.log(
    `${releaseUrl(team, order.project) ?? order.project} shows ${answer.release} again, instead of ${answer.previous}.`,
  );
  if (code !== 0) console.log(message);
  if (!recorded) console.log("The CI does not run, so that its history (npm run releases) lacks this rollback.");
}

/** The JSON in an output's marked lines: images/ci-worker/muster_worker/answers.py. */
const answerIn = (output: string): string =>
  output
    .split("\n")
    .filter((line) => line.startsWith(ANSWER))
    .map((line) => line.slice(ANSWER.length))
    .join("");

/**
 * What the deployer is asked for. It names the repository `project` and takes an empty release for the previous one.
 *
 * @throws UserError for a name that cannot be a repository's or a release's
 */
export function rollbackOrder(
  { repositories }: Pick<Team, "repositories">,
  { repository = repositories[0] as string, release = "" }: RollbackOptions,
): { project: string; release: string } {
  checkRepository(repository);
  if (release !== "" && !RELEASE.test(release)) {
    throw new UserError(`"${release}" is not a release: use a name such as 20260131T120000Z-0123456789ab.`);
  }
  return { project: repository, release };
}

/** Where a repository's current release is shown; undefined for a repository whose name has no address. */
export const releaseUrl = (
  team: Pick<Team, "repositories" | "domain" | "port">,
  repository: string,
): string | undefined => (repository === team.repositories[0] ? teamUrl(team, "live") : liveUrl(team, repository));
