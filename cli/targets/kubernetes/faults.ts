import type { KubernetesObject } from "../../tools/kubectl";

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

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

export interface ContainerState {
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
  /** Milliseconds in which it may go away by itself. */
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
export const workloadOf = ({ metadata }: KubernetesObject): string =>
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
export const NORMAL = new Set(["ContainerCreating", "PodInitializing"]);
export function podProblem(workload: string, pod: Pod, events: readonly Event[], now: number): Problem | undefined {
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

export const describeEnd = ({ reason, exitCode }: { reason?: string; exitCode?: number }): string =>
  reason === "OOMKilled"
    ? "it needs more memory than its limit (OOMKilled)"
    : `it ends with status ${exitCode ?? "unknown"}`;
/** Why there is no pod at all: a quota, or an admission rule. */
export function creationProblem(
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

export function lastWarning(events: readonly Event[], kind: string, namespace: string, name: string) {
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

export function describeCause(problem: Problem): string {
  const text = problem.message.replace(/\s+/g, " ").trim();
  // What else the scheduler tried is no news.
  const brief = problem.reason === "Unschedulable" ? text.split(". ")[0] : text;
  return [[problem.reason, brief].filter(Boolean).join(": "), remedy(problem)].filter(Boolean).join("; ");
}

/** Milliseconds from its first report that a fault gets to go away by itself. */
export const GRACE = 30000;

/** The same while a pod waits for a node: clusters that grow by themselves need minutes for a new one. */
export const SCHEDULING_GRACE = 120000;

/** Milliseconds after which a pod that is only waiting is looked into. */
export const SLOW = 15000;
