import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { liveSite, releases, Terminal } from "../support/delivery";
import type { Engine, TestEnvironment } from "../support/environment";
import { request } from "../support/http";
import { eventually } from "../support/poll";

/** Not even quotes, `$` and blanks get lost on the way. */
const VALUE = `a "b" 'c' $HOME #d \\e`;

const UPLOADS = `<?php
@mkdir(__DIR__ . "/up");
if (isset($_GET["file"])) file_put_contents(__DIR__ . "/up/" . $_GET["file"], "kept");
echo "one ", implode(",", array_diff(scandir(__DIR__ . "/up"), [".", ".."]));`;

const INSTALLER = {
  "index.php": `<?php if (!is_file(__DIR__ . "/config.php")) { header("Location: /setup.php"); exit; }
require __DIR__ . "/config.php"; echo WORD, $_SERVER["DOCUMENT_ROOT"] === __DIR__ ? " agrees" : " differs";`,
  "setup.php": `<?php if (!is_writable(__DIR__)) { http_response_code(500); exit; }
if (isset($_GET["go"])) file_put_contents(__DIR__ . "/config.php", "<?php const WORD = 'installed';");`,
  "config.sample.php": "<?php const WORD = '';",
};

const DUMP = "CREATE DATABASE shop;\nUSE shop;\nCREATE TABLE goods (name TEXT);\nINSERT INTO goods VALUES ('꽃');\n";

/** What the suite needs of the roster. */
export const LIVE_SITES_ROSTER = {
  members: [{ id: "alice", environment: { OWN: "alice's" } }],
  repositories: ["app", "wiki"],
  environment: { WORD: VALUE },
  live: { environment: { OWN: "live's" } },
};

/**
 * What live sites write, keep, know and answer, and what becomes of one that does not answer.
 *
 * @param environment of `LIVE_SITES_ROSTER`
 */
