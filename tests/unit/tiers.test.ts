import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { expect, test } from "@jest/globals";
import config from "../../jest.config.js";
import { SOURCES, testedPackages } from "../support/cluster-own";

const TIERS = (config.projects as { displayName: string }[]).map(({ displayName }) => displayName);

const ROOT = resolve(__dirname, "../..");

const run = (...args: string[]) => spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" });

/** Paths of the repository's files, without packages and hidden folders. */
function files(folder = ROOT): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith(".") && name !== "node_modules")
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? files(path) : [relative(ROOT, path)];
    })
    .sort();
}

test("every file that looks like a test is run by a tier", () => {
  const byJest = run(require.resolve("jest/bin/jest"), "--listTests").stdout.trim().split("\n");
  const onJest = byJest.map((path) => relative(ROOT, path));
  const goFolders = testedPackages().map((name) => relative(ROOT, join(SOURCES, name)));
  const pythonFolders = onJest
    .filter((path) => readFileSync(join(ROOT, path), "utf8").includes(`pythonTests("${basename(dirname(path))}")`))
    .map(dirname);

  const isRun = (path: string): boolean => {
    if (path.endsWith(".test.ts")) return onJest.includes(path);
    return (path.endsWith(".go") ? goFolders : pythonFolders).includes(dirname(path));
  };
  const tests = files().filter((path) => /(?:\.test\.ts|_test\.go|(?:^|\/)test_[^/]*\.py)$/.test(path));
  for (const ending of [".ts", ".go", ".py"]) expect(tests.some((path) => path.endsWith(ending))).toBe(true);
  expect(tests.filter((path) => !isRun(path))).toEqual([]);
});

test("npm test -- --help lists every tier; any other name is an error", () => {
  const { status, stdout, stderr } = run("scripts/run.mjs", "tests/run", "--help");
  expect([status, stderr]).toEqual([0, ""]);
  for (const tier of TIERS) expect(stdout).toMatch(new RegExp(`^  ${tier} `, "m"));

  const unknown = run("scripts/run.mjs", "tests/run", "unit", "units");
  expect([unknown.status, unknown.stdout]).toEqual([2, ""]);
  expect(unknown.stderr).toMatch(/^There is no tier "units": use .*\.\nUsage: npm run test -- /);
});
