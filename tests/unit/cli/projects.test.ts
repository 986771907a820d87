import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { buildOf, outcomeTable, projectSources } from "../../../cli/commands/projects";

const root = mkdtempSync(join(tmpdir(), "projects-"));
afterAll(() => rmSync(root, { recursive: true }));
const folder = (name: string) => {
  mkdirSync(join(root, name), { recursive: true });
  return join(root, name);
};

describe("projects", () => {
  test("are named after their folders", () => {
    const shop = folder("My_Shop 2.0");
    expect([...projectSources([shop])]).toEqual([["my-shop-2-0", shop]]);
  });

  test("that cannot be used are refused together", () => {
    const [first, second] = [folder("blog"), folder("Blog")];
    const file = join(root, "file");
    writeFileSync(file, "");
    expect(() => projectSources([first, second, file])).toThrow(
      `${second} and ${first} would both be blog: rename one\n${file} is not a folder`,
    );
  });
});

test.each<[string, string[], { build: string; found: string }]>([
  [
    "passed",
    ["remote: CI:   survey: passed (0 s)", "remote: CI: passed after 2 s (build successful)"],
    { build: "passed after 2 s (build successful)", found: "" },
  ],
  [
    "failed, by the step that failed",
    [
      "remote: CI: PHP site, document root web/ (found) · composer · phpunit",
      "remote: CI:   php lint: passed (0 s)",
      "remote: CI:   phpunit: FAILED (1 s)",
      "remote: CI: FAILED after 2 s (failed phpunit)",
    ],
    { build: "phpunit: FAILED (1 s)", found: "PHP site, document root web/ (found) · composer · phpunit" },
  ],
  ["not begun", ["remote: CI: the CI does not know of it yet"], { build: "no build", found: "" }],
])("a build that has %s", (_, said, expected) => {
  expect(buildOf(said)).toEqual(expected);
});

test("the table ends with how many work", () => {
  const works = { repository: "blog", own: "works", build: "passed", live: "works", seconds: 2.34, found: "PHP site" };
  const fails = { ...works, repository: "shop", live: "404" };
  expect(
    outcomeTable([
      { ...works, works: true },
      { ...fails, works: false },
    ]),
  ).toBe(
    "PROJECT  OWN SITE  BUILD   LIVE   SECONDS  FOUND\n" +
      "blog     works     passed  works  2.3      PHP site\n" +
      "shop     works     passed  404    2.3      PHP site\n\n" +
      "1 of 2 work on their own site and live.",
  );
});
