import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Ci } from "../support/delivery";
import type { EngineCase } from "../support/engines";
import type { TestEnvironment } from "../support/environment";
import { handshake, request } from "../support/http";
import { eventually } from "../support/poll";
import { workspaceTests } from "./workspace";

const ALICE = { id: "alice", name: "Alice <b>Kim</b>", email: "alice@example.org", cache: "redis" };
const BOB = { id: "bob" };
const CAROL = { id: "carol", limits: { web: { memory: 256, cpus: 0.5 } } };

/**
 * What every target promises. Each test builds on those before it, as in a team's life.
 *
 * @param own the target's own tests, with alice and bob on the roster
 */
export function environmentSuite<E extends TestEnvironment>(
  { engine, unavailable, create }: EngineCase<E>,
  own: (environment: () => E) => void,
): void {
  if (unavailable !== undefined) {
    test.skip(`skipped: ${unavailable}`, () => {});
    return;
  }

  let muster: E;
  let firstUp: string;
  const password: Record<string, { editor: string; database: string; git: string }> = {};

  beforeAll(async () => {
    muster = await create("test");
    muster.configure({ members: [ALICE, BOB] });
    firstUp = await muster.succeed("up");
    await readPasswords("alice", "bob");
  });
  afterAll(() => muster?.dispose());

  /** Whether the git server takes the member's own password. */
  async function mayPush(id: string): Promise<boolean> {
    const login = Buffer.from(`${id}:${password[id]?.git}`).toString("base64");
    const url = muster.url("git", "/app.git/info/refs?service=git-receive-pack");
    return (await request(url, { headers: { authorization: `Basic ${login}` } })).status === 200;
  }

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
    for (const host of [undefined, "git", "ci", "live", "mail", "alice", "code-alice", "bob", "code-bob"]) {
      expect(firstUp).toContain(muster.url(host, ""));
    }
    const containers = [
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
      "mail",
      "portal",
      "release-worker",
      "worker-1",
      ...muster.carriers,
    ];
    expect(Object.keys(await muster.containers())).toEqual(containers.sort());
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

  test("WebSockets pass the gateway, only for the editor's own origin", async () => {
    const cookie = await login("alice");
    const url = muster.url("code-alice", "/stable-0?reconnectionToken=x&reconnection=false&skipWebSocketFrames=false");
    expect(await handshake(url, { cookie, origin: muster.url("code-alice", "") })).toBe(101);
    expect(await handshake(url, { cookie, origin: "http://evil.example" })).toBe(403);
    expect(await handshake(url, { origin: muster.url("code-alice", "") })).toBe(401);
  });

  // Both engines start the same containers: what is in them is shown through the export alone.
  if (engine !== "pulumi") workspaceTests(() => muster);

  test("a member's containers cannot reach another member's database or cache", async () => {
    const [database, cache] = await Promise.all([muster.address("alice-db"), muster.address("alice-cache")]);
    const open = async (...containers: string[]) => {
      const attempts = containers.flatMap((from) => [
        muster.connects(from, database, 3306),
        muster.connects(from, cache, 6379),
        muster.connects(from, muster.host("alice", "db"), 3306),
      ]);
      return await Promise.all(attempts);
    };
    const own = await open("alice-web", "alice-code");
    const foreign = await open("bob-web", "bob-code", "bob-db", "gateway", "portal");
    expect(own).toEqual(own.map(() => true));
    expect(foreign).toEqual(foreign.map(() => false));
  });

  test("Adminer logs in to the member's own database and to no other", async () => {
    const page = await request(muster.url("db-alice"));
    expect(page.status).toBe(200);
    expect(page.body).toContain("Adminer");
    expect((await request(muster.url("alice", "/adminer"))).status).toBe(404);
  });

  test("every container runs as a user without privileges", async () => {
    for (const name of Object.keys(await muster.containers())) {
      const { output } = await muster.shell(name, "id -u; grep -hs CapEff /proc/[0-9]*/status | sort -u");
      expect([name, output]).toEqual([name, expect.stringMatching(/^1000\nCapEff:\s+0{16}\n$/)]);
    }
  });

  own(() => muster);

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

  test("adding a member creates that member's containers, and replaces only what hands out the roster", async () => {
    const before = await muster.containers();
    const gatewayStart = await muster.started("gateway");
    muster.configure({ members: [ALICE, BOB, CAROL] });
    await muster.succeed("up");
    const after = await muster.containers();
    const added = Object.keys(after).filter((name) => !(name in before));
    expect(added).toEqual(["carol-code", "carol-db", "carol-web"]);
    expect(Object.keys(before).filter((name) => after[name] !== before[name])).toEqual(muster.carriers);
    expect(await muster.started("gateway")).toBe(gatewayStart);
    // No waiting: by the end of "up", git server and portal know her.
    await readPasswords("carol");
    expect(await mayPush("carol")).toBe(true);
    expect((await request(muster.url(undefined))).body).toContain("carol");
    await eventually("carol's site", async () => (await site("carol")).includes("carol"));
    expect(await muster.memory("carol-web")).toBe(256);
  });

  test("removing a member removes all that was theirs, and keeps the data for their return", async () => {
    expect((await sql("bob", "create table kept (word text); insert into kept values ('treasure')")).code).toBe(0);
    await muster.shell("bob-code", "echo kept > /workspace/app/kept.txt");
    const before = await muster.containers();

    expect(await mayPush("bob")).toBe(true);
    const ci = new Ci(muster);
    const cookie = await ci.login("bob", password.bob?.git ?? "");
    // Bad enough that nothing comes of it.
    const rollBack = async () => (await ci.force("rollback", { repository: "../app" }, cookie)).status;
    expect(await rollBack()).toBe(400);
    muster.configure({ members: [ALICE, CAROL] });
    await muster.succeed("up");
    expect(await mayPush("bob")).toBe(false);
    await eventually("the CI's refusal of bob's cookie", async () => (await rollBack()) === 403, 10);
    const without = await muster.containers();
    expect(Object.keys(without).filter((name) => name.startsWith("bob"))).toEqual([]);
    expect(await muster.objects("bob")).toEqual([]);
    expect(await muster.volumes()).toEqual(
      expect.arrayContaining(["database", "home", "workspace"].map((purpose) => muster.volume("bob", purpose))),
    );
    for (const name of ["alice-web", "alice-code", "alice-db", "carol-web", "gateway", "git", "portal"])
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
    await muster.crash("alice-db");
    await eventually("alice's database answering", async () => {
      const { code, output } = await sql("alice", "select word from kept");
      return code === 0 && output.trim() === "treasure";
    });
  });

  test("an editor that is away gets a page that says so, and is back when it answers", async () => {
    await muster.stop("carol-code");
    const answer = await request(muster.url("code-carol"), { headers: { accept: "text/html" } });
    expect(answer.status).toBe(503);
    expect(answer.body).toContain("carol");
    expect(answer.body).toMatch(/editor is starting/);
    await muster.start("carol-code");
    await eventually(
      "carol's editor answering",
      async () => (await request(muster.url("code-carol", "/healthz"))).status === 200,
    );
  });

  test("no password is in plain text in what is kept on disk but the owner-only secrets file", async () => {
    const secrets = Object.values(password).flatMap((own) => Object.values(own));
    expect(secrets).toHaveLength(9);
    for (const [file, mode, text] of muster.keptFiles()) {
      if (secrets.some((secret) => text.includes(secret))) {
        expect([file.endsWith("secrets.env"), mode & 0o077]).toEqual([true, 0]);
      }
    }
  });

  test("npm run down leaves nothing but the volumes, until they are asked for", async () => {
    const volumes = await muster.volumes();
    expect(volumes).toHaveLength(16);
    await muster.succeed("down");
    expect(await muster.objects()).toEqual([]);
    expect(await muster.volumes()).toEqual(volumes);

    await muster.succeed("up");
    expect((await sql("bob", "select word from kept")).output.trim()).toBe("treasure");

    const output = await muster.succeed("down", "--volumes", "--yes");
    for (const volume of volumes) expect(output).toContain(volume);
    expect(await muster.volumes()).toEqual([]);
  });
}
