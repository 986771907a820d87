import { beforeAll, expect, test } from "@jest/globals";
import type { TestEnvironment } from "../support/environment";
import { handshake, request } from "../support/http";
import { eventually } from "../support/poll";
import { MIRRORED } from "./composer-mirror";

/**
 * What members find in their containers, whichever engine has started them.
 *
 * @param environment with alice, who has a cache, and bob on the roster
 */
export function workspaceTests(environment: () => TestEnvironment): void {
  let muster: TestEnvironment;
  beforeAll(() => {
    muster = environment();
  });

  test("the starter site's own unit test passes in the terminal", async () => {
    const { code, output } = await muster.shell("alice-code", "cd /workspace/app && phpunit");
    expect(output).toContain("OK (");
    expect(code).toBe(0);
  });

  test("a member owns their database server, and code that says localhost and root finds it", async () => {
    const dump = [
      "CREATE DATABASE shop; USE shop; CREATE TABLE t (i INT) COLLATE utf8mb4_0900_ai_ci;",
      "CREATE DEFINER=root@localhost VIEW v AS SELECT CONVERT_TZ('2026-01-01', 'UTC', 'Asia/Kolkata') AS zone;",
    ].join(" ");
    const imported = await muster.shell("alice-web", `mysql -e "${dump}"`);
    expect(imported).toMatchObject({ code: 0 });
    for (const host of ["localhost", "127.0.0.1"]) {
      const connection = `mysqli_connect('${host}', 'root', \\$password, 'shop')`;
      const query = `foreach (['', 'root'] as \\$password) echo ${connection}->query('SELECT zone FROM v')->fetch_row()[0];`;
      for (const container of ["alice-web", "alice-code"]) {
        const { output } = await muster.shell(container, `php -r "${query}"`);
        expect(output.trim()).toBe("2026-01-01 05:30:00".repeat(2));
      }
    }
    await muster.shell("alice-web", "mysql -e 'DROP DATABASE shop'");
  });

  test("PHP has the promised extensions, and .htaccess rewrites", async () => {
    const { output } = await muster.shell("alice-web", "php -m");
    const modules = output.split("\n");
    const usual = ["mysqli", "pdo_mysql", "mbstring", "intl", "gd", "curl", "zip", "xml", "redis"];
    const others = ["bcmath", "sqlite3", "soap", "gmp", "apcu", "imagick", "pgsql", "ldap"];
    for (const name of [...usual, ...others]) expect(modules).toContain(name);
    await muster.shell(
      "alice-code",
      "cd /workspace/app/public && printf 'RewriteEngine On\\nRewriteRule ^nice$ probe.php [L]\\n' > .htaccess && echo '<?php echo \"rewritten\";' > probe.php",
    );
    expect((await request(muster.url("alice", "/nice"))).body).toBe("rewritten");
    // As on Windows, where the case of a name does not matter.
    const elsewhere = await request(muster.url("alice", "/Probe.PHP"));
    expect([elsewhere.status, elsewhere.headers.location]).toEqual([301, muster.url("alice", "/probe.php")]);
    // Nothing else is offered: a list of names alike would tell what there is.
    expect((await request(muster.url("alice", "/probe"))).status).toBe(404);
    await muster.shell("alice-code", "rm /workspace/app/public/.htaccess /workspace/app/public/probe.php");
  });

  test("what applications from elsewhere take for granted: long headers, redirects, locales, Apache's usual modules", async () => {
    const { code } = await muster.shell(
      "alice-code",
      `cd /workspace/app/public && mkdir sub && echo foo > sub/index.html
printf 'LanguagePriority ko en\nAddOutputFilterByType SUBSTITUTE text/html\nSubstitute "s/foo/bar/"\n' > .htaccess
cat > probe.php <<'END'
<?php header("X-Long: " . str_repeat("a", 60000)); echo strlen($_SERVER["HTTP_COOKIE"]), setlocale(LC_ALL, "ko_KR.UTF-8");
END`,
    );
    expect(code).toBe(0);
    const ask = `curl --silent --write-out ' %{size_header}' --header "Cookie: a=$(printf %030000d)" ${muster.url("alice", "/probe.php")}`;
    expect((await muster.shell("alice-code", ask)).output).toMatch(/^30002ko_KR\.UTF-8 6\d{4}$/);
    expect((await request(muster.url("alice", "/sub/"))).body.trim()).toBe("bar");
    const { hostname } = new URL(muster.url("alice", "/"));
    for (const host of [hostname, `${hostname}:1234`]) {
      const { status, headers } = await request(muster.url("alice", "/sub"), { headers: { host } });
      expect([status, headers.location]).toEqual([301, `http://${host}/sub/`]);
    }
    await muster.shell("alice-code", "cd /workspace/app/public && rm -r sub .htaccess probe.php");
  });

  test("PHP sessions live in the member's Redis", async () => {
    await muster.shell(
      "alice-code",
      'echo \'<?php session_start(); echo $_SESSION["n"] = ($_SESSION["n"] ?? 0) + 1;\' > /workspace/app/public/count.php',
    );
    const first = await request(muster.url("alice", "/count.php"));
    const cookie = first.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
    expect((await request(muster.url("alice", "/count.php"), { headers: { cookie } })).body).toBe("2");
    expect((await muster.shell("alice-cache", "redis-cli --scan --pattern 'PHPREDIS_SESSION*'")).output).toContain(
      "PHPREDIS_SESSION",
    );
    await muster.shell("alice-code", "rm /workspace/app/public/count.php");
  });

  test("what PHP mails is in the team's inbox, with HTML, attachment and source, and other sites cannot read it", async () => {
    await muster.shell(
      "alice-code",
      `cat > /workspace/app/public/mail.php <<'END'
<?php
$text = "--part\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Grüße<script>alert(1)</script></p>\r\n";
$file = "--part\r\nContent-Type: text/csv; name=orders.csv\r\n"
    . "Content-Disposition: attachment; filename=orders.csv\r\n\r\nid;total\r\n--part--\r\n";
$headers = ["From" => "shop@example.org", "Content-Type" => "multipart/mixed; boundary=part"];
echo json_encode(mail("bob@example.org", "Your order", $text . $file, $headers));
END`,
    );
    expect((await request(muster.url("alice", "/mail.php"))).body).toBe("true");
    await muster.shell("alice-code", "rm /workspace/app/public/mail.php");

    const inbox = async (path: string, headers = {}) => await request(muster.url("mail", path), { headers });
    const [mail] = JSON.parse((await inbox("/api/email")).body);
    expect(mail).toMatchObject({
      subject: "Your order",
      from: [{ address: "shop@example.org" }],
      headers: { "x-mailed-by": "alice@localhost" },
      envelope: { from: { address: "alice@localhost" }, to: [{ address: "bob@example.org" }] },
      attachments: [{ filename: "orders.csv" }],
    });
    const email = `/api/email/${mail.id}`;
    expect((await inbox(`${email}/html`)).body).toMatch(/<p>Grüße<\/p>/);
    const attachment = await inbox(`${email}/attachment/${mail.attachments[0].generatedFileName}`);
    expect(attachment.body.trim()).toBe("id;total");
    // The gateway adds who may frame it.
    expect(attachment.headers["content-security-policy"]).toMatch(/^sandbox, /);
    expect((await inbox(`${email}/source`)).body).toContain("--part\r\nContent-Type: text/csv");
    expect((await inbox("/", { accept: "text/html" })).body).toContain("<title>MailDev</title>");

    const origin = muster.url("alice").slice(0, -1);
    for (const path of ["/api/email", "/socket.io/?EIO=4&transport=polling"]) {
      expect([path, (await inbox(path)).status, (await inbox(path, { origin })).status]).toEqual([path, 200, 403]);
    }
  });

  test.each([
    ["git --version", /git version 2/],
    ["php -v", /PHP 8\.4/],
    ["composer --version", /Composer version 2/],
    ["node --version", /^v\d+/],
    ["npm --version", /^\d+\./],
    ["mariadb -e 'select database()'", /app/],
    ["mariadb --skip-column-names --execute='SELECT @@event_scheduler'", /^ON$/m],
    ["command -v python3 make g++ jq wget git-lfs rg vim rsync zip | wc -l", /^10$/m],
    ["git init --quiet /tmp/names && cd /tmp/names && touch 한글.txt && git status --short", /\?\? 한글\.txt/],
    ["git config user.name; git config user.email", /Alice <b>Kim<\/b>\nalice@example\.org/],
  ])("the terminal runs %s", async (line, expected) => {
    const { code, output } = await muster.shell("alice-code", line);
    expect(output).toMatch(expected);
    expect(code).toBe(0);
  });

  test("a lock that was made elsewhere installs from the mirror", async () => {
    const { code, output } = await muster.shell("alice-code", MIRRORED);
    expect(output).toContain("from the mirror; while downloading https://packages.invalid/lib.zip");
    expect(code).toBe(0);
  });

  test("an upload of 60 MiB reaches PHP", async () => {
    await muster.shell("bob-code", 'echo \'<?php echo $_FILES["f"]["size"];\' > /workspace/app/public/upload.php');
    const boundary = "----muster";
    const body = Buffer.concat([
      Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="f"; filename="f"\r\n\r\n`),
      Buffer.alloc(60 * 2 ** 20, "x"),
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]);
    const headers = { "content-type": `multipart/form-data; boundary=${boundary}` };
    expect((await request(muster.url("bob", "/upload.php"), { method: "POST", headers, body })).body).toBe(
      String(60 * 2 ** 20),
    );
    await muster.shell("bob-code", "rm /workspace/app/public/upload.php");
  });

  test("files that PHP writes can be edited in the editor, and the other way round", async () => {
    await muster.shell(
      "alice-code",
      'mkdir -p /workspace/app/public/data && echo \'<?php file_put_contents("data/by-php", "php", FILE_APPEND); file_put_contents("data/by-editor", "php", FILE_APPEND); echo "written";\' > /workspace/app/public/write.php && echo -n editor > /workspace/app/public/data/by-editor',
    );
    expect((await request(muster.url("alice", "/write.php"))).body).toBe("written");
    const { code, output } = await muster.shell(
      "alice-code",
      "cd /workspace/app/public/data && echo -n editor >> by-php && cat by-php by-editor && stat -c %U:%a by-php",
    );
    expect(code).toBe(0);
    expect(output).toBe("phpeditoreditorphpmuster:664\n");
    await muster.shell("alice-code", "rm -r /workspace/app/public/data /workspace/app/public/write.php");
  });

  test("an edit shows at the next request", async () => {
    for (const text of ["first", "second", "third"]) {
      await muster.shell("bob-code", `echo '<?php echo "${text}";' > /workspace/app/public/edit.php`);
      expect((await request(muster.url("bob", "/edit.php"))).body).toBe(text);
    }
  });

  const CLIENTS = {
    php: (url: string) => `php -r 'echo file_get_contents("${url}");'`,
    curl: (url: string) => `php -r '$c = curl_init("${url}"); echo curl_exec($c) && 0, curl_error($c);'`,
    python: (url: string) => `python3 -c 'import urllib.request as u; print(u.urlopen("${url}").read().decode())'`,
    // A worker has it in its own PATH, which a login shell does not keep.
    node: (url: string) => `PATH=/opt/node/bin:$PATH node -e 'fetch("${url}").then((r) => r.text()).then(console.log)'`,
  };

  /** As the worker does before each command. */
  const LEAD = `cd /opt/muster && /opt/buildbot/bin/python -c 'import os
from muster_worker.names import Names
Names(os.environ).lead()' && `;

  test.each([
    ["alice-web", "", ["php", "curl", "python"]],
    ["alice-code", "", ["php", "curl", "python", "node"]],
    ["live-web", "", ["php", "curl"]],
    ["worker-1", LEAD, ["php", "curl", "python", "node"]],
    ["live-deployer", LEAD, ["php", "curl"]],
  ] as const)(
    "from %s, public addresses are what they are outside, for every client",
    async (container, lead, clients) => {
      for (const host of ["bob", "db-alice", "git", undefined]) {
        const url = muster.url(host, "/-/health");
        for (const client of clients) {
          await eventually(`${client} in ${container} reading ${url}`, async () =>
            (await muster.shell(container, `${lead}${CLIENTS[client](url)}`)).output.startsWith("ok"),
          );
        }
      }
      const others = await muster.shell(container, "getent hosts localhost && ! getent hosts no.such.name.invalid");
      expect(others.code).toBe(0);
    },
  );

  test("the clone line of the git page works in the terminal, without a password", async () => {
    const { code } = await muster.shell("alice-code", `git clone -q ${muster.url("git", "/app.git")} /tmp/clone`);
    expect(code).toBe(0);
  });

  test("the public port is a member's own as soon as her program wants it, and leads back afterwards", async () => {
    const read = `php -r 'echo file_get_contents("${muster.url("bob", "/-/health")}");'`;
    const program = `php -S 0.0.0.0:${muster.port} -t /usr/share/php`;
    await muster.shell("alice-code", `${program} >/tmp/own.log 2>&1 & echo $! > /tmp/own.pid`);
    await eventually("the program's start", async () => {
      const { output } = await muster.shell("alice-code", "cat /tmp/own.log");
      if (/Address already in use/.test(output)) throw new Error(output);
      return output.includes("started");
    });
    await muster.shell("alice-code", "kill $(cat /tmp/own.pid)");
    await eventually("the address leading to the gateway again", async () =>
      (await muster.shell("alice-code", read)).output.startsWith("ok"),
    );
  });

  test("a port of the editor has an address, WebSockets included, and one where nothing listens says so", async () => {
    const program = `require("http").createServer((q, r) => r.end(q.headers.host)).on("upgrade", (q, s) =>
      s.end("HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: x\\r\\nConnection: Upgrade\\r\\n\\r\\n")).listen(5999, "localhost")`;
    const address = muster.url("5999--alice");
    expect((await request(address)).status).toBe(503);
    await muster.shell("alice-code", `node -e '${program}' >/dev/null 2>&1 & echo $! > /tmp/server`);
    await eventually("the program answering", async () => (await request(address)).status === 200);
    expect((await request(address)).body).toBe(new URL(address).host);
    expect(await handshake(address, {})).toBe(101);
    const { output } = await muster.shell(
      "alice-code",
      "muster ports; muster share 5999; muster ports; muster unshare 5999",
    );
    expect(output).toMatch(/^5999 .*5999--alice\.[\s\S]*5999 .*shared$/m);
    await muster.shell("alice-code", "kill $(cat /tmp/server)");
    expect((await request(muster.url("5999--nobody"))).status).toBe(404);
  });
}
