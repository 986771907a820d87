import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, jest, test } from "@jest/globals";
import { GO_PLACES } from "../support/cluster-go";
import { GO_ENVIRONMENT, SOURCES, testedPackages } from "../support/cluster-own";

jest.setTimeout(15 * 60_000);

const run = (file: string, ...args: string[]) =>
  spawnSync(file, args, { cwd: SOURCES, encoding: "utf8", env: { ...process.env, ...GO_ENVIRONMENT } });

describe("the program of the tests' cluster", () => {
  const go = GO_PLACES.find((place) => run(place, "version").status === 0);
  if (go === undefined) {
    test.skip(`skipped: no Go as go.mod asks for it is found (${GO_PLACES.join(", ")})`, () => {});
    return;
  }

  test("its own tests pass", () => {
    const { status, stdout, stderr } = run(go, "test", "-trimpath", ...testedPackages());
    expect({ status, output: status === 0 ? "" : stdout + stderr }).toEqual({ status: 0, output: "" });
  });

  test("its sources are formatted", () => {
    const gofmt = join(run(go, "env", "GOROOT").stdout.trim(), "bin/gofmt");
    const { status, stdout, stderr } = run(gofmt, "-l", ".");
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
  });
});
