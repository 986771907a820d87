import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { subset } from "semver";

const ROOT = resolve(__dirname, "../..");
const { engines } = JSON.parse(readFileSync(resolve(ROOT, "package.json"), "utf8"));

/** What `npm run no-such-command` answers on a Node that says that it is of `version`. */
function onNode(version: string) {
  const pretend = `Object.defineProperty(process, "version", { value: "v${version}" });
    Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } });`;
  const preload = `data:text/javascript,${encodeURIComponent(pretend)}`;
  const args = ["--import", preload, "scripts/run.mjs", "no-such-command"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" });
  return { status, stdout, stderr };
}

describe("scripts/run.mjs", () => {
  test.each(["18.20.8", "20.18.3", "21.7.3", "22.12.0", "23.11.1"])(
    "Node %s is told what to do, in one line",
    (version) => {
      expect(onNode(version)).toEqual({
        status: 1,
        stdout: "",
        stderr: `Muster needs Node.js ${engines.node}, and this is v${version}: install a newer one from https://nodejs.org\n`,
      });
    },
  );

  test.each(["20.19.0", "22.13.0", "24.0.0", "26.2.0"])("Node %s runs it", (version) => {
    expect(onNode(version)).toEqual({
      status: 1,
      stdout: "",
      stderr: 'There is no command "no-such-command". See README.md.\n',
    });
  });

  test("every package runs on each version of Node that is promised", () => {
    const { packages } = JSON.parse(readFileSync(resolve(ROOT, "package-lock.json"), "utf8"));
    const narrower = Object.entries<{ engines?: { node?: string } }>(packages)
      .filter(([, { engines: own }]) => own?.node !== undefined && !subset(engines.node, own.node))
      .map(([path, { engines: own }]) => [path, own?.node]);
    expect(narrower).toEqual([]);
  });
});
