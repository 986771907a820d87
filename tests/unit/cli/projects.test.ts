import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { errorIn, partsOf } from "../../../cli/commands/project-pages";
import { buildOf, refusalOf } from "../../../cli/commands/project-push";
import { outcomeTable, projectSources } from "../../../cli/commands/projects";

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
      "remote: CI:   | There was 1 failure:",
      "remote: CI:   | shop is closed",
      "remote: CI: FAILED after 2 s (failed phpunit)",
    ],
    {
      build: "phpunit: FAILED (1 s): shop is closed",
      found: "PHP site, document root web/ (found) · composer · phpunit",
    },
  ],
  [
    "of what is not served",
    [
      "remote: CI: not served here: Hugo (hugo.toml)",
      "remote: CI: passed with warnings after 4 s (not deployed: Hugo is not served here: hugo.toml is there)",
    ],
    {
      build: "passed with warnings after 4 s (not deployed: Hugo is not served here: hugo.toml is there)",
      found: "not served here: Hugo (hugo.toml)",
    },
  ],
  [
    "failed for want of a host",
    [
      "remote: CI:   composer install: FAILED (1 s)",
      "remote: CI:   | install [--prefer-source]",
      "remote: CI:   repo.packagist.org is out of the CI's reach: name a mirror",
      "remote: CI: FAILED after 2 s",
    ],
    { build: "composer install: FAILED (1 s): repo.packagist.org is out of the CI's reach: name a mirror", found: "" },
  ],
  [
    "failed in a build that it began",
    [
      "remote: CI:   deploy: FAILED (2 s)",
      "remote: CI:   release: FAILED (1 s)",
      "remote: CI:   | muster: not deployed: / answers 500",
      "remote: CI: FAILED after 3 s",
    ],
    { build: "deploy: FAILED (2 s): muster: not deployed: / answers 500", found: "" },
  ],
  [
    "failed without a word",
    ["remote: CI:   build: FAILED (1 s)", "remote: CI: FAILED after 2 s (failed build)"],
    { build: "build: FAILED (1 s)", found: "" },
  ],
  ["been made before", ["Everything up-to-date"], { build: "not built: it had been pushed", found: "" }],
  ["not begun", ["remote: CI: the CI does not know of it yet"], { build: "no build", found: "" }],
])("a build that has %s", (_, said, expected) => {
  expect(buildOf(said)).toEqual(expected);
});

test.each([
  [
    " ! [rejected]        HEAD -> main (fetch first)",
    "the repository blog has another history: rename the folder, or remove what is there",
  ],
  [
    " ! [remote rejected] HEAD -> main (pre-receive hook declined)",
    "! [remote rejected] HEAD -> main (pre-receive hook declined)",
  ],
  ["fatal: unable to access", "fatal: unable to access"],
])("a push that git refuses with %j", (line, why) => {
  expect(refusalOf(["To http://x", line, "error: failed to push some refs"], "blog")).toBe(`push refused: ${why}`);
});

test("a page's scripts and styles are those of its own host", () => {
  const html = `<!doctype html><base href="/"><link rel="icon" href="/favicon.svg">
    <link rel=stylesheet href=/a.css><LINK href='b.css' rel='preload stylesheet'>
    <script type="module" crossorigin src="/assets/index-1.js"></script><script>"</b>"</script>
    <link rel="modulepreload" href="assets/vendor.js"><script src="https://cdn.example/x.js"></script>
    <!-- <script src="/gone.js"></script> --><script src="/assets/index-1.js"></script>`;
  expect(partsOf(html, "http://blog--alice.localhost:8080/")).toEqual(
    ["a.css", "b.css", "assets/index-1.js", "assets/vendor.js"].map(
      (path) => `http://blog--alice.localhost:8080/${path}`,
    ),
  );
});

test.each([
  [
    "<br />\n<b>Fatal error</b>:  Uncaught Exception: Unknown database in /workspace/shop/db.php:2\nStack trace:\n" +
      "#0 {main}\n  thrown in <b>/workspace/shop/db.php</b> on line <b>2</b><br />",
    "Fatal error: Uncaught Exception: Unknown database in /workspace/shop/db.php:2 Stack trace: #0 {main} thrown in " +
      "/workspace/shop/db.php on line 2",
  ],
  ["<p>How to read a Fatal error: in general</p>", undefined],
])("a page that shows an error of PHP does not work", (html, error) => {
  expect(errorIn(html)).toBe(error);
});

test("the table ends with how many work", () => {
  const works = {
    repository: "blog",
    own: "works",
    build: "passed",
    live: "works",
    seconds: 2.34,
    found: "PHP site",
    isSite: true,
  };
  const fails = { ...works, repository: "shop", live: "404" };
  expect(
    outcomeTable([
      { ...works, works: true },
      { ...fails, works: false },
      { ...works, repository: "hugo", own: "none", live: "none", works: true, isSite: false },
    ]),
  ).toBe(
    "PROJECT  OWN SITE  BUILD   LIVE   SECONDS  FOUND\n" +
      "blog     works     passed  works  2.3      PHP site\n" +
      "shop     works     passed  404    2.3      PHP site\n" +
      "hugo     none      passed  none   2.3      PHP site\n\n" +
      "1 of 2 work on their own site and live. 1 without a site here, as the push says.",
  );
});
