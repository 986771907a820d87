import { UserError } from "../errors";
import { capture, lines, type Result } from "./process";

/** The oldest API server on which the tests have passed. */
export const MIN_KUBERNETES = "1.29";

/** Seconds that the API server gets for one answer. */
const REQUEST_TIMEOUT = 30;

/** An object as the API server returns it, as far as all kinds agree. */
export interface KubernetesObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly generation?: number;
    readonly managedFields?: readonly { readonly manager?: string; readonly operation?: string }[];
  };
}

/** The kubectl command on one cluster. */
export interface Kubectl {
  /** What follows `kubectl` to mean this cluster, also when the user types it. */
  readonly context: readonly string[];
  capture(args: readonly string[], input?: string): Promise<Result>;
  /** @throws UserError with kubectl's message */
  run(...args: string[]): Promise<string>;
  /** The items of `kubectl get … -o json`. */
  list<T extends KubernetesObject>(...args: string[]): Promise<T[]>;
  /** Runs a command whose output is shown as it comes. */
  lines(args: readonly string[], onLine: (line: string) => void, input?: string): Promise<number>;
}

/** @param context of the kubeconfig; its current one by default */
export function kubectlClient(context: string | undefined): Kubectl {
  const own = context === undefined ? [] : ["--context", context];
  const captured = (args: readonly string[], input?: string) =>
    capture("kubectl", [...own, ...args], input === undefined ? {} : { input });

  async function run(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await captured(args);
    if (code !== 0) {
      throw new UserError(`kubectl ${args.join(" ")}: ${cause(stderr) || `ended with status ${code}`}`);
    }
    return stdout;
  }

  return {
    context: own,
    capture: captured,
    run,
    async list<T extends KubernetesObject>(...args: string[]) {
      const json = await run("get", ...args, "--output", "json", `--request-timeout=${REQUEST_TIMEOUT}s`);
      return (JSON.parse(json) as { items: T[] }).items;
    },
    lines: (args, onLine, input) => lines("kubectl", [...own, ...args], onLine, input === undefined ? {} : { input }),
  };
}

/** kubectl's message without the lines of its own log and its prefixes. */
export const cause = (stderr: string): string =>
  stderr
    .split("\n")
    .filter((line) => line.trim() && !/^[EIW]\d{4} /.test(line))
    .map((line) => line.replace(/^(?:error: |Error from server (?:\(\w+\): )?)/, ""))
    .join("\n");

interface Version {
  readonly serverVersion?: { readonly gitVersion: string };
}

/**
 * The API server's version, such as `v1.36.3`.
 *
 * @throws UserError when kubectl is missing or the API server does not answer
 */
export async function serverVersion(kubectl: Kubectl): Promise<string> {
  const answer = await kubectl.capture(["version", "--output", "json", "--request-timeout=10s"]);
  if (answer.code === 127) {
    throw new UserError("kubectl is not in PATH: install it, https://kubernetes.io/docs/tasks/tools/#kubectl");
  }
  const version = answer.stdout.trim() ? (JSON.parse(answer.stdout) as Version).serverVersion?.gitVersion : undefined;
  if (answer.code === 0 && version) return version;
  throw new UserError(unreachable(kubectl, cause(answer.stderr)));
}

function unreachable({ context }: Kubectl, message: string): string {
  const which = context[1] === undefined ? "of the current context" : `of the context "${context[1]}"`;
  const lastLine = message.split("\n").at(-1) || "it does not answer";
  return (
    `The Kubernetes cluster ${which} cannot be used: ${lastLine}\n` +
    "Choose another (kubectl config use-context, muster:kubernetes.context, or KUBECONFIG), or correct that one: kubectl version"
  );
}
