import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parse, stringify } from "yaml";

const ROOT = resolve(__dirname, "../..");

export interface CommandResult {
  readonly code: number;
  /** Standard output and error as they came. */
  readonly output: string;
}

/** Runs a command to its end, without standard input. */
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

export type Engine = "pulumi" | "compose" | "kubectl";

/** Owner and kind of a workload. */
export interface Place {
  /** Member id or `live`; undefined for the team's own. */
  readonly member: string | undefined;
  readonly component: string;
}

/** `alice-web` is alice's `web`, `worker-1` the team's own. */
export function placeOf(container: string): Place {
  const [, member, component = ""] = /^(?:(.+)-)??(worker-\d+|release-worker|[a-z]+)$/.exec(container) ?? [];
  return { member, component };
}

export const containerOf = ({ member, component }: Place): string => [member, component].filter(Boolean).join("-");

/**
 * A team of the tests' own, with its own port, stack, state and volumes: it runs beside any other. Containers
 * are named without the team's prefix, `alice-web`, on every platform.
 */
export abstract class TestEnvironment {
  readonly #home = mkdtempSync(join(tmpdir(), "muster-test-"));
  readonly #stack: string;

  protected constructor(
    readonly team: string,
    readonly engine: Engine,
    readonly port: number,
    /** Config and variables that select the target. */
    private readonly target: { readonly config: Record<string, unknown>; readonly env: NodeJS.ProcessEnv },
  ) {
    this.#stack = `test-${team}`;
  }

  /** Removes what an earlier run left of the team. */
  protected async begin(): Promise<this> {
    this.configure({ members: [{ id: "nobody" }] });
    const left = await Promise.all([this.objects(), this.volumes()]);
    if (left.flat().length > 0) await this.succeed("down", "--volumes", "--yes");
    return this;
  }

  get #stackFile() {
    return join(ROOT, `Pulumi.${this.#stack}.yaml`);
  }

  /**
   * Writes the stack file that the next command reads; what Pulumi keeps in it beside the config stays. Repositories of
   * a first push go live, unless `config` says otherwise.
   */
  configure(config: Record<string, unknown>) {
    const ci = { newRepositories: "live", ...(config.ci as object | undefined) };
    const own = { team: this.team, port: this.port, ...this.target.config, ...config, ci };
    const keys = Object.fromEntries(Object.entries(own).map(([key, value]) => [`muster:${key}`, value]));
    const before = existsSync(this.#stackFile) ? parse(readFileSync(this.#stackFile, "utf8")) : {};
    writeFileSync(this.#stackFile, stringify({ ...before, config: keys }));
  }

  /** `npm run <command>` on this team. */
  async muster(command: string, ...args: string[]): Promise<CommandResult> {
    const engine = command === "up" ? ["--engine", this.engine] : [];
    return await run("node", ["scripts/run.mjs", command, "--stack", this.#stack, ...engine, ...args], {
      ...this.target.env,
      MUSTER_HOME: this.#home,
    });
  }

  /** `npx pulumi` on this team's stack. */
  pulumi(...args: string[]): Promise<CommandResult> {
    const env = { ...this.target.env, MUSTER_HOME: this.#home };
    return run("node", ["scripts/pulumi.mjs", ...args, "--stack", this.#stack], env);
  }

  /** As `muster`, but a failure ends the test with the command's output. */
  async succeed(command: string, ...args: string[]): Promise<string> {
    const { code, output } = await this.muster(command, ...args);
    if (code !== 0) throw new Error(`npm run ${command} ended with ${code}:\n${output}`);
    return output;
  }

  /** Removes everything, volumes included: at once, because nobody wants what would be written out at a stop. */
  async dispose() {
    await this.discard();
    rmSync(this.#stackFile, { force: true });
    rmSync(this.#home, { recursive: true, force: true });
  }

  url(host: string | undefined, path = "/") {
    return `http://${host === undefined ? "" : `${host}.`}localhost:${this.port}${path}`;
  }

  /** Every file of the state that the commands keep: path, mode and text. */
  keptFiles(): [path: string, mode: number, text: string][] {
    return readdirSync(this.#home, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .map((path) => [path, statSync(path).mode, readFileSync(path, "utf8")]);
  }

  /** Whether a TCP connection from a container succeeds within three seconds. */
  async connects(from: string, host: string, port: number): Promise<boolean> {
    const probe = `timeout 3 bash -c '</dev/tcp/${host}/${port}' 2>/dev/null && echo open || echo closed`;
    const { output } = await this.shell(from, probe);
    const [answer] = /^(?:open|closed)$/m.exec(output) ?? [];
    if (answer === undefined) throw new Error(`${from} could not try to connect:\n${output}`);
    return answer === "open";
  }

  /** Removes all that `npm run down -- --volumes` does, without asking anything to end. */
  protected abstract discard(): Promise<void>;
  /** Another port that the gateway may publish. */
  abstract furtherPort(): Promise<number>;
  /** Whether it is reached on the loopback. */
  abstract readonly reachesFurtherPort: boolean;
  /** Ids by container: a replaced container has another id. */
  abstract containers(): Promise<Record<string, string>>;
  /** What every roster edit replaces. */
  abstract readonly carriers: readonly string[];
  /** Every object of the team, or of `member`, except volumes and what holds them. */
  abstract objects(member?: string): Promise<string[]>;
  /** Names, as the commands print them. */
  abstract volumes(): Promise<string[]>;
  /** The name among `volumes`; `member` is undefined for the team's own. */
  abstract volume(member: string | undefined, purpose: string): string;
  /** Runs a shell line in a container, as its own user. */
  abstract shell(container: string, line: string): Promise<CommandResult>;
  /** Differs after every start of the container's process; undefined while it does not run. */
  abstract started(container: string): Promise<string | undefined>;
  /** Stops a container until `start`, as somebody might who wants to examine it. */
  abstract stop(container: string): Promise<void>;
  abstract start(container: string): Promise<void>;
  /** Kills everything in a container, as the kernel would, and waits until the platform has restarted it. */
  abstract crash(container: string): Promise<void>;
  /** Removes containers without telling their engine, so that only `up` brings them back. */
  abstract remove(...containers: string[]): Promise<void>;
  /** The host name by which other containers know a workload. */
  abstract host(member: string | undefined, component: string): string;
  /** IP address inside. */
  abstract address(container: string): Promise<string>;
  /** Settings of a container by variable name, including secrets. */
  abstract settings(container: string): Promise<Record<string, string>>;
  /** Names among `volumes`. */
  abstract mounts(container: string): Promise<string[]>;
  /** MiB */
  abstract memory(container: string): Promise<number>;
}
