import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { engines } from "../support/engines";
import { docker, TestEnvironment } from "../support/environment";
import { handshake, request } from "../support/http";
import { eventually } from "../support/poll";

jest.setTimeout(20 * 60_000);

const ALICE = { id: "alice", name: "Alice <b>Kim</b>", email: "alice@example.org", cache: "redis" };
const BOB = { id: "bob" };
const CAROL = { id: "carol", limits: { web: { memory: 256, cpus: 0.5 } } };

/** The tests of a block build on each other, as a team's days do. */
describe.each(engines())("an environment brought up by $engine", ({ engine, unavailable }) => {
  if (unavailable !== undefined) {
    test.skip(`skipped: ${unavailable}`, () => {});
    return;
  }

  let muster: TestEnvironment;
  let firstUp: string;
  const password: Record<string, { editor: string; database: string; git: string }> = {};

  beforeAll(async () => {
    muster = await TestEnvironment.create(`test${engine}`, engine);
    muster.configure({ members: [ALICE, BOB] });
    firstUp = await muster.succeed("up");
    await readPasswords("alice", "bob");
  });
  afterAll(() => muster?.dispose());

  /** Members' passwords as `npm run credentials` prints them. */
  async function readPasswords(...ids: string[]) {
    for (const id of ids) {
      const output = await muster.succeed("credentials", id, "--json");
      password[id] = JSON.parse(output.slice(output.indexOf("{")))[id];
    }
  }

  /** The cookie that the editor's login page hands out. */
  async function login(id: string): Promise<string> {
    const answer = await request(muster.url(`code-${id}`, "/login"), {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ password: password[id]?.editor ?? "" }).toString(),
    });
    expect(answer.status).toBe(302);
    return (answer.headers["set-cookie"] ?? [""])[0]?.split(";")[0] ?? "";
  }

  const site = async (id: string) => (await request(muster.url(id))).body;
  const sql = (id: string, statement: string) => muster.shell(`${id}-code`, `mariadb -N -e "${statement}"`);

  test("npm run up ends with a table of URLs, when everything answers", async () => {
    for (const host of [undefined, "git", "ci", "live", "alice", "code-alice", "bob", "code-bob"]) {
      expect(firstUp).toContain(muster.url(host, ""));
    }
    expect(Object.keys(await muster.containers())).toEqual([
      "alice-cache",
      "alice-code",
      "alice-db",
      "alice-web",
      "bob-code",
      "bob-db",
      "bob-web",
      "ci",
      "gateway",
      "git",
      "live-db",
      "live-deployer",
      "live-web",
      "portal",
      "worker-1",
    ]);
  });

  test("the portal lists every member with links and state, and no secret", async () => {
    const { status, body } = await request(muster.url(undefined));
    expect(status).toBe(200);
    for (const host of ["alice", "code-alice", "db-alice", "bob", "code-bob"])
      expect(body).toContain(muster.url(host, ""));
    expect(body).not.toContain("<b>Kim</b>");
    for (const secret of Object.values(password).flatMap((own) => Object.values(own)))
      expect(body).not.toContain(secret);
    await eventually("every service being up", async () => {
      const states = Object.values(JSON.parse((await request(muster.url(undefined, "/api/status"))).body).services);
      return states.length > 0 && states.every((state) => state === "up");
    });
  });

  test("a member's page shows the name, the PHP version and a live query on the member's own database", async () => {
    const page = await site("alice");
    expect(page).toContain("Alice &lt;b&gt;Kim&lt;/b&gt;");
    expect(page).toMatch(/8\.4\.\d+/);
    expect(JSON.parse((await request(muster.url("alice", "/-/status"))).body)).toEqual({ database: true, cache: true });
    expect(JSON.parse((await request(muster.url("bob", "/-/status"))).body)).toEqual({ database: true, cache: null });
  });

  test("the starter site's own unit test passes in the terminal", async () => {
    const { code, output } = await muster.shell("alice-code", "cd /workspace/app && phpunit");
    expect(output).toContain("OK (");
    expect(code).toBe(0);
  });

  test("PHP has the promised extensions, and .htaccess rewrites", async () => {
    const { output } = await muster.shell("alice-web", "php -m");
    const modules = output.split("\n");
    for (const name of ["mysqli", "pdo_mysql", "mbstring", "intl", "gd", "curl", "zip", "xml", "redis"]) {
      expect(modules).toContain(name);
    }
    await muster.shell(
      "alice-code",
      "cd /workspace/app/public && printf 'RewriteEngine On\\nRewriteRule ^nice$ probe.php [L]\\n' > .htaccess && echo '<?php echo \"rewritten\";' > probe.php",
    );
    expect((await request(muster.url("alice", "/nice"))).body).toBe("rewritten");
    await muster.shell("alice-code", "rm /workspace/app/public/.htaccess /workspace/app/public/probe.php");
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

  test("the editor asks for the member's own password and opens the workspace", async () => {
    expect((await request(muster.url("code-alice", "/"))).status).toBe(302);
    const wrong = await request(muster.url("code-alice", "/login"), {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ password: password.bob?.editor ?? "" }).toString(),
    });
    expect(wrong.body).toContain("Incorrect password");
    const cookie = await login("alice");
    const folder = await request(muster.url("code-alice", "/"), { headers: { cookie } });
    expect(folder.status === 302 ? folder.headers.location : folder.body).toContain("/workspace/app");
  });

  test("WebSockets pass the gateway, for the editor's own origin alone", async () => {
    const cookie = await login("alice");
    const url = muster.url("code-alice", "/stable-0?reconnectionToken=x&reconnection=false&skipWebSocketFrames=false");
    expect(await handshake(url, { cookie, origin: muster.url("code-alice", "") })).toBe(101);
    expect(await handshake(url, { cookie, origin: "http://evil.example" })).toBe(403);
    expect(await handshake(url, { origin: muster.url("code-alice", "") })).toBe(401);
  });

  test.each([
    ["git --version", /git version 2/],
    ["php -v", /PHP 8\.4/],
    ["composer --version", /Composer version 2/],
    ["node --version", /^v\d+/],
    ["npm --version", /^\d+\./],
    ["mariadb -e 'select database()'", /app/],
    ["git config user.name; git config user.email", /Alice <b>Kim<\/b>\nalice@example\.org/],
  ])("the terminal runs %s", async (line, expected) => {
    const { code, output } = await muster.shell("alice-code", line);
    expect(output).toMatch(expected);
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

  test("a member's containers cannot reach another member's database or cache", async () => {
    const connect = (from: string, host: string, port: number) =>
      muster.shell(from, `timeout 3 bash -c '</dev/tcp/${host}/${port}' && echo open || echo closed`);
    const address = async (container: string) =>
      Object.values((await muster.inspect(container)).NetworkSettings.Networks)[0]?.IPAddress ?? "";
    const [database, cache] = await Promise.all([address("alice-db"), address("alice-cache")]);
    const own = ["alice-web", "alice-code"].flatMap((from) => [
      connect(from, database, 3306),
      connect(from, cache, 6379),
      connect(from, `${muster.team}-alice-db`, 3306),
    ]);
    const foreign = ["bob-web", "bob-code", "bob-db", "gateway", "portal"].flatMap((from) => [
      connect(from, database, 3306),
      connect(from, cache, 6379),
      connect(from, `${muster.team}-alice-db`, 3306),
    ]);
    expect((await Promise.all(own)).map(({ output }) => output.includes("open"))).toEqual(own.map(() => true));
    expect((await Promise.all(foreign)).map(({ output }) => output.includes("closed"))).toEqual(
      foreign.map(() => true),
    );
  });

  test("Adminer logs in to the member's own database and to no other", async () => {
    const page = await request(muster.url("db-alice"));
    expect(page.status).toBe(200);
    expect(page.body).toContain("Adminer");
    expect((await request(muster.url("alice", "/adminer"))).status).toBe(404);
  });

  test("every container is confined, limited and labelled; nothing but the gateway is published", async () => {
    for (const name of Object.keys(await muster.containers())) {
      const { Config, HostConfig } = await muster.inspect(name);
      expect(HostConfig.CapDrop).toEqual(["ALL"]);
      expect(HostConfig.SecurityOpt).toEqual(["no-new-privileges:true"]);
      expect(HostConfig.Memory).toBeGreaterThan(0);
      expect(HostConfig.MemorySwap).toBe(HostConfig.Memory);
      expect(HostConfig.NanoCpus).toBeGreaterThan(0);
      const [member, component] = name.includes("-") && name !== "worker-1" ? name.split("-") : [undefined, name];
      expect(Config.Labels).toMatchObject({ "muster.team": muster.team, "muster.component": component });
      expect(Config.Labels["muster.member"]).toBe(member);
      expect(Object.values(HostConfig.PortBindings ?? {}).flat()).toEqual(
        name === "gateway" ? [{ HostIp: "127.0.0.1", HostPort: String(muster.port) }] : [],
      );
      const status = await muster.shell(name, "id -u; grep CapEff /proc/1/status");
      expect(status.output).toMatch(/^1000\nCapEff:\s+0{16}\n$/);
    }
  });

  test("a second up changes nothing", async () => {
    const before = await muster.containers();
    await muster.succeed("up");
    expect(await muster.containers()).toEqual(before);
  });

  test("a faulty roster is refused with every problem, and nothing is touched", async () => {
    const before = await muster.containers();
    muster.configure({ members: [ALICE, BOB, { id: "Bob!" }, { id: "alice" }, { id: "live", colour: "red" }] });
    const { code, output } = await muster.muster("up");
    expect(code).toBe(1);
    expect(output).toContain('config/members/2/id: "Bob!" is not a valid id');
    expect(output).toContain('config/members/3/id: "alice" is already the id of members/0');
    expect(output).toContain('config/members/4/id: "live" is reserved');
    expect(output).toContain('config/members/4/colour: "colour" is not a known key');
    expect(await muster.containers()).toEqual(before);
  });

  test("adding a member creates that member's containers, and replaces the portal and the git server alone", async () => {
    const before = await muster.containers();
    const started = async (name: string) => (await muster.inspect(name)).State.StartedAt;
    const gatewayStart = await started("gateway");
    muster.configure({ members: [ALICE, BOB, CAROL] });
    await muster.succeed("up");
    const after = await muster.containers();
    const added = Object.keys(after).filter((name) => !(name in before));
    expect(added).toEqual(["carol-code", "carol-db", "carol-web"]);
    expect(Object.keys(before).filter((name) => after[name] !== before[name])).toEqual(["git", "portal"]);
    expect(await started("gateway")).toBe(gatewayStart);
    expect(await site("carol")).toContain("carol");
    expect((await muster.inspect("carol-web")).HostConfig.Memory).toBe(256 * 2 ** 20);
  });

  test("removing a member removes containers and network, and keeps the data for their return", async () => {
    expect((await sql("bob", "create table kept (word text); insert into kept values ('treasure')")).code).toBe(0);
    await muster.shell("bob-code", "echo kept > /workspace/app/kept.txt");
    const before = await muster.containers();

    muster.configure({ members: [ALICE, CAROL] });
    await muster.succeed("up");
    const without = await muster.containers();
    expect(Object.keys(without).filter((name) => name.startsWith("bob"))).toEqual([]);
    expect(await muster.networks()).not.toContain(`${muster.team}-bob`);
    expect(await muster.volumes()).toEqual(
      expect.arrayContaining(["database", "home", "workspace"].map((v) => `${muster.team}-bob-${v}`)),
    );
    for (const name of ["alice-web", "alice-code", "alice-db", "carol-web", "gateway"])
      expect(without[name]).toBe(before[name]);

    const gone = await eventually("the gateway saying so", async () => {
      const answer = await request(muster.url("bob"), { headers: { accept: "text/html" } });
      return answer.status === 404 && answer;
    });
    expect(gone.body).toContain("bob is not on the roster");

    muster.configure({ members: [ALICE, CAROL, BOB] });
    await muster.succeed("up");
    await readPasswords("bob");
    expect((await sql("bob", "select word from kept")).output.trim()).toBe("treasure");
    expect((await muster.shell("bob-code", "cat /workspace/app/kept.txt")).output.trim()).toBe("kept");
    await login("bob");
  });

  test("a killed database container comes back with its data", async () => {
    await sql("alice", "create table kept (word text); insert into kept values ('treasure')");
    const { StartedAt } = (await muster.inspect("alice-db")).State;
    // From inside, as the kernel would: a kill by Docker's API counts as a wish to stop, and nothing restarts it.
    await muster.shell("alice-db", "kill -9 -1");
    await eventually("the restart", async () => (await muster.inspect("alice-db")).State.StartedAt !== StartedAt);
    await eventually("alice's database answering", async () => {
      const { code, output } = await sql("alice", "select word from kept");
      return code === 0 && output.trim() === "treasure";
    });
  });

  test("an editor that is away gets a page that says so, and is back when it answers", async () => {
    const editor = docker.getContainer(`${muster.team}-carol-code`);
    await editor.stop();
    const answer = await request(muster.url("code-carol"), { headers: { accept: "text/html" } });
    expect(answer.status).toBe(503);
    expect(answer.body).toContain("carol");
    expect(answer.body).toMatch(/editor is starting/);
    await editor.start();
    await eventually(
      "carol's editor answering",
      async () => (await request(muster.url("code-carol", "/healthz"))).status === 200,
    );
  });

  test("no password is in plain text in what is kept on disk but the owner-only secrets file", async () => {
    const secrets = Object.values(password).flatMap((own) => Object.values(own));
    expect(secrets).toHaveLength(6);
    for (const [file, mode, text] of muster.keptFiles()) {
      if (secrets.some((secret) => text.includes(secret))) {
        expect([file.endsWith("secrets.env"), mode & 0o077]).toEqual([true, 0]);
      }
    }
  });

  test("npm run down leaves no container and no network, and keeps the volumes until they are asked for", async () => {
    const volumes = await muster.volumes();
    expect(volumes).toHaveLength(14);
    await muster.succeed("down");
    expect(await muster.containers()).toEqual({});
    expect(await muster.networks()).toEqual([]);
    expect(await muster.volumes()).toEqual(volumes);

    await muster.succeed("up");
    expect((await sql("bob", "select word from kept")).output.trim()).toBe("treasure");

    const output = await muster.succeed("down", "--volumes", "--yes");
    for (const volume of volumes) expect(output).toContain(volume);
    expect(await muster.volumes()).toEqual([]);
  });
});
