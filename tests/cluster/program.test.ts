import { spawnSync } from "node:child_process";
import { describe, expect, jest, test } from "@jest/globals";
import { GO_ENVIRONMENT, SOURCES } from "../support/cluster-own";

jest.setTimeout(15 * 60_000);

const go = (...args: string[]) =>
  spawnSync("go", args, { cwd: SOURCES, encoding: "utf8", env: { ...process.env, ...GO_ENVIRONMENT } });

describe("the program of the tests' cluster", () => {
  if (go("version").status !== 0) {
    test.skip("skipped: Go, as the program's go.mod asks for it, is not in PATH", () => {});
    return;
  }

  test("its own tests pass", () => {
    const { status, stdout, stderr } = go("test", "-trimpath", "./netpol", "./supervisor");
    expect({ status, output: status === 0 ? "" : stdout + stderr }).toEqual({ status: 0, output: "" });
  });

  test("its sources are formatted", () => {
    expect(spawnSync("gofmt", ["-l", "."], { cwd: SOURCES, encoding: "utf8" }).stdout).toBe("");
  });
});
