import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "@jest/globals";

const ROOT = resolve(__dirname, "../../..");

/**
 * What a program in the foreground has for its caller, a process of its own.
 *
 * @param signal sent to the caller as soon as the program has made the file `$READY`
 */
function statusOf(script: string, signal?: NodeJS.Signals): string {
  const folder = mkdtempSync(join(tmpdir(), "muster-unit-"));
  const caller = `
    const { existsSync } = require("node:fs");
    const done = require("./cli/tools/process").foreground("sh", ["-c", ${JSON.stringify(script)}]);
    const timer = setInterval(() => {
      if (!existsSync(process.env.READY)) return;
      clearInterval(timer);
      process.kill(process.pid, process.env.SIGNAL);
    }, 20);
    done.then((code) => { clearInterval(timer); console.log("status", code); });`;
  const args = ["--require", "./node_modules/sucrase/register/ts.js", "--eval", caller];
  const env = { ...process.env, READY: join(folder, "ready"), SIGNAL: signal };
  const { stdout } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8", env, timeout: 20_000 });
  rmSync(folder, { recursive: true });
  return stdout;
}

const endsWith = (status: number) =>
  `trap 'exit ${status}' TERM; touch "$READY"; for i in $(seq 100); do sleep 0.1; done; exit 9`;

test("a program that fails after a signal was interrupted, whatever it ends with", () => {
  expect(statusOf(endsWith(7), "SIGTERM")).toBe("status 130\n");
});

test("one that succeeds in spite of a signal has succeeded, and without one a failure is its own", () => {
  expect(statusOf(endsWith(0), "SIGTERM")).toBe("status 0\n");
  expect(statusOf("exit 7")).toBe("status 7\n");
});
