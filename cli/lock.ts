import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { readText } from "../config/files";
import { UserError } from "./errors";
import type { Stack } from "./project";
import { birth, isAlive } from "./tools/process";

/** Times and milliseconds that an empty file is waited for. */
const LOOKS = 10;
const PAUSE = 100;

/**
 * Runs `work` as the only command that changes the stack's environment from this folder.
 *
 * @throws UserError while another one is at work
 */
export async function alone<T>(stack: Pick<Stack, "folder" | "shortName">, work: () => Promise<T>): Promise<T> {
  const file = join(stack.folder, "busy");
  mkdirSync(stack.folder, { recursive: true, mode: 0o700 });
  await take(file, stack.shortName);
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

async function take(file: string, stack: string): Promise<void> {
  const own = `${process.pid} ${hostname()} ${birth(process.pid) ?? ""}\n`;
  for (let looks = 0; ; ) {
    try {
      writeFileSync(file, own, { flag: "wx", mode: 0o600 });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const held = contentOf(file);
    if (held === undefined) continue;
    const [pid = "", host = "", born] = held.trim().split(" ");
    // It is made first, and filled then.
    if (host === "" && looks++ < LOOKS) {
      await setTimeout(PAUSE);
      continue;
    }
    if (host !== "" && (host !== hostname() || isAlive(Number(pid), born))) {
      throw new UserError(
        `Another npm run up or down of stack ${stack} is at work (process ${pid} on ${host}): run this again once that ` +
          `has ended.\nIf there is no such process, remove ${file}.`,
      );
    }
    removeStale(file, held);
  }
}

/** Removes what a killed run has left, and not what another one, which saw that too, has put in its place since. */
function removeStale(file: string, content: string): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  if (contentOf(aside) === content) rmSync(aside, { force: true });
  else renameSync(aside, file);
}

/** Undefined where it has just been given up. */
function contentOf(file: string): string | undefined {
  try {
    return readText(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
