import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "./errors";
import type { Kubectl, KubernetesObject } from "./kubectl";
import type { Progress } from "./progress";
import { listed } from "./readiness";

/** Milliseconds between two looks at the cluster. */
const INTERVAL = 1_500;
/** Milliseconds without a workload becoming ready after which the rest counts as failed; a first start may take five minutes. */
const PATIENCE = 360_000;
/** Milliseconds that a fault which may pass by itself gets, from its first report. */
const GRACE = 30_000;
/** The same while a pod waits for a node: clusters that grow by themselves need minutes for a new one. */
const SCHEDULING_GRACE = 120_000;
/** Milliseconds after which a pod that only waits is asked about. */
const SLOW = 15_000;
const LOG_LINES = 15;

export interface Workload extends KubernetesObject {
  readonly spec: { readonly replicas?: number; readonly selector?: unknown };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
    readonly availableReplicas?: number;
    readonly currentRevision?: string;
    readonly updateRevision?: string;
    readonly conditions?: readonly Condition[];
  };
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: object;
  readonly terminated?: { readonly reason?: string; readonly exitCode?: number };
}

export interface Pod extends KubernetesObject {
  readonly spec: { readonly nodeName?: string };
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly {
      readonly ready: boolean;
      readonly restartCount: number;
      readonly state?: ContainerState;
      readonly lastState?: ContainerState;
    }[];
  };
}

export interface Event extends KubernetesObject {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly involvedObject: { readonly kind?: string; readonly name?: string; readonly namespace?: string };
}

/** What keeps a workload from starting. */
export interface Problem {
  /** `namespace/component` */
  readonly workload: string;
  readonly reason: string;
  readonly message: string;
  /** Milliseconds that it may take to pass by itself. */
  readonly grace: number;
  /** A pod whose log may tell more, and whether the log is that of a container which has ended. */
  readonly log?: { readonly namespace: string; readonly pod: string; readonly previous: boolean };
}

export interface Snapshot {
  readonly workloads: readonly Workload[];
  readonly pods: readonly Pod[];
  readonly events: readonly Event[];
}

/** `namespace/component` */
const workloadOf = ({ metadata }: KubernetesObject): string =>
  `${metadata.namespace}/${metadata.labels?.["muster.component"] ?? metadata.name}`;

/** Whether the newest version of a workload runs, and no other. */
export function isRolledOut({ kind, metadata, spec, status = {} }: Workload): boolean {
  const wanted = spec.replicas ?? 1;
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return false;
  if ((status.updatedReplicas ?? 0) < wanted || (status.replicas ?? 0) > wanted) return false;
  const running = kind === "StatefulSet" ? status.readyReplicas : status.availableReplicas;
  return (running ?? 0) >= wanted;
}

/**
 * What keeps the workloads that are not rolled out from starting, one entry for each.
 *
 * @param now milliseconds since the epoch
 */
export function problems({ workloads, pods, events }: Snapshot, now: number): Problem[] {
  return workloads
    .filter((workload) => !isRolledOut(workload))
    .flatMap((workload) => {
      const name = workloadOf(workload);
      const own = pods.filter((pod) => workloadOf(pod) === name && pod.metadata.deletionTimestamp === undefined);
      const found =
        own.map((pod) => podProblem(name, pod, events, now)).find((problem) => problem !== undefined) ??
        creationProblem(name, workload, own, events);
      return found === undefined ? [] : [found];
    });
}

/** Waiting reasons that are part of every start. */
const NORMAL = new Set(["ContainerCreating", "PodInitializing"]);

function podProblem(workload: string, pod: Pod, events: readonly Event[], now: number): Problem | undefined {
  const { namespace = "", name, creationTimestamp } = pod.metadata;
  const scheduled = pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
  if (scheduled?.status === "False") {
    const { reason = "Unschedulable", message = "" } = scheduled;
    return { workload, reason, message, grace: SCHEDULING_GRACE };
  }
  for (const { state, lastState, restartCount } of pod.status?.containerStatuses ?? []) {
    const { reason = "", message = "" } = state?.waiting ?? {};
    if (reason && !NORMAL.has(reason)) {
      const ended = lastState?.terminated;
      const log = restartCount > 0 ? { log: { namespace, pod: name, previous: true } } : {};
      return { workload, reason, message: ended ? describeEnd(ended) : message, grace: GRACE, ...log };
    }
  }
  const isWaiting = pod.status?.phase === "Pending";
  if (!isWaiting || now - Date.parse(creationTimestamp ?? "") < SLOW) return undefined;
  const warning = lastWarning(events, "Pod", namespace, name);
  return warning && { workload, ...warning, grace: SCHEDULING_GRACE };
}

const describeEnd = ({ reason, exitCode }: { reason?: string; exitCode?: number }): string =>
  reason === "OOMKilled"
    ? "it needs more memory than its limit (OOMKilled)"
    : `it ends with status ${exitCode ?? "unknown"}`;

/** Why there is no pod at all: a quota, or an admission rule. */
function creationProblem(
  workload: string,
  { kind, metadata, status }: Workload,
  pods: readonly Pod[],
  events: readonly Event[],
): Problem | undefined {
  const failure = status?.conditions?.find(({ type, status: state }) => type === "ReplicaFailure" && state === "True");
  if (failure) return { workload, reason: failure.reason ?? "", message: failure.message ?? "", grace: GRACE };
  if (pods.length > 0) return undefined;
  const warning = lastWarning(events, kind, metadata.namespace ?? "", metadata.name);
  return warning && { workload, ...warning, grace: GRACE };
}

function lastWarning(events: readonly Event[], kind: string, namespace: string, name: string) {
  const event = events.findLast(
    ({ type, involvedObject }) =>
      type === "Warning" &&
      involvedObject.kind === kind &&
      involvedObject.namespace === namespace &&
      involvedObject.name === name,
  );
  return event && { reason: event.reason ?? "", message: event.message ?? "" };
}

/** What to do about it, for the reasons that have one remedy. */
export function remedy({ reason, message }: Pick<Problem, "reason" | "message">): string {
  if (/ImagePull|ErrImage|InvalidImageName/.test(reason)) {
    return "the nodes must reach muster:registry.pull, and may need muster:registry.user and password";
  }
  if (/exceeded quota/.test(message)) return "raise the member's limits, or remove what else runs in the namespace";
  if (/persistentvolumeclaim/i.test(message))
    return "the storage class has no volume to give: muster:kubernetes.storageClass";
  if (/Insufficient|didn't match|node\(s\)/.test(message)) return "add nodes, or lower the limits in the stack file";
  if (/OOMKilled/.test(message)) return "raise limits/…/memory in the stack file";
  return "";
}

/** One line for each cause, with all the workloads that it keeps from starting. */
export function describeProblems(found: readonly Problem[]): string[] {
  const byCause = new Map<string, string[]>();
  for (const problem of found) {
    const cause = describeCause(problem);
    byCause.set(cause, [...(byCause.get(cause) ?? []), problem.workload]);
  }
  return [...byCause].map(([cause, names]) => `${names.sort().join(", ")} cannot start: ${cause}`);
}

function describeCause(problem: Problem): string {
  const text = problem.message.replace(/\s+/g, " ").trim();
  // What the scheduler tried besides is no news.
  const brief = problem.reason === "Unschedulable" ? text.split(". ")[0] : text;
  return [[problem.reason, brief].filter(Boolean).join(": "), remedy(problem)].filter(Boolean).join("; ");
}

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
  // Two names for one fault, which take turns.
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
      // The work itself says when the cluster does not answer.
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