export function liveSitesSuite(environment: () => TestEnvironment, engine: Engine): void {
  let muster: TestEnvironment;
  const folder = mkdtempSync(join(tmpdir(), "muster-dumps-"));

  beforeAll(() => {
    muster = environment();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const page = async (repository: string, path = "/") => {
    const { status, body } = await request(muster.url(`${repository}--live`, path));
    return { status, body: body.trim() };
  };

  /** Pushes files to the deploy branch of a repository, which the first push makes. */
  async function push(repository: string, files: Readonly<Record<string, string>>) {
    const alice = new Terminal(muster, "alice", `/workspace/${repository}`);
    const origin = `http://${muster.host(undefined, "git")}:8080/${repository}.git`;
    await new Terminal(muster, "alice", "/workspace").succeed(
      `[ -d ${repository} ] || { git init --quiet -b main ${repository}; git -C ${repository} remote add origin ${origin}; }`,
    );
    const write = Object.entries(files).map(
      ([path, text]) => `mkdir -p "$(dirname ${path})" && printf '%s' '${text.replaceAll("'", "'\\''")}' >${path}`,
    );
    await alice.commit("Change", write.join("\n"));
    return (await alice.push("-u origin main")).output;
  }

  test("what a site writes is kept over releases and rollbacks, and shown with its size", async () => {
    expect(await push("uploads", { "public/index.php": UPLOADS, "public/up/first.txt": "of the commit" })).toMatch(
      / passed after \d+ s \(live: /,
    );
    expect(await page("uploads", "/?file=own.txt")).toEqual({ status: 200, body: "one first.txt,own.txt" });
    await push("uploads", { "public/index.php": UPLOADS.replace("one", "two"), "public/up/second.txt": "" });
    expect((await page("uploads")).body).toBe("two first.txt,own.txt,second.txt");
    await muster.succeed("rollback", "uploads");
    expect((await page("uploads")).body).toBe("one first.txt,own.txt,second.txt");
    // Right after a release, the deployer may not tell yet.
    const kept = /^uploads +\S+ +yes +public\/up \d+\.\d MB$/m;
    await eventually("its size", async () => kept.test(await muster.succeed("status")));
  });

  test("variables of the roster are seen by sites, terminals and the live server, each their own", async () => {
    const show = `<?php echo getenv("WORD"), "|", $_SERVER["WORD"], "|", $_SERVER["OWN"], "|", getenv("DB_NAME");`;
    await push("words", { "index.php": show });
    expect((await page("words")).body).toBe(`${VALUE}|${VALUE}|live's|words`);
    // What the editor has, its terminals have; on Kubernetes the container itself is given files.
    const editor = "/proc/$(pgrep -of /opt/code-server/)/environ";
    const { output } = await muster.shell(
      "alice-code",
      `for name in WORD OWN; do tr '\\0' '\\n' < ${editor} | sed -n "s/^$name=//p"; done`,
    );
    expect(output).toBe(`${VALUE}\nalice's\n`);
  });

  test("a repository's account reaches its own database alone", async () => {
    const ask = `<?php mysqli_report(MYSQLI_REPORT_OFF);
$db = new mysqli(getenv("DB_HOST"), getenv("DB_USER"), getenv("DB_PASSWORD"), getenv("DB_NAME"));
$db->query("CREATE TABLE IF NOT EXISTS mine (a INT)"); echo $db->error;
foreach ($db->query("SHOW DATABASES") as $row) echo $row["Database"], " ";`;
    await push("one", { "index.php": ask });
    await push("two", { "index.php": ask });
    expect((await page("one")).body).toBe("information_schema one");
    expect((await page("two")).body).toBe("information_schema two");
  });

  describe("a repository of the roster has a live site of its own", () => {
    const LOOK = `<?php mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
$db = new mysqli("localhost", "root", "");
$db->query("CREATE DATABASE IF NOT EXISTS shop");
echo implode(" ", array_column($db->query("SHOW DATABASES")->fetch_all(MYSQLI_ASSOC), "Database")), "|";
foreach (["/srv/live", "/srv/shared"] as $folder) echo implode(" ", preg_grep("/^[^.]/", scandir($folder))), "|";
echo @fsockopen(getenv("OTHER"), 3306, $number, $message, 2) ? "reached" : "apart";`;

    test("which sees no other one's releases, files or database, and whose database is all its own", async () => {
      await new Terminal(muster, "alice", "/workspace/wiki").succeed("git rm -rq .");
      const other = muster.host("live", "db");
      const said = await push("wiki", {
        "public/index.php": LOOK.replaceAll('getenv("OTHER")', JSON.stringify(other)),
        "composer.json": `{"scripts": {"migrate": "ls /srv/live /srv/shared >public/seen.txt; (sleep 1000 &)"}}`,
      });
      expect(said).toMatch(/ passed after .*live: /);
      expect(await page("wiki")).toEqual({
        status: 200,
        body: "app information_schema mysql performance_schema shop sys|wiki||apart",
      });
      expect((await page("wiki", "/seen.txt")).body).toBe("/srv/live:\nwiki\n\n/srv/shared:");
      await eventually("the end of the migration's process", async () => {
        const { output } = await muster.shell("live--wiki-deployer", "ps -eo stat,args");
        return !/^[^Z].*sleep 1000/m.test(output);
      });
    });

    test("the history tells who put what live, and who rolled back", async () => {
      await muster.succeed("rollback", "wiki");
      const entries: { action: string; by: string; revision: string; problem: string }[] = JSON.parse(
        await muster.succeed("releases", "wiki", "--json"),
      );
      expect(entries.map(({ action, by }) => [action, by])).toEqual([
        ["deploy", "Muster"],
        ["deploy", "alice"],
        ["rollback", userInfo().username],
      ]);
      expect(entries[2]?.revision).toBe(entries[0]?.revision);
      expect(entries.map(({ problem }) => problem)).toEqual(["", "", ""]);
      expect(await muster.succeed("releases", "wiki")).toMatch(/^\S+ \S+ +wiki +rolled back /m);
      await eventually("the history on the portal", async () => {
        const { body } = await request(muster.url(undefined, "/api/journal"));
        return /wiki<\/th><td class="high">rolled back</.test(body);
      });
    });

    test("the portal tells what the workers' volumes hold", async () => {
      await eventually("their figures", async () => {
        const { body } = await request(muster.url(undefined, "/api/reports"));
        return ["worker-1", "release-worker"].every((worker) => body.includes(`<td>${worker}</td>`));
      });
    });

    test("the CI sends browsers nowhere else for faces", async () => {
      const { status, headers } = await request(muster.url("ci", "/avatar?email=alice@example.org"));
      expect([status, headers.location]).toEqual([302, "img/nobody.png"]);
    });
  });

  test("databases go between files, members and live, and replace nothing unasked", async () => {
    const [dump, packed] = [join(folder, "dump.sql"), join(folder, "out.sql")];
    writeFileSync(dump, DUMP);
    await muster.succeed("db", "import", dump, "alice");
    expect((await muster.muster("db", "import", dump, "alice")).output).toContain("has tables (goods)");
    const nowhere = await muster.muster("db", "export", packed, "alice", "--database", "nowhere");
    expect(nowhere.output).toContain("alice's database nowhere is not there: use one of ");
    await muster.succeed("db", "copy", "alice", "live", "--repository", "one", "--replace");
    await muster.succeed("db", "export", packed, "live", "--repository", "one");
    expect(readFileSync(packed, "utf8")).toContain("CREATE TABLE `goods`");
    expect(await muster.succeed("credentials", "live")).toMatch(/^live +\w{24}$/m);
  });

  // What images do is shown through the export alone.
  if (engine === "pulumi") return;

  test("an installer writes its configuration beside the code, and it stays", async () => {
    await push("shop", INSTALLER);
    await page("shop", "/setup.php?go");
    expect(await page("shop")).toEqual({ status: 200, body: "installed agrees" });
    await push("shop", { "other.php": "<?php" });
    expect(await page("shop")).toEqual({ status: 200, body: "installed agrees" });
  });

  describe("a page that does not answer", () => {
    test("is never called live, and its cause is told", async () => {
      const broken = `<?php ini_set("display_errors", "0"); nope();`;
      const said = await push("broken", { "public/index.php": broken });
      expect(said).toContain("passed with warnings");
      expect(said).toContain(
        "not working: / answers 500: Fatal error: Uncaught Error: Call to undefined function nope()",
      );
      expect(said).toContain("in public/index.php:1");
      expect(await page("broken")).toEqual({ status: 500, body: "" });
      expect(await muster.succeed("status")).toMatch(/^broken +\S+ +no: \/ answers 500: Fatal error/m);
    });

    test("takes the release back where the former one answered", async () => {
      await push("fragile", { "index.php": "<?php echo 'works';" });
      const before = await liveSite(muster, "fragile");
      const said = await push("fragile", { "index.php": "<?php throw new Exception('boom');" });
      expect(said).toMatch(/FAILED after .* Uncaught Exception: boom in index\.php:1; \S+ is live again/);
      expect(await liveSite(muster, "fragile")).toEqual(before);
      expect(await releases(muster, "fragile")).toHaveLength(1);
      expect(await muster.succeed("releases", "fragile")).toMatch(/fragile +no deploy .*boom in index\.php:1/);
      expect(await push("fragile", { "index.php": "<?php echo 'works again';" })).toMatch(/ passed after .*live: /);
    });

    test.each([
      ["nothing", { "notes.txt": "" }, "no index file (put one at the root, or set root in muster.yaml)"],
      ["snake", { "app.py": "", "requirements.txt": "flask" }, "Python is not served here"],
    ])("%s is tested, and not deployed", async (repository, files, why) => {
      expect(await push(repository, files as unknown as Record<string, string>)).toContain(`not deployed: ${why}`);
      expect((await page(repository)).status).toBe(404);
    });
  });

  test("packages without a lock are installed, with a warning", async () => {
    const said = await push("packages", {
      "public/index.php": `<?php require __DIR__ . "/../vendor/autoload.php"; echo Acme\\word();`,
      "lib/composer.json": `{"name": "acme/lib", "version": "1.0.0", "autoload": {"files": ["word.php"]}}`,
      "lib/word.php": `<?php namespace Acme; function word() { return "installed"; }`,
      "composer.json": `{"require": {"acme/lib": "*"}, "repositories": [{"packagist.org": false},
        {"type": "path", "url": "lib", "options": {"symlink": false}}]}`,
      ".gitignore": "vendor",
    });
    expect(said).toContain("composer install: passed");
    expect((await page("packages")).body).toBe("installed");
  });

  test("links of a migration that lead out of the release are left out, and told", async () => {
    const said = await push("links", {
      "public/index.php": "<?php echo is_link(__DIR__ . '/pw.txt') ? 'there' : 'gone';",
      "composer.json": `{"scripts": {"migrate": "ln -s /etc/passwd public/pw.txt"}}`,
    });
    expect(said).toContain("the link public/pw.txt was left out: it leads out of the release, to /etc/passwd");
    expect((await page("links")).body).toBe("gone");
  });
}
