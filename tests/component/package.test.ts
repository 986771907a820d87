import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";

jest.setTimeout(5 * 60_000);

const ROOT = resolve(__dirname, "../..");

/** A program of somebody else's, in a folder where this package is installed. */
const PROGRAM = `
import * as pulumi from "@pulumi/pulumi";
import { ApmStack, type ApmStackArgs, createDockerPlatform } from "muster";

export async function main(): Promise<string[]> {
  const registered: string[] = [];
  await pulumi.runtime.setMocks({
    call: () => Promise.reject(new Error("no such image")),
    newResource: ({ type, name, inputs }) => {
      if (type === "docker:index/remoteImage:RemoteImage") registered.push(inputs.build.context);
      return { id: name, state: inputs };
    },
  });
  const platform = createDockerPlatform({ team: "shop" });
  const scope = platform.scope("alice", {});
  const files: ApmStackArgs["files"] = { volume: platform.volume(scope, "files", {}), path: "/workspace" };
  new ApmStack("alice", { platform, scope, files });
  await pulumi.runtime.disconnect();
  return registered.sort();
}

// @ts-expect-error: without types of the package, this would be no fault.
export const wrong = () => createDockerPlatform({ team: 1 });
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "muster-package-"));
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, "muster"), { recursive: true });
  for (const name of readdirSync(join(ROOT, "node_modules"))) {
    symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
  }
  const [packed = ""] = run("npm", ["pack", "--silent", "--pack-destination", folder], ROOT).trim().split("\n");
  run("tar", ["--extract", "--strip-components=1", "--file", join(folder, packed)], join(modules, "muster"));
  writeFileSync(join(folder, "program.ts"), PROGRAM);
});
afterAll(() => rmSync(folder, { recursive: true }));

const run = (command: string, args: readonly string[], cwd = folder) =>
  execFileSync(command, args, { cwd, encoding: "utf8" });

test("an installed package runs from its sources, and finds its images", () => {
  const start = "require('./program.ts').main().then((contexts) => console.log(JSON.stringify(contexts)))";
  const output = run(process.execPath, ["--require", "sucrase/register/ts", "--eval", start]);
  const contexts = ["apache-php", "base", "mariadb", "php"].map((image) => `node_modules/muster/images/${image}`);
  expect(JSON.parse(output)).toEqual(contexts);
});

test.each(["NodeNext", "Preserve"])("an installed package has types (module %s)", (module) => {
  const options = { module, target: "ES2023", strict: true, skipLibCheck: true, noEmit: true, types: ["node"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: ["program.ts"] }));
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  expect(run(process.execPath, [tsc, "--project", "."])).toBe("");
});
