import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parse } from "yaml";
import { resolveTeam, type Team } from "../config/members";
import { readTeamConfig } from "../config/schema/team";
import { configStrings, type Identity, identity, readStackFile, type StackFile } from "../config/stack-file";
import { UserError } from "./errors";

/** The stack of a fresh clone. */
export const DEFAULT_STACK = "dev";

/** Where the project and its local files are. */
export interface Project {
  /** The folder with Pulumi.yaml. */
  readonly root: string;
  /** Project name: the namespace of its config keys. */
  readonly name: string;
  /** Local, git-ignored files: state, passphrase, generated compose files. `MUSTER_HOME` overrides it. */
  readonly home: string;
  /** A backend that Pulumi.yaml itself names. */
  readonly backend: string | undefined;
  /** The program's file, from the root. */
  readonly main: string;
  /** Node's options for the program. */
  readonly nodeArgs: readonly string[];
}

/** One stack of the project. */
export interface Stack {
  readonly project: Project;
  /** As Pulumi takes it: `dev`, or `organization/project/dev` when such a one was selected. */
  readonly name: string;
  /** The last part of `name`. */
  readonly shortName: string;
  /** Whether `--stack` or `PULUMI_STACK` named it. The user's selection then stays what it is. */
  readonly explicit: boolean;
  /** Whether it is what `pulumi stack select` chose. */
  readonly selected: boolean;
  /** `Pulumi.<stack>.yaml` */
  readonly file: string;
  /** Generated files of this stack. */
  readonly folder: string;
  /** Its config, see `configStrings`. The file is read at the first call. */
  readonly config: (encrypted?: "allowed" | "refused") => Record<string, string>;
}

export function findProject(env: NodeJS.ProcessEnv = process.env): Project {
  const root = dirname(__dirname);
  const { name, backend, main, runtime } = parse(readFileSync(join(root, "Pulumi.yaml"), "utf8"));
  return {
    root,
    name,
    home: resolve(root, env.MUSTER_HOME || ".muster"),
    backend: backend?.url,
    main,
    nodeArgs: runtime.options.nodeargs.split(" "),
  };
}

/**
 * @param requested `--stack`; otherwise `PULUMI_STACK`, then the stack that `pulumi stack select` chose, then `dev`
 */
export function findStack(project: Project, requested: string | undefined, env = process.env): Stack {
  const named = requested ?? (env.PULUMI_STACK || undefined);
  const selection = selectedStack(project, env);
  const name = named ?? selection ?? DEFAULT_STACK;
  const shortName = name.split("/").at(-1) as string;
  // A stack's folder lies beside the project's state and passphrase.
  const parts = name.split("/");
  const wellFormed = parts.length <= 3 && parts.every((part) => /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/.test(part));
  if (!wellFormed || ["state", "passphrase"].includes(shortName)) {
    throw new UserError(`"${name}" cannot be a stack's name: use letters, digits, "-", "_" and ".", for example dev`);
  }
  const file = join(project.root, `Pulumi.${shortName}.yaml`);
  let content: StackFile | undefined;
  return {
    project,
    name,
    shortName,
    explicit: named !== undefined,
    selected: name === selection,
    file,
    folder: join(project.home, shortName),
    config(encrypted) {
      content ??= readStackFile(file);
      return configStrings(content, encrypted);
    },
  };
}

/** Pulumi keeps the selection in its home folder, in a file named after the project's path. */
function selectedStack(project: Project, env: NodeJS.ProcessEnv): string | undefined {
  const hash = createHash("sha1").update(join(project.root, "Pulumi.yaml")).digest("hex");
  const file = join(pulumiHome(env), "workspaces", `${project.name}-${hash}-workspace.json`);
  if (!existsSync(file)) return undefined;
  try {
    return selectionIn(readFileSync(file, "utf8"), env.PULUMI_BACKEND_URL || pathToFileURL(stateFolder(project)).href);
  } catch {
    return undefined;
  }
}

/**
 * The selected stack in a workspace file: newer versions of Pulumi keep one for each backend.
 *
 * @param backend URL of the one that is most likely in use
 */
export function selectionIn(workspace: string, backend: string): string | undefined {
  const { stack, stacks = {} } = JSON.parse(workspace) as { stack?: string; stacks?: Record<string, string> };
  const selections = Object.values(stacks);
  const selected = stacks[backend] || stack || (selections.length === 1 ? selections[0] : undefined);
  // A file backend knows no organizations, and writes a fixed word in their place.
  return selected?.replace(/^organization\/[^/]+\//, "");
}

/** Folder of the project's own backend. */
export const stateFolder = ({ home }: Pick<Project, "home">): string => join(home, "state");

/** The generated passphrase. */
export const passphraseFile = ({ home }: Pick<Project, "home">): string => join(home, "passphrase");

export const pulumiHome = (env: NodeJS.ProcessEnv = process.env): string =>
  env.PULUMI_HOME || join(homedir(), ".pulumi");

/**
 * The team as the program will see it, but for the values that Pulumi has encrypted.
 *
 * @throws ConfigError that lists every problem at once
 */
export const stackTeam = (stack: Stack): Team =>
  resolveTeam(readTeamConfig(stack.config("allowed"), stack.project.name));

/** What can be read from the stack file even if it has faults. */
export const stackIdentity = (stack: Stack): Identity => identity(stack.config("allowed"), stack.project.name);
