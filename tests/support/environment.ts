import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import Docker from "dockerode";
import { parse, stringify } from "yaml";

const ROOT = resolve(__dirname, "../..");

export const docker = new Docker();

export interface CommandResult {
  readonly code: number;
  /** Standard output and error as they came. */
  readonly output: string;
}

/** Runs a command to its end; nothing is asked of standard input. */
export function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CommandResult> {
  return new Promise((done, reject) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    child.stderr.on("data", (chunk) => {
      output += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => done({ code: code ?? -1, output }));
  });
}

/** A port of the loopback that nothing listens on. */
const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

export type Engine = "pulumi" | "compose";

/** A team of the tests' own, with its own port, stack, state and volumes: it runs beside any other. */
export class TestEnvironment {
  readonly #home = mkdtempSync(join(tmpdir(), "muster-test-"));
  readonly #stack: string;

  private constructor(
    readonly team: string,
    readonly engine: Engine,
    readonly port: number,
  ) {
    this.#stack = `test-${team}`;
  }

  /** @param team id of a team that nobody else uses; what an earlier run left of it is removed */
  static async create(team: string, engine: Engine): Promise<TestEnvironment> {
    const environment = new TestEnvironment(team, engine, await freePort());
    environment.configure({ members: [{ id: "nobody" }] });
    await environment.succeed("down", "--volumes", "--yes");
    return environment;
  }

  get #stackFile() {
    return join(ROOT, `Pulumi.${this.#stack}.yaml`);
  }

  /** Writes the stack file that the next command reads; what Pulumi keeps in it beside the config stays. */
  configure(config: Record<string, unknown>) {
    const own = { team: this.team, port: this.port, ...config };
    const keys = Object.fromEntries(Object.entries(own).map(([key, value]) => [`muster:${key}`, value]));
    const before = existsSync(this.#stackFile) ? parse(readFileSync(this.#stackFile, "utf8")) : {};
    writeFileSync(this.#stackFile, stringify({ ...before, config: keys }));
  }

  /** `npm run <command>` on this team. */
  async muster(command: string, ...args: string[]): Promise<CommandResult> {
    const engine = command === "up" ? ["--engine", this.engine] : [];
    return await run("node", ["scripts/run.mjs", command, "--stack", this.#stack, ...engine, ...args], {
      MUSTER_HOME: this.#home,
    });
  }

  /** As `muster`, but a failure ends the test with the command's output. */
  async succeed(command: string, ...args: string[]): Promise<string> {
    const { code, output } = await this.muster(command, ...args);
    if (code !== 0) throw new Error(`npm run ${command} ended with ${code}:\n${output}`);
    return output;
  }

  /** Removes everything, volumes included. */
  async dispose() {
    await this.muster("down", "--volumes", "--yes");
    rmSync(this.#stackFile, { force: true });
    rmSync(this.#home, { recursive: true, force: true });
  }

  url(host: string | undefined, path = "/") {
    return `http://${host === undefined ? "" : `${host}.`}localhost:${this.port}${path}`;
  }

  get #filters() {
    return { label: [`muster.team=${this.team}`] };
  }

  /** Container id by name without the team's prefix: `alice-web`. */
  async containers(): Promise<Record<string, string>> {
    const containers = await docker.listContainers({ all: true, filters: this.#filters });
    return Object.fromEntries(
      containers
        .map(({ Id, Names }) => [(Names[0] ?? "").replace(`/${this.team}-`, ""), Id] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  }

  async networks(): Promise<string[]> {
    return (await docker.listNetworks({ filters: this.#filters })).map(({ Name }) => Name).sort();
  }

  async volumes(): Promise<string[]> {
    const { Volumes } = await docker.listVolumes({ filters: this.#filters });
    return Volumes.map(({ Name }) => Name).sort();
  }

  inspect = (container: string) => docker.getContainer(`${this.team}-${container}`).inspect();

  /** Every file of the state that the commands keep: path, mode, text. */
  keptFiles(): [path: string, mode: number, text: string][] {
    return readdirSync(this.#home, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .map((path) => [path, statSync(path).mode, readFileSync(path, "utf8")]);
  }

  /** `docker <command>` on a container of the team. */
  docker = (command: "kill" | "start" | "stop", container: string) =>
    run("docker", [command, `${this.team}-${container}`]);

  /** Runs a shell line in a container, as its own user. */
  async shell(container: string, line: string): Promise<CommandResult> {
    return await run("docker", ["exec", `${this.team}-${container}`, "bash", "-lc", line]);
  }
}
