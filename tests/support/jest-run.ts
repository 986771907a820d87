import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";

const ROOT = resolve(__dirname, "../..");
const JEST = require.resolve("jest/bin/jest");

/** What became of the tests of a tier, or of one of its files. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  /** Full names of the failed tests, each with what went wrong. */
  readonly failures: readonly string[];
  /** What failed when a file ran for the first time, if all of it passed at its second run. */
  readonly flaky: readonly string[];
  /** Full names of the skipped tests; they tell the reason. */
  readonly skipped: readonly string[];
}

/** Lines of a failure's cause that are told. */
const MOST_LINES = 15;

/** The parts of jest's report that are used. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** Paths of the files of a tier, relative to the root. */
export async function testFiles(tier: string): Promise<string[]> {
  const { output } = await jest(["--selectProjects", tier, "--listTests", "--json"], process.env, "stdout");
  return (JSON.parse(output) as string[]).map((path) => relative(ROOT, path)).sort();
}

/**
 * Runs a tier.
 *
 * @param file the only one that is run, if it is given; its output is then printed in one piece, at its end
 */
export async function runTests(tier: string, env: NodeJS.ProcessEnv, file?: string): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "muster-jest-"));
  const report = join(folder, "report.json");
  const args = ["--selectProjects", tier, "--verbose", "--json", "--outputFile", report];
  args.push(...(file === undefined ? ["--maxWorkers=100%"] : ["--runInBand", "--runTestsByPath", file]));
  const { code, output } = await jest(args, env, file === undefined ? undefined : "stderr");
  process.stderr.write(output);
  const result: Report | undefined = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")) : undefined;
  rmSync(folder, { recursive: true });
  const tests = result?.testResults.flatMap(({ assertionResults }) => assertionResults) ?? [];
  return {
    passed: result?.numPassedTests ?? 0,
    // A file that does not even load has no test that could fail.
    failed: (result?.numFailedTests ?? 0) + (result?.numRuntimeErrorTestSuites ?? 0) || Number(code !== 0),
    failures: tests
      .filter(({ status }) => status === "failed")
      .map(({ fullName, failureMessages: [message = ""] }) => `${fullName}: ${cause(message)}`),
    flaky: [],
    skipped: tests.filter(({ status }) => status === "pending").map(({ fullName }) => fullName),
  };
}

/** What a file's two runs come to: the second counts where all of it passed, and what failed before is told. */
export const onceMore = (first: Outcome, second: Outcome): Outcome =>
  second.failed > 0 ? first : { ...second, flaky: first.failures.length > 0 ? first.failures : ["the whole file"] };

/** The lines before the stack, without blank ones, below the test's name. */
export function cause(message: string): string {
  const lines = stripVTControlCharacters(message)
    .split("\n")
    .filter((line) => line.trim() !== "");
  const stack = lines.findIndex((line) => /^\s+at /.test(line));
  return lines.slice(0, stack < 0 ? MOST_LINES : Math.min(stack, MOST_LINES)).join("\n    ");
}

/** @param kept the stream whose text is returned; what jest reports on standard output is in the report, too */
function jest(args: readonly string[], env: NodeJS.ProcessEnv, kept: "stdout" | "stderr" | undefined) {
  return new Promise<{ code: number; output: string }>((done, reject) => {
    const child = spawn(process.execPath, [JEST, ...args], {
      cwd: ROOT,
      env,
      // Which projects are listed is no news.
      stdio:
        kept === "stdout" ? ["ignore", "pipe", "ignore"] : ["ignore", "ignore", kept === "stderr" ? "pipe" : "inherit"],
    });
    let output = "";
    (child.stdout ?? child.stderr)?.setEncoding("utf8").on("data", (text) => (output += text));
    child.on("error", reject);
    child.on("close", (code) => done({ code: code ?? 1, output }));
  });
}
