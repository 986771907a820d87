import { describe, expect, test } from "@jest/globals";
import { checkFirst } from "../../../cli/commands/first-repository";
import type { Target } from "../../../cli/targets/target";

/** @param former the repository whose site the live server shows; undefined where it does not run */
function sessionWith(former: string | undefined) {
  const deployer = { name: "demo-live-deployer", member: "live", component: "deployer", status: "Up" };
  const target = {
    instances: async () => [{ ...deployer, running: former !== undefined }],
    exec: async () => ({ code: 0, stdout: former, stderr: "" }),
  } as unknown as Target;
  return { target, options: " -- --stack test" };
}

describe("the roster's first repository", () => {
  test.each([
    ["is still the one whose site is live", "app", ["app", "blog"]],
    ["may be another one when nothing is live", "", ["blog"]],
    ["is not asked for where nothing runs", undefined, ["blog"]],
  ])("%s", async (_, former, repositories) => {
    await expect(checkFirst(sessionWith(former), { repositories })).resolves.toBeUndefined();
  });

  test("may not become another one, which would have its data", async () => {
    await expect(checkFirst(sessionWith("app"), { repositories: ["blog", "app"] })).rejects.toThrow(
      "muster:repositories begins with blog, but the live server holds the site of app, with its database and files: " +
        "begin with app again, and name blog after it. To start without any data: npm run down -- --stack test --volumes",
    );
  });
});
