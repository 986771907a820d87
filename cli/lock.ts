import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { readText } from "../config/files";
import { UserError } from "./errors";
import type { Stack } from "./project";
import { isAlive } from "./tools/process";

/**
 * Runs `work` as the only command that changes the stack's environment from this folder.
 *
 * @throws UserError while another one is at work
 */
export async function alone<T>(stack: Pick<Stack, "folder" | "shortName">, work: () => Promise<T>): Promise<T> {
  const file = join(stack.folder, "busy");
  mkdirSync(stack.folder, { recursive: true, mode: 0o700 });
  take(file, stack.shortName);
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file: string, stack: string): void {
  const own = `${process.pid} ${hostname()}\n`;
  for (;;) {
    try {
      writeFileSync(file, own, { flag: "wx", mode: 0o600 });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const [pid = "", host = ""] = holder(file);
    if (host !== "" && (host !== hostname() || isAlive(Number(pid)))) {
      throw new UserError(
        `Another npm run up or down of stack ${stack} is at work (process ${pid} on ${host}): run this again once that ` +
          `has ended.\nIf there is no such process, remove ${file}.`,
      );
    }
    // Of a run that was killed.
    rmSync(file, { force: true });
  }
}

function holder(file: string): string[] {
  try {
    return readText(file).trim().split(" ");
  } catch (error) {
    // It has just been given up.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
