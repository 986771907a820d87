import { isDeepStrictEqual } from "node:util";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { Terminal } from "../support/delivery";
import type { TestEnvironment } from "../support/environment";
import { request } from "../support/http";
import { eventually } from "../support/poll";

const AGREES = `<?php echo $_SERVER["DOCUMENT_ROOT"] === __DIR__ ? "agrees" : "differs", " ", $_SERVER["SCRIPT_NAME"];`;
const BUILD = `{"scripts": {"build": "mkdir -p dist/assets && cp page.html dist/index.html && \
echo 1 >dist/assets/app-$(cksum page.html | cut -c1-8)a.js"}}`;

interface Shape {
  readonly repository: string;
  /** The repository's part of host names, where that is another. */
  readonly label?: string;
  readonly files: Readonly<Record<string, string>>;
  /** Paths and what they must answer: a status, or a part of the page. */
  readonly answers: Readonly<Record<string, number | string>>;
}

const SHAPES: Shape[] = [
  { repository: "page", files: { "index.html": "a page" }, answers: { "/": "a page", "/other": 404 } },
  {
    repository: "my_shop.kr",
    label: "my-shop-kr",
    files: { "public/index.php": AGREES, "public/sub/index.php": AGREES.replace("__DIR__", "dirname(__DIR__)") },
    answers: { "/": "agrees /index.php", "/sub/": "agrees /sub/index.php" },
  },
  {
    repository: "board",
    files: {
      "index.php": AGREES,
      "composer.json": "{}",
      "dump.sql": "",
      "README.md": "",
      "vendor/secret.txt": "",
      "lib/vendor/lib.js": "a library",
    },
    answers: {
      "/": "agrees /index.php",
      "/composer.json": 403,
      "/COMPOSER.JSON": 403,
      "/%64ump.sql": 403,
      "/README.md": 403,
      "//vendor//secret.txt": 403,
      "/.git/config": 403,
      "/%2egit/config": 403,
      "/lib/vendor/lib.js": "a library",
    },
  },
  {
    repository: "front",
    files: { "public/favicon.svg": "<svg/>", "package.json": BUILD, "page.html": "the app", ".gitignore": "dist" },
    answers: { "/": "the app", "/about/us": "the app", "/gone.js": 404 },
  },
  {
    repository: "both",
    files: {
      "frontend/package.json": BUILD,
      "frontend/page.html": "the front",
      "api/index.php": `<?php echo $_SERVER["SCRIPT_NAME"], " ", $_SERVER["REQUEST_URI"];`,
      ".gitignore": "dist",
    },
    answers: { "/": "the front", "/deep": "the front", "/api/users/1": "/api/index.php /api/users/1" },
  },
];

/**
 * Each repository's site, the member's own and live, as visitors see them through the gateway.
 *
 * @param environment with alice on the roster
 */
