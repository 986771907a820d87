import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { withoutAccounts } from "../../config/problems";
import { INTERRUPTED, UserError } from "../errors";

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Milliseconds after which the program is killed; its status is then 124. */
  readonly timeout?: number;
}

export interface CaptureOptions extends RunOptions {
  /** What the program reads from standard input. Default nothing. */
  readonly input?: string;
}

export interface Result {
  /** Exit status; 127 when there is no such program, 124 after the time-out. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end and keeps what it writes. Never throws for a status other than 0. */
export function capture(file: string, args: readonly string[], options: CaptureOptions = {}): Promise<Result> {
  let stdout = "";
  let stderr = "";
  return start(file, args, options, [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"], (child) => {
    feed(child, options.input);
    child.stdout?.setEncoding("utf8").on("data", (text) => (stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text) => (stderr += text));
  }).then((code) => ({ code, stdout, stderr }));
}

/** Runs a program and hands on each line that it writes, to either stream, as it comes. */
export function lines(
  file: string,
  args: readonly string[],
  onLine: (line: string) => void,
  options: CaptureOptions & { readonly signal?: AbortSignal } = {},
): Promise<number> {
  return start(file, args, options, [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"], (child) => {
    feed(child, options.input);
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on("line", onLine);
    }
    const end = () => child.kill("SIGTERM");
    options.signal?.addEventListener("abort", end);
    child.once("close", () => options.signal?.removeEventListener("abort", end));
  });
}

/**
 * Runs a program with streams: nothing of what it reads or writes is kept.
 *
 * @returns its status and what it says on standard error; `stdout` is empty
 * @throws what `input` and `output` fail with
 */
export async function pipe(
  file: string,
  args: readonly string[],
  { input, output, ...options }: RunOptions & { readonly input?: Readable; readonly output?: Writable },
): Promise<Result> {
  let stderr = "";
  const streams: Promise<void>[] = [];
  const code = await start(file, args, options, [input ? "pipe" : "ignore", "pipe", "pipe"], (child) => {
    if (input && child.stdin) {
      streams.push(
        pipeline(input, child.stdin).catch((error) => (hasEnded(error) ? undefined : Promise.reject(error))),
      );
    }
    if (output && child.stdout) streams.push(pipeline(child.stdout, output));
    else child.stdout?.resume();
    // They may fail before the program has ended, which is when they are waited for.
    for (const stream of streams) stream.catch(() => undefined);
    child.stderr?.setEncoding("utf8").on("data", (text) => (stderr += text));
  });
  await Promise.all(streams);
  return { code, stdout: "", stderr };
}

/** Whether a program closed its standard input: one that ends before it has read everything says why itself. */
const hasEnded = ({ code = "" }: NodeJS.ErrnoException): boolean =>
  ["EPIPE", "ECONNRESET", "ERR_STREAM_PREMATURE_CLOSE", "ERR_STREAM_DESTROYED"].includes(code);

/**
 * Runs a program as `lines` does, and keeps its output, without the accounts of URLs.
 *
 * @param onLine shows progress
 */
export async function follow(...[file, args, onLine, options]: Parameters<typeof lines>): Promise<Followed> {
  const said: string[] = [];
  const keep = (line: string) => {
    const readable = withoutAccounts(line);
    said.push(readable);
    onLine(readable);
  };
  return { code: await lines(file, args, keep, options), said };
}

export interface Followed {
  /** Exit status, as in `Result`. */
  readonly code: number;
  readonly said: readonly string[];
}

/** @param count how many of its last lines the message repeats */
export const failure = (what: string, said: readonly string[], count: number): UserError =>
  new UserError([`${what} failed:`, ...said.slice(-count).map((line) => `  ${line}`)].join("\n"));

/**
 * Runs a program in the foreground, with the terminal as its own. Ctrl-C is left to it: it may want to end in order.
 *
 * @returns its status; `INTERRUPTED` for one that failed after a signal, whatever status it gives itself
 */
export async function foreground(file: string, args: readonly string[], options: RunOptions = {}): Promise<number> {
  const forward = new Map<NodeJS.Signals, () => void>();
  let interrupted = false;
  const code = await start(file, args, options, "inherit", (child) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      // A terminal sends Ctrl-C to every process of the foreground group already.
      const handler = () => {
        interrupted = true;
        if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
      };
      forward.set(signal, handler);
      process.on(signal, handler);
    }
  });
  for (const [signal, handler] of forward) process.off(signal, handler);
  return interrupted && code !== 0 ? INTERRUPTED : code;
}

/**
 * Whether a process of this machine still works: one that has ended, and that nobody has waited for yet, does not.
 *
 * @param born its `birth`: another process may have its number by now
 */
export function isAlive(pid: number, born?: string): boolean {
  let isAnothers = false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    isAnothers = (error as NodeJS.ErrnoException).code === "EPERM";
    if (!isAnothers) return false;
  }
  const fields = statOf(pid);
  // Only Linux has it, and may hide that of other users.
  if (fields === undefined) return isAnothers || process.platform !== "linux";
  return !["Z", "X"].includes(fields[0] ?? "") && (!born || fields[BIRTH] === born);
}

/** When a process began, in whatever its system counts; undefined where that does not say. */
export const birth = (pid: number): string | undefined => statOf(pid)?.[BIRTH];

/** Of the fields behind the name: the start, in ticks since the machine's. */
const BIRTH = 19;

/** What Linux says of a process. The name, which may hold any character, is left out with what stands before it. */
function statOf(pid: number): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
  } catch {
    return undefined;
  }
}

/** A program that ends before it has read all its input reports why itself. */
function feed(child: ReturnType<typeof spawn>, input: string | undefined): void {
  child.stdin?.on("error", () => undefined).end(input);
}

function start(
  file: string,
  args: readonly string[],
  { env, cwd, timeout }: RunOptions,
  stdio: Parameters<typeof spawn>[2]["stdio"],
  attach: (child: ReturnType<typeof spawn>) => void,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env: env ?? process.env, cwd, stdio });
    let timedOut = false;
    const timer =
      timeout === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            child.kill("SIGKILL");
          }, timeout);
    attach(child);
    child.on("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      if (error.code === "ENOENT" || error.code === "EACCES") resolve(127);
      else reject(error);
    });
    // "close" comes after the last output, "exit" may come before it.
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve(timedOut ? 124 : (code ?? (signal === "SIGINT" ? INTERRUPTED : 143)));
    });
  });
}
