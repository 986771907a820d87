import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../errors";
import type { Progress } from "../../progress";
import { listed } from "../../table";
import type { Kubectl } from "../../tools/kubectl";
import {
  describeProblems,
  type Event,
  GRACE,
  isRolledOut,
  type Pod,
  type Problem,
  problems,
  type Snapshot,
  type Workload,
  workloadOf,
} from "./faults";

/** Milliseconds between two looks at the cluster. */
const INTERVAL = 1_500;

/** Milliseconds without progress after which the rest counts as failed; a first start may take five minutes. */
const PATIENCE = 360_000;
const LOG_LINES = 15;

/** What one look at the cluster found. */
export interface Look {
  readonly ready: number;
  /** `namespace/component` of the workloads that are not rolled out. */
  readonly waiting: readonly string[];
  /** Those of `waiting` that the cluster does not have at all. */
  readonly absent: readonly string[];
  readonly problems: readonly Problem[];
}

/** Follows a team's workloads. */
export interface Watch {
  /** Looks once; a problem is reported when it is new. */
  look(): Promise<Look>;
  /** Milliseconds since a problem was reported. */
  age(problem: Problem): number;
}

/** @param expected `namespace/component` of every workload */
export function watchRollout(kubectl: Kubectl, team: string, expected: readonly string[], progress: Progress): Watch {
  const reported = new Map<string, number>();
  // Two names for one fault, which alternate.
  const key = ({ workload, reason }: Problem) =>
    `${workload} ${reason === "ErrImagePull" ? "ImagePullBackOff" : reason}`;
  return {
    async look() {
      const snapshot = await takeSnapshot(kubectl, team);
      const present = new Set(snapshot.workloads.map(workloadOf));
      const done = new Set(snapshot.workloads.filter(isRolledOut).map(workloadOf));
      for (const old of reported.keys()) if (done.has(old.split(" ")[0] as string)) reported.delete(old);
      const found = problems(snapshot, Date.now());
      const fresh = found.filter((problem) => !reported.has(key(problem)));
      for (const problem of fresh) reported.set(key(problem), performance.now());
      for (const line of describeProblems(fresh)) progress.warn(line);
      for (const problem of fresh) for (const line of await logTail(kubectl, problem)) progress.note(line);
      const waiting = expected.filter((name) => !done.has(name));
      const absent = waiting.filter((name) => !present.has(name));
      return { ready: expected.length - waiting.length, waiting, absent, problems: found };
    },
    age: (problem) => performance.now() - (reported.get(key(problem)) ?? performance.now()),
  };
}

/** Reports problems for as long as `work` lasts. */
export async function followRollout<T>(watch: Watch, work: () => Promise<T>): Promise<T> {
  const end = new AbortController();
  const follow = async () => {
    while (!end.signal.aborted) {
      // The work itself reports a cluster that does not answer.
      await watch.look().catch(() => undefined);
      await sleep(INTERVAL, undefined, { signal: end.signal }).catch(() => undefined);
    }
  };
  const following = follow();
  try {
    return await work();
  } finally {
    end.abort();
    await following;
  }
}

async function takeSnapshot(kubectl: Kubectl, team: string): Promise<Snapshot> {
  const everywhere = ["--all-namespaces"];
  const [labelled, events] = await Promise.all([
    kubectl.list("deployments,statefulsets,pods", ...everywhere, "--selector", `muster.team=${team}`),
    kubectl.list<Event>("events", ...everywhere, "--field-selector", "type=Warning"),
  ]);
  return {
    workloads: labelled.filter(({ kind }) => kind !== "Pod") as Workload[],
    pods: labelled.filter(({ kind }) => kind === "Pod") as Pod[],
    events,
  };
}

/** The last lines of a pod that has ended; none while it has no log. */
async function logTail(kubectl: Kubectl, { log }: Problem): Promise<string[]> {
  if (log === undefined) return [];
  const { namespace, pod, previous } = log;
  const { code, stdout } = await kubectl.capture([
    "logs",
    "--namespace",
    namespace,
    pod,
    `--tail=${LOG_LINES}`,
    ...(previous ? ["--previous"] : []),
  ]);
  if (code !== 0 || stdout.trim() === "") return [];
  const lines = stdout.trimEnd().split("\n");
  return [`  the end of its log (${namespace}/${pod}):`, ...lines.map((line) => `    ${line}`)];
}

/**
 * Waits until every workload runs in its newest version.
 *
 * @throws UserError that names those that do not start, and why: when nothing else moves any more
 */
export async function waitForRollout(watch: Watch, progress: Progress): Promise<void> {
  let total = 0;
  await progress.step(
    "Waiting for the pods",
    async (detail) => {
      let best = -1;
      let moved = performance.now();
      for (;;) {
        const { ready, waiting, problems: found } = await watch.look();
        total = ready + waiting.length;
        if (waiting.length === 0) return;
        if (ready > best) [best, moved] = [ready, performance.now()];
        const still = performance.now() - moved;
        const definite = found.filter((problem) => watch.age(problem) >= problem.grace);
        if ((definite.length > 0 && still >= GRACE) || still >= PATIENCE) throw new UserError(failure(found, waiting));
        detail(`${ready} of ${total}, not yet ${listed(waiting)}`);
        await sleep(INTERVAL);
      }
    },
    () => `${total} of ${total}`,
  );
}

function failure(found: readonly Problem[], waiting: readonly string[]): string {
  if (found.length === 0)
    return `These do not become ready: ${waiting.join(", ")}. Their logs: kubectl logs -n NAMESPACE POD`;
  return [
    "The environment is not complete; what else is up works, and npm run up goes on once this is put right:",
    ...describeProblems(found).map((line) => `  ${line}`),
  ].join("\n");
}
