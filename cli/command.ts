import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type ParseArgsConfig, parseArgs } from "node:util";
import { ConfigError } from "../config/problems";
import { ChildError, INTERRUPTED, UsageError, UserError } from "./errors";
import { findProject, type Project } from "./project";

type Options = NonNullable<ParseArgsConfig["options"]>;
type Parsed<T extends Options> = ReturnType<typeof parseArgs<{ options: T; allowPositionals: true }>>;

/** One command of `npm run`. */
export interface Command<T extends Options> {
  /** After `npm run`: `down -- [--volumes]`. */
  readonly usage: string;
  /** A sentence and, below it, a line for each option. */
  readonly help: string;
  readonly options: T;
  /** How many words besides options it takes. Default none. */
  readonly maxWords?: number;
  /** Resolves to the exit status where that is not 0. */
  run(values: Parsed<T>["values"], words: string[], project: Project): Promise<void> | Promise<number>;
}

/** A path of the command line: npm starts scripts in the project's root, and the user may be elsewhere. */
export const userPath = (path: string): string => resolve(process.env.INIT_CWD ?? ".", path);

/** Options that every command on an environment has. */
export const STACK_OPTION = { stack: { type: "string" } } as const satisfies Options;

export const STACK_HELP = "  --stack NAME   use Pulumi.NAME.yaml instead of the selected stack (dev in a fresh clone)";

/**
 * Reads the command line and runs the command. Exit status: 2 for a command line that cannot be understood, 1 for
 * every other failure. Runs in the project's root.
 */
export async function runCommand<T extends Options>(command: Command<T>): Promise<void> {
  await runMain(async () => {
    const parsed = parseCommandLine(command, process.argv.slice(2));
    if ((parsed.values as { help?: boolean }).help) {
      console.log(`npm run ${command.usage}\n\n${command.help}`);
      return 0;
    }
    const project = findProject();
    process.chdir(project.root);
    const status = await command.run(parsed.values, parsed.positionals, project);
    return typeof status === "number" ? status : 0;
  }, command.usage);
}

/**
 * Runs a program that resolves to its exit status. Whatever a user can put right ends in its message only.
 *
 * @param usage after `npm run`; shown with a UsageError
 */
export async function runMain(main: () => Promise<number>, usage = ""): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    process.exitCode = report(error, usage);
  }
}

/** @throws UsageError */
export function parseCommandLine<T extends Options>(
  { options, maxWords = 0 }: Pick<Command<T>, "options" | "maxWords">,
  args: readonly string[],
): Parsed<T> {
  const withHelp = { ...options, help: { type: "boolean", short: "h" } } as T;
  let parsed: Parsed<T>;
  try {
    parsed = parseArgs({ args: [...args], options: withHelp, allowPositionals: true });
  } catch (error) {
    // Node explains at length how to pass a word that begins with a dash; its first sentence is what counts.
    throw new UsageError((error as Error).message.split(/\.\s/)[0] as string);
  }
  const extra = parsed.positionals.slice(maxWords);
  if (extra.length > 0) throw new UsageError(`Unexpected argument '${extra[0]}'`);
  const empty = Object.entries(parsed.values).find(([, value]) => value === "");
  if (empty) throw new UsageError(`Option '--${empty[0]}' needs a value`);
  return parsed;
}

/** Prints what went wrong and returns the exit status. */
function report(error: unknown, usage: string): number {
  if (error instanceof UsageError) {
    console.error(`${error.message}.\nUsage: npm run ${usage}`);
    return 2;
  }
  if (error instanceof UserError || error instanceof ConfigError || error instanceof ChildError) {
    console.error(error.message);
    return error instanceof ChildError && error.exitCode === INTERRUPTED ? INTERRUPTED : 1;
  }
  const obstacle = fileObstacle(error);
  if (obstacle !== undefined) {
    console.error(obstacle);
    return 1;
  }
  console.error("This is a defect of Muster. Please report it with the following lines.");
  console.error(error);
  return 1;
}

/** What is wrong with a file or folder of the user's; undefined for every other error. */
export function fileObstacle(error: unknown): string | undefined {
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  // A write names no path.
  if (code === "ENOSPC" || code === "EDQUOT") {
    return `${path ?? "A file"} cannot be written, because the disk is full: make room there.`;
  }
  if (path === undefined) return undefined;
  switch (code) {
    case "EISDIR":
    // Of Node's own rmSync and cpSync.
    case "ERR_FS_EISDIR":
      return `${path} is a folder, and a file belongs there: move it away.`;
    case "ENOTDIR":
    case "EEXIST":
      return `${path} cannot be used: a file is where a folder belongs. Move it away.`;
    case "EACCES":
    case "EPERM":
      return `${path} may not be read or written: give yourself the right (chown, chmod; chattr -i if it is immutable).`;
    case "EROFS":
      return `${path} is on a file system that is read-only: set MUSTER_HOME to a folder elsewhere.`;
    case "ENOENT":
      // A folder is made with all that are above it: Node calls it missing where the file system is read-only.
      if (syscall === "mkdir") return `${path} cannot be made there: set MUSTER_HOME to a folder elsewhere.`;
      return existsSync(dirname(path))
        ? undefined
        : `${path} is out of reach: there is no folder ${dirname(path)}. Make it first.`;
    default:
      return undefined;
  }
}
