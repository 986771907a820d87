import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { expect, test } from "@jest/globals";

const ROOT = resolve(__dirname, "../../..");

test("no command loads Pulumi's SDK before it needs it", () => {
  const script = `for (const name of require("node:fs").readdirSync("cli/commands")) require("./cli/commands/" + name);
console.log(Object.keys(require.cache).filter((path) => path.includes("/node_modules/@pulumi/")).length);`;
  const node = ["--require", "sucrase/register/ts", "--eval", script];
  const { stdout, stderr } = spawnSync(process.execPath, node, { cwd: ROOT, encoding: "utf8" });
  expect({ stdout, stderr }).toEqual({ stdout: "0\n", stderr: "" });
});
