import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { nameIfFree, readText } from "../config/files";
import { UserError } from "./errors";
import type { Stack } from "./project";
import { birth, isAlive } from "./tools/process";

/** How often a file that says nothing is looked at, and how many milliseconds lie between two looks. */
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
  const own = `${process.pid} ${hostname()} ${birth(process.pid) ?? ""}\n`;
  await take(file, own, stack.shortName);
  try {
    return await work();
  } finally {
    if (contentOf(file) === own) rmSync(file, { force: true });
  }
}

async function take(file: string, own: string, stack: string): Promise<void> {
  for (let looks = 0; ; ) {
    try {
      writeFileSync(file, own, { flag: "wx", mode: 0o600 });
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // It was made, and had no room for its text.
      if (code === "ENOSPC" || code === "EDQUOT") rmSync(file, { force: true });
      if (code !== "EEXIST") throw Object.assign(error as Error, { path: file });
    }
    const held = contentOf(file);
    const [pid = "", host = "", born] = (held ?? "").trim().split(" ");
    // It is made first, and filled then. What cannot be read has just been given up, or is a link to nothing.
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
function removeStale(file: string, content: string | undefined): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  if (contentOf(aside) !== content) nameIfFree(aside, file);
  rmSync(aside, { force: true });
}

/** Undefined where there is none. */
function contentOf(file: string): string | undefined {
  try {
    return readText(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