export function sitesSuite(environment: () => TestEnvironment): void {
  let muster: TestEnvironment;
  beforeAll(() => {
    muster = environment();
  });

  const alice = (repository: string) => new Terminal(muster, "alice", `/workspace/${repository}`);

  /** A repository as a member makes it by hand, with the team's git server as its origin. */
  async function make(repository: string, files: Readonly<Record<string, string>>) {
    const write = Object.entries(files).map(
      ([path, text]) => `mkdir -p "$(dirname '${path}')" && printf '%s' '${text.replaceAll("'", "'\\''")}' >'${path}'`,
    );
    const origin = `http://${muster.host(undefined, "git")}:8080/${repository}.git`;
    await new Terminal(muster, "alice", "/workspace").succeed(
      [`git init --quiet --initial-branch=main ${repository} && cd ${repository}`, ...write].join("\n"),
    );
    await alice(repository).commit("Begin", `git remote add origin ${origin}`);
  }

  async function expectAnswers(host: string, answers: Shape["answers"]) {
    const ask = async () =>
      Object.fromEntries(
        await Promise.all(
          Object.entries(answers).map(async ([path, answer]) => {
            const { status, body } = await request(muster.url(host, path));
            return [path, typeof answer === "number" ? status : body.trim()];
          }),
        ),
      );
    // What is there otherwise is worth more than that it took too long.
    await eventually(`${host}'s answers`, async () => isDeepStrictEqual(await ask(), answers)).catch(() => undefined);
    expect(await ask()).toEqual(answers);
  }

  describe.each(SHAPES)("a repository like $repository", ({ repository, label = repository, files, answers }) => {
    test("has a site of the member's own", async () => {
      await make(repository, files);
      await expectAnswers(`${label}--alice`, answers);
    });

    test("is live as it is", async () => {
      const { code, output } = await alice(repository).push("--set-upstream origin main");
      expect([code, output]).toEqual([0, expect.stringContaining("live")]);
      await expectAnswers(`${label}--live`, answers);
    });
  });

  test("assets named by their content are kept for long, also after the next release, and pages are not", async () => {
    const asset = async () =>
      `/assets/${(await alice("front").succeed("npm run build >/dev/null 2>&1; ls dist/assets")).trim()}`;
    const former = await asset();
    const caching = async (path: string) => {
      const { status, headers } = await request(muster.url("front--live", path));
      return [status, headers["cache-control"]];
    };
    expect(await caching("/")).toEqual([200, "no-cache"]);
    expect(await caching(former)).toEqual([200, "public, max-age=31536000, immutable"]);
    await alice("front").commit("Change", "rm -r dist; printf 'a new app' >page.html");
    expect((await alice("front").push()).code).toBe(0);
    await expectAnswers("front--live", { "/": "a new app" });
    expect(await caching(await asset())).toEqual([200, "public, max-age=31536000, immutable"]);
    expect((await caching(former))[0]).toBe(200);
  });

  test("a member's own site follows a commit, and says why it cannot be built", async () => {
    const page = async () => (await request(muster.url("front--alice"))).body;
    await alice("front").commit("Renew", "printf 'renewed' >page.html");
    await eventually("the site of the new commit", async () => (await page()) === "renewed");
    const broken = `rm -r dist; printf '{"scripts": {"build": "echo no such module >&2; exit 3"}, "devDependencies": {}}' >package.json`;
    await alice("front").commit("Break", `${broken}; printf 'dist: dist' >muster.yaml`);
    await eventually("the failure", async () => /failed with status 3.*no such module/s.test(await page()));
  });

  test("links that lead out of the repository are not followed", async () => {
    const links = "ln -s /etc/passwd pw.txt; ln -s ../app other; ln -s index.html in.html";
    await alice("page").commit("Link", `${links}; echo '<!-- -->' >more.html`);
    const answers = { "/": "a page", "/in.html": "a page", "/pw.txt": 403, "/other/README.md": 403 };
    await expectAnswers("page--alice", answers);
    await alice("page").push();
    for (const path of ["/pw.txt", "/other/README.md"]) {
      expect([403, 404]).toContain((await request(muster.url("page--live", path))).status);
    }
  });

  test("no request fails while releases are switched", async () => {
    const failed: string[] = [];
    let asked = 0;
    let done = false;
    const visitor = async () => {
      while (!done) {
        const { status, body } = await request(muster.url("board--live"));
        asked++;
        if (status !== 200 || !body.startsWith("agrees")) failed.push(`${status}: ${body}`);
      }
    };
    const visitors = [visitor(), visitor()];
    const folder = "/srv/live/board";
    const line = `cd ${folder}/releases && first=$(ls | grep -v ^2099 | tail -1) && second=20990101T000000Z-000000000000 &&
       { [ -e $second ] || { rm -rf $second.new && cp -r $first $second.new && mv $second.new $second; }; } &&
       for n in $(seq 10); do for release in $second $first; do
         ln -sfn releases/$release ../current.new && mv -T ../current.new ../current && sleep 0.2
       done; done; echo switched`;
    // What runs beside a release is ended with it: the push before may still be on its way.
    await eventually("the switches", async () =>
      (await muster.shell("live-deployer", line)).output.includes("switched"),
    ).finally(() => {
      done = true;
    });
    await Promise.all(visitors);
    expect(failed).toEqual([]);
    expect(asked).toBeGreaterThan(20);
  });

  test("an unknown name gets the list of sites, and no other address leads there", async () => {
    for (const [host, title] of [
      ["nowhere--alice", "page--alice"],
      ["nowhere--live", "page--live"],
    ] as const) {
      const { status, body } = await request(muster.url(host));
      expect([status, body]).toEqual([404, expect.stringContaining(`data-host="${title}"`)]);
    }
    expect((await request(muster.url("page.live"))).body).not.toContain("a page");
    expect((await request(muster.url("page--bob"))).body).not.toContain("a page");
  });

  test("a new repository's name has an address that no other has", async () => {
    await make("my-shop.kr", { "index.html": "" });
    const { code, output } = await alice("my-shop.kr").push("--set-upstream origin main");
    expect(code).not.toBe(0);
    expect(output).toContain('its address is that of "my_shop.kr"');
  });
}
