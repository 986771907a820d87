import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import type { Project } from "../project";

/** What the process of `program-host` is told. */
export interface ToHost {
  readonly variables: NodeJS.ProcessEnv;
}

/** Pulumi's program, loaded and waiting for an update. */
export interface Program {
  /**
   * Lets the next update begin.
   *
   * @param variables of its environment
   * @returns the address that Pulumi's `--client` takes
   */
  serve(variables: NodeJS.ProcessEnv): Promise<string>;
  stop(): void;
}

/**
 * Begins to load the program in a process of its own. Pulumi would begin only after its own start, ask for the versions
 * of Node and npm before, and look through every folder of `node_modules` for plugins (docs/adr/0005-engine-speed.md).
 * It serves one update, and ends with this process.
 */
export function loadProgram({ root, main, nodeArgs }: Pick<Project, "root" | "main" | "nodeArgs">): Program {
  const host = fork(join(__dirname, "program-host.ts"), [join(root, main)], { cwd: root, execArgv: [...nodeArgs] });
  const port = portOf(host);
  // A command that ends before an update does not wait for it.
  host.unref();
  host.channel?.unref();
  const door = createServer((client) => {
    client.on("error", () => client.destroy());
    void port.then((number) => lead(client, number));
  });
  return {
    async serve(variables) {
      host.send({ variables } satisfies ToHost);
      await once(door.listen(0, "127.0.0.1"), "listening");
      return `127.0.0.1:${(door.address() as AddressInfo).port}`;
    },
    stop() {
      door.close();
      host.kill("SIGKILL");
    },
  };
}

/** Pulumi may start beside the program: it is led there once that listens. */
function lead(client: Socket, port: number | undefined): void {
  if (port === undefined) {
    client.destroy();
    return;
  }
  const program = connect(port, "127.0.0.1");
  client.pipe(program).pipe(client);
  client.on("close", () => program.destroy());
  program.on("error", () => client.destroy());
}

/** Undefined where the program could not be loaded. */
const portOf = (host: ChildProcess): Promise<number | undefined> =>
  new Promise((resolve) => {
    host.once("message", ({ port }: { port: number }) => resolve(port));
    host.on("error", () => resolve(undefined));
    host.once("exit", () => resolve(undefined));
  });
