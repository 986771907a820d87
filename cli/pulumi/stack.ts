import { existsSync, readdirSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { readText } from "../../config/files";
import { ChildError, INTERRUPTED, UserError } from "../errors";
import type { Progress } from "../progress";
import type { Stack } from "../project";
import { capture, foreground, isAlive, type Result } from "../tools/process";
import {
  adoptStackFile,
  type PulumiEnvironment,
  prepareEnvironment,
  pulumiEnvironment,
  stateFile,
} from "./environment";
import { loadProgram, type Program } from "./program";

/** What members log in with, by member id and service. */
export type Credentials = Record<string, Record<string, string>>;

/** The Pulumi CLI on one stack. */
export interface PulumiEngine {
  /** Selects the stack, making it when it does not exist. */
  prepare(progress: Progress): Promise<void>;
  /**
   * `refresh` compares the state with Docker first; `rebuild` names resources to make anew, whatever the state says;
   * `recoverable` says that what a killed run has made is found without the state: it is only written at the end;
   * `variables` are for the program.
   */
  up(options: {
    refresh: boolean;
    rebuild?: readonly string[];
    recoverable?: boolean;
    variables?: NodeJS.ProcessEnv;
  }): Promise<void>;
  /**
   * `again` says that deleting what is gone already succeeds: the state is only written at the end, and more is deleted
   * at once.
   */
  destroy(options: { refresh: boolean; again?: boolean }): Promise<void>;
  /** Resources in the stack's state; the stack itself is one. 0 when the backend does not have it. */
  resourceCount(): Promise<number>;
  /** Provider ids of everything in the state: of a container or network, the one that Docker gave it. */
  resourceIds(): Promise<Set<string>>;
  /** Whether the backend has the stack. */
  exists(): Promise<boolean>;
  credentials(): Promise<Credentials>;
}

/**
 * @param env the environment that finds Docker
 * @param loaded the program, for the first update; what later ones run is loaded when they begin
 */
export function pulumiEngine(binary: string, stack: Stack, env: NodeJS.ProcessEnv, loaded?: Program): PulumiEngine {
  const environment = pulumiEnvironment(stack.project, { ...env, PATH: `${join(binary, "..")}:${env.PATH ?? ""}` });
  const cwd = stack.project.root;
  const options = { env: environment.env, cwd };
  const quiet = (...args: string[]): Promise<Result> => capture(binary, [...args, "--non-interactive"], options);
  const target = ["--stack", stack.name];
  let waiting = loaded;

  async function run(args: readonly string[], variables: NodeJS.ProcessEnv = {}): Promise<void> {
    await releaseStaleLock();
    const code = await foreground(binary, args, { ...options, env: { ...options.env, ...variables } });
    if (code === INTERRUPTED) throw new ChildError("Interrupted. Run the command again to go on.", code);
    if (code !== 0) throw new ChildError(failureAdvice(stack), code);
  }

  /** A run that was killed leaves its lock behind. */
  async function releaseStaleLock(): Promise<void> {
    if (environment.backend === "project" && hasOnlyStaleLocks(environment.state, stack)) {
      await quiet("cancel", "--yes", ...target);
    }
  }

  return {
    async prepare(progress) {
      if (adoptStackFile(stack, environment)) {
        progress.note(`  took the encryptionsalt of another machine out of ${stack.file}: nothing in it is encrypted`);
      }
      prepareEnvironment(environment);
      progress.note(`  state: ${describeBackend(environment)}`);
      if (await exists()) {
        // A stack that was named only for this run does not become the selected one.
        if (!stack.explicit && !stack.selected) await quiet("stack", "select", stack.name);
        return;
      }
      const created = await quiet("stack", "init", stack.name, ...(stack.explicit ? ["--no-select"] : []));
      if (created.code !== 0) throw new UserError(`Pulumi cannot make the stack: ${created.stderr.trim()}`);
    },

    async up({ refresh, rebuild = [], recoverable = false, variables = {} }) {
      const program = waiting ?? loadProgram(stack.project);
      waiting = undefined;
      const all = { ...variables, ...(recoverable ? WRITTEN_ONCE : {}) };
      const args = [
        "up",
        ...UNATTENDED,
        ...target,
        ...refreshFlag({ refresh }),
        ...rebuild.flatMap((name) => ["--replace", `**::${name}`]),
      ];
      try {
        await run([...args, "--client", await program.serve({ ...environment.env, ...all })], all);
      } finally {
        program.stop();
      }
    },
    destroy: ({ again = false, ...flags }) =>
      run(
        ["destroy", ...UNATTENDED, ...target, ...refreshFlag(flags), ...(again ? DELETES_AT_ONCE : [])],
        again ? WRITTEN_ONCE : {},
      ),
    resourceCount,
    exists,

    async resourceIds() {
      const { code, stdout, stderr } = await quiet("stack", "export", ...target);
      if (code !== 0) throw new UserError(`Pulumi cannot read its state: ${stderr.trim()}`);
      return idsInState(stdout);
    },

    async credentials() {
      const { code, stdout, stderr } = await quiet(
        "stack",
        "output",
        "credentials",
        "--json",
        "--show-secrets",
        ...target,
      );
      if (code !== 0) throw new UserError(`Pulumi cannot read the passwords: ${stderr.trim()}`);
      return JSON.parse(stdout) as Credentials;
    },
  };

  async function resourceCount(): Promise<number> {
    const { stdout } = await quiet("stack", "ls", "--json");
    return stackSizes(stdout).get(stack.shortName) ?? 0;
  }

  async function exists(): Promise<boolean> {
    if (environment.backend === "project") return existsSync(stateFile(environment.state, stack));
    const { stdout } = await quiet("stack", "ls", "--json");
    return stackSizes(stdout).has(stack.shortName);
  }
}

const UNATTENDED = ["--yes", "--skip-preview", "--suppress-outputs", "--suppress-permalink=true"];

/** A file backend writes the whole state at every step otherwise. */
const WRITTEN_ONCE = { PULUMI_SKIP_CHECKPOINTS: "true" };

/** Docker's provider sleeps two seconds at each network that it deletes, and the containers are ended by then. */
const DELETES_AT_ONCE = ["--parallel", "32"];

const refreshFlag = ({ refresh }: { refresh: boolean }): string[] => (refresh ? ["--refresh"] : []);

/** Number of resources by short name, in the answer of `pulumi stack ls --json`. */
export function stackSizes(json: string): Map<string, number> {
  try {
    const stacks = JSON.parse(json) as { name: string; resourceCount?: number }[];
    return new Map(stacks.map(({ name, resourceCount }) => [name.split("/").at(-1) as string, resourceCount ?? 0]));
  } catch {
    return new Map();
  }
}

/** Ids in the answer of `pulumi stack export`. */
export function idsInState(json: string): Set<string> {
  const { deployment } = JSON.parse(json) as { deployment?: { resources?: { id?: string }[] } };
  return new Set((deployment?.resources ?? []).flatMap(({ id }) => (id ? [id] : [])));
}

function describeBackend({ backend, state, env }: PulumiEnvironment): string {
  switch (backend) {
    case "project":
      return state;
    case "PULUMI_BACKEND_URL":
      return `${env.PULUMI_BACKEND_URL} (PULUMI_BACKEND_URL)`;
    case "Pulumi.yaml":
      return "the backend in Pulumi.yaml";
    case "login":
      return "the backend that you are logged in to (pulumi login)";
    default: {
      const exhaustive: never = backend;
      return exhaustive;
    }
  }
}

/** Whether every lock on the stack was left by a process of this machine that is gone. */
export function hasOnlyStaleLocks(state: string, stack: Stack): boolean {
  const folder = join(state, ".pulumi", "locks", "organization", stack.project.name, stack.shortName);
  if (!existsSync(folder)) return false;
  // Beside each lock lies a file with its attributes.
  const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
  return files.length > 0 && files.every((file) => isStale(readText(join(folder, file))));
}

/** One that is no JSON was being written when its run was killed, or when the disk was full. */
function isStale(text: string): boolean {
  let lock: Lock;
  try {
    lock = JSON.parse(text);
  } catch {
    return true;
  }
  return lock.hostname === hostname() && !isAlive(lock.pid);
}

interface Lock {
  readonly pid: number;
  readonly hostname: string;
}

const failureAdvice = ({ shortName, explicit }: Stack): string => {
  const options = explicit ? ` -- --stack ${shortName}` : "";
  return (
    "Pulumi stopped; its message is above. What it finished is kept, so run the command again once that is put right.\n" +
    `If it says that a name is in use, a run was interrupted: npm run down${options}, then npm run up${options} (data stays).`
  );
};
