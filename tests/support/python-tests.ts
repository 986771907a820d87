import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { expect, test } from "@jest/globals";
import { findPython, PYTHON_ADVICE } from "./python";

interface Outcome {
  /** As `python3 -m unittest` takes it: module, class and method. */
  readonly id: string;
  /** A traceback for each failure; the subtests of one test may have several. */
  readonly problems: readonly string[];
  readonly skipped: boolean;
}

/**
 * Runs the Python tests in `tests/images/<image>` against the code in `images/<image>`, and reports each as a test of
 * Jest. They all run at once, in one process.
 *
 * @throws Error when no Python is found that can run them
 */
export function pythonTests(image: string): void {
  const python = findPython();
  if (python === undefined) throw new Error(PYTHON_ADVICE);
  const run = spawnSync(python, ["-B", resolve(__dirname, "unittest_outcomes.py")], {
    cwd: resolve(__dirname, "../images", image),
    env: { ...process.env, PYTHONPATH: resolve(__dirname, "../../images", image) },
    encoding: "utf8",
    // Reaching it would end the process.
    maxBuffer: Number.POSITIVE_INFINITY,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  if (run.status !== 0) {
    const end = run.error?.message ?? (run.signal ? `ended by ${run.signal}` : `ended with status ${run.status}`);
    throw new Error(`The tests of images/${image} did not run to their end: ${end}\n${run.stdout}${run.stderr}`);
  }
  for (const { id, problems, skipped } of JSON.parse(run.output[3] ?? "") as Outcome[]) {
    (skipped ? test.skip : test)(id, () => expect(problems.join("\n")).toBe(""));
  }
}
