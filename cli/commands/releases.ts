import { expression } from "../../config/rules";
import { UserError } from "../errors";
import { findStack, type Project, stackTeam } from "../project";
import { formatTable } from "../table";
import { runningInstance, type Target } from "../targets/target";
import { openSession } from "./session";

export interface ReleasesOptions {
  readonly stack?: string | undefined;
  /** @default all repositories */
  readonly repository?: string | undefined;
  /** Whether to print JSON. */
  readonly json?: boolean | undefined;
}

/** What was put live, or was to be: a line of the CI's history (images/ci-master/muster_ci/history.py). */
export interface HistoryEntry {
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly repository: string;
  readonly action: string;
  /** The release that is live since; empty when the site stayed as it was. */
  readonly release: string;
  readonly revision: string;
  readonly by: string;
  readonly author: string;
  /** Of the commit, or the reason of a rollback. */
  readonly subject: string;
  /** Empty when all went well. */
  readonly problem: string;
}

const HISTORY = ["python", "-m", "muster_ci.history"] as const;

/**
 * Prints who put what live when, and who rolled back.
 *
 * @throws UserError when the CI, which keeps the history, does not run
 */
export async function releases(project: Project, { stack, repository, json = false }: ReleasesOptions): Promise<void> {
  if (repository !== undefined) checkRepository(repository);
  const session = await openSession(findStack(project, stack));
  const { target, options } = session;
  const ci = runningInstance(await target.instances(), undefined, "ci");
  if (ci === undefined) throw new UserError(`The CI, which keeps the history, is not running: npm run up${options}`);
  const { code, stdout, stderr } = await target.exec(ci, [...HISTORY, "show"], "");
  if (code !== 0) throw new UserError(stderr.trim() || `the history ended with status ${code}`);
  const entries = stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as HistoryEntry)
    .filter((entry) => repository === undefined || entry.repository === repository);
  if (json) console.log(JSON.stringify(entries, undefined, 2));
  else if (entries.length > 0) console.log(releaseTable(entries));
  else console.log(`Nothing ${repository ? `of ${repository} ` : ""}was put live yet. ${deployBranch(session.stack)}`);
}

const deployBranch = (stack: Parameters<typeof stackTeam>[0]): string =>
  `A green ${stackTeam(stack).ci.deployBranch} goes live by itself.`;

export function releaseTable(entries: readonly HistoryEntry[]): string {
  const done: Readonly<Record<string, string>> = { deploy: "live", rollback: "rolled back" };
  return formatTable([
    ["TIME (UTC)", "REPOSITORY", "WHAT", "COMMIT", "BY", "ABOUT"],
    ...entries.map(({ time, repository, action, release, revision, by, subject, problem }) => [
      time.replace("T", " ").replace("Z", ""),
      repository,
      release ? (done[action] ?? action) : `no ${action}`,
      revision.slice(0, 12),
      by,
      problem || subject,
    ]),
  ]);
}

/** Writes a rollback into the history that was ordered past the CI's master; false where that does not run. */
export async function recordRelease(
  target: Pick<Target, "instances" | "exec">,
  entry: Omit<HistoryEntry, "time" | "author">,
): Promise<boolean> {
  const ci = runningInstance(await target.instances(), undefined, "ci");
  if (ci === undefined) return false;
  return (await target.exec(ci, [...HISTORY, "record"], JSON.stringify(entry))).code === 0;
}

/** @throws UserError for what cannot be a repository's name, also of one that its first push made */
export function checkRepository(name: string): void {
  if (!expression("repository").test(name)) throw new UserError(`"${name}" is not a repository's name.`);
}
