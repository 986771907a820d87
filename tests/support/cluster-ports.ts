import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { delimiter, dirname, isAbsolute } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { TestCluster } from "./cluster";
import { run } from "./environment";
import { hold } from "./ports";

/** Whether the loopback answers the ports of its nodes. */
export const hasNodePorts = ({ restart }: TestCluster): boolean => restart !== undefined;

/** Makes `kubectl` the cluster's. */
export const kubectlEnv = ({ kubeconfig, kubectl }: TestCluster): NodeJS.ProcessEnv => ({
  KUBECONFIG: kubeconfig,
  PATH: [...(isAbsolute(kubectl) ? [dirname(kubectl)] : []), process.env.PATH].join(delimiter),
});

const FIRST_NODE_PORT = 30_000;
const LAST_NODE_PORT = 32_767;
const NODE_PORT_LOCKS = 20_000;

/** A node port that no Service has, and that no other run of the tests gets. */
export async function freeNodePort(cluster: TestCluster): Promise<number> {
  const { code, output } = await run(
    "kubectl",
    ["get", "services", "--all-namespaces", "--output", "jsonpath={.items[*].spec.ports[*].nodePort}"],
    kubectlEnv(cluster),
  );
  if (code !== 0) throw new Error(output);
  const used = new Set(output.split(/\s+/).map(Number));
  const free = Array.from(
    { length: LAST_NODE_PORT - FIRST_NODE_PORT + 1 },
    (_, index) => FIRST_NODE_PORT + index,
  ).filter((port) => !used.has(port));
  const start = randomInt(free.length || 1);
  for (const port of [...free.slice(start), ...free.slice(0, start)]) {
    // No process listens on a node port: one that nobody uses otherwise stands for it.
    if (await hold(port - NODE_PORT_LOCKS)) return port;
  }
  throw new Error("every node port is in use");
}

/** `kubectl port-forward` to the gateway, restarted whenever the gateway's pod ends. */
export class PortForward {
  #child: ChildProcess | undefined;
  #closed = false;

  constructor(
    cluster: TestCluster,
    private readonly namespace: string,
    private readonly port: number,
  ) {
    void this.#keep({ ...process.env, ...kubectlEnv(cluster) });
  }

  close() {
    this.#closed = true;
    this.#child?.kill();
  }

  async #keep(env: NodeJS.ProcessEnv) {
    while (!this.#closed) {
      const args = ["port-forward", "--namespace", this.namespace, "service/gateway", String(this.port)];
      const child = spawn("kubectl", args, { env, stdio: "ignore" });
      this.#child = child;
      await new Promise((ended) => child.on("exit", ended));
      await pause(500);
    }
  }
}
