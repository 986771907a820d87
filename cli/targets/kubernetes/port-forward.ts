import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Kubectl } from "../../tools/kubectl";
import type { GatewayAddress } from "../target";

/** Milliseconds after which a forward that does not open is given up; the next call tries again. */
const PATIENCE = 10_000;

/** A port of this machine that leads to a Service while it is open. */
export interface PortForward {
  /** Opens it if it is closed: it ends with the pod that it leads to. */
  readonly find: () => Promise<Omit<GatewayAddress, "tls"> | undefined>;
  close(): void;
}

/** @param port of the Service */
export function portForward(kubectl: Kubectl, namespace: string, service: string, port: number): PortForward {
  let open: { readonly child: ChildProcess; readonly port: number } | undefined;
  let closed = false;

  async function start(): Promise<void> {
    const args = [...kubectl.context, "--namespace", namespace, "port-forward", `service/${service}`, `:${port}`];
    const child = spawn("kubectl", args, { stdio: ["ignore", "pipe", "ignore"] });
    child.on("exit", () => {
      if (open?.child === child) open = undefined;
    });
    const local = await forwardedPort(child);
    if (local === undefined || closed) child.kill();
    else open = { child, port: local };
  }

  return {
    async find() {
      if (open === undefined && !closed) await start();
      return open && { address: "127.0.0.1", port: open.port };
    },
    close() {
      closed = true;
      open?.child.kill();
    },
  };
}

/** The port that kubectl names once it listens; undefined when it ends before, or says nothing. */
function forwardedPort(child: ChildProcess): Promise<number | undefined> {
  return new Promise((resolve) => {
    const end = (port?: number) => {
      clearTimeout(timer);
      resolve(port);
    };
    const timer = setTimeout(end, PATIENCE);
    child.on("error", () => end()).on("exit", () => end());
    if (child.stdout) {
      createInterface({ input: child.stdout }).on("line", (line) => {
        const match = /^Forwarding from 127\.0\.0\.1:(\d+) /.exec(line);
        if (match) end(Number(match[1]));
      });
    }
  });
}
