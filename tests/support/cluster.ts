import { delimiter, dirname } from "node:path";
import { UserError } from "../../cli/errors";
import type { Progress } from "../../cli/progress";
import { capture } from "../../cli/tools/process";
import { kindAnswers, startKind } from "./cluster-kind";
import { buildClusterProgram, startOwnCluster, unsupported } from "./cluster-own";
import { which } from "./which";

/** A real cluster that tests may fill. */
export interface TestCluster {
  /** As the environment variable `KUBECONFIG` takes it. */
  readonly kubeconfig: string;
  /** A kubectl that fits the cluster. */
  readonly kubectl: string;
  /** `host:port` that works for `docker push` and on the nodes; undefined where none was named. */
  readonly registry: string | undefined;
  /**
   * Restarts one component, such as `kube-apiserver`, and waits until it is ready; undefined where the cluster is not
   * the repository's own.
   */
  readonly restart: ((component: string) => Promise<void>) | undefined;
}

/** A cluster for the time of some tests. */
export interface ClusterSession {
  /** What `testCluster` reads, for the environment of the tests' process. */
  readonly env: Readonly<Record<string, string>>;
  /** Stops what this session has started. */
  stop(): Promise<void>;
}

/** A cluster, however it was found. */
export interface StartedCluster {
  readonly kubeconfig: string;
  readonly kubectl: string;
  readonly registry: string | undefined;
  /** The cluster's own program, which restarts its components. */
  readonly program?: string;
  stop(): Promise<void>;
}

/**
 * Finds a cluster, or starts one: `KUBECONFIG` where it is set (with its registry in `MUSTER_TEST_REGISTRY`), a kind
 * cluster where kind is installed, else tests/one-node-cluster, for which a Debian-like machine's root gets the packages
 * installed. Never fails: where there is no cluster, `testCluster` tells the tests why.
 */
export async function ensureCluster(progress: Progress, env: NodeJS.ProcessEnv = process.env): Promise<ClusterSession> {
  try {
    const { kubeconfig, kubectl, registry, program, stop } = await findOrStart(progress, env);
    return {
      env: {
        KUBECONFIG: kubeconfig,
        MUSTER_TEST_KUBECTL: kubectl,
        // The commands under test take kubectl from PATH.
        PATH: [dirname(kubectl), env.PATH].join(delimiter),
        ...(registry === undefined ? {} : { MUSTER_TEST_REGISTRY: registry }),
        ...(program === undefined ? {} : { MUSTER_TEST_CLUSTER_PROGRAM: program }),
      },
      stop,
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    progress.warn(`There is no cluster for the tests: ${reason}`);
    return { env: { MUSTER_TEST_NO_CLUSTER: reason }, stop: async () => undefined };
  }
}

/**
 * Builds the repository's own cluster where `ensureCluster` would have to: side by side with other tests it takes none
 * of their time. What fails here, `ensureCluster` tries again and reports.
 */
export async function prebuildCluster(progress: Progress, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  if (env.KUBECONFIG || (await kindAnswers()) || unsupported() !== undefined) return;
  await buildClusterProgram(progress, true).catch(() => undefined);
}

async function findOrStart(progress: Progress, env: NodeJS.ProcessEnv): Promise<StartedCluster> {
  if (env.KUBECONFIG) return given(env.KUBECONFIG, env);
  if (await kindAnswers()) return startKind(progress);
  const reason = unsupported();
  if (reason !== undefined) throw new UserError(reason);
  return startOwnCluster(progress);
}

async function given(kubeconfig: string, env: NodeJS.ProcessEnv): Promise<StartedCluster> {
  const kubectl = env.MUSTER_TEST_KUBECTL ?? (await which("kubectl"));
  if (kubectl === undefined) throw new UserError("KUBECONFIG is set, but kubectl is not in PATH");
  const { code, stderr } = await capture(kubectl, ["get", "--raw", "/readyz"], { env, timeout: 30_000 });
  if (code !== 0) {
    throw new UserError(
      `the cluster of KUBECONFIG (${kubeconfig}) does not answer: ${stderr.trim() || "nothing within 30 s"}`,
    );
  }
  return { kubeconfig, kubectl, registry: env.MUSTER_TEST_REGISTRY, stop: async () => undefined };
}

/**
 * The cluster that `ensureCluster` has left in the environment, or one that `KUBECONFIG` names; otherwise the reason why
 * there is none, for the title of a skipped test.
 */
export function testCluster(
  env: NodeJS.ProcessEnv = process.env,
): { readonly cluster: TestCluster; readonly unavailable: undefined } | { readonly unavailable: string } {
  if (env.MUSTER_TEST_NO_CLUSTER !== undefined) return { unavailable: env.MUSTER_TEST_NO_CLUSTER };
  if (!env.KUBECONFIG) return { unavailable: "KUBECONFIG is not set; npm test -- cluster starts a cluster" };
  const program = env.MUSTER_TEST_CLUSTER_PROGRAM;
  return {
    cluster: {
      kubeconfig: env.KUBECONFIG,
      kubectl: env.MUSTER_TEST_KUBECTL ?? "kubectl",
      registry: env.MUSTER_TEST_REGISTRY,
      restart: program === undefined ? undefined : (component) => restart(program, component),
    },
    unavailable: undefined,
  };
}

async function restart(program: string, component: string): Promise<void> {
  const { code, stdout, stderr } = await capture(program, ["restart", component]);
  if (code !== 0) throw new Error(`cluster restart ${component} failed: ${stdout}${stderr}`);
}
