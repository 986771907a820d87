import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { EngineCase } from "../support/engines";
import { run, type TestEnvironment } from "../support/environment";
import { handshake, request } from "../support/http";
import { eventually } from "../support/poll";
import { Visitor } from "../support/visitor";

const alice = { id: "alice", name: "Alice Kim" };
const bob = { id: "bob", name: "Bob" };
const carol = { id: "carol", role: "organiser" };
const PASSWORD = "correct horse battery";

/** Members sign in once; what is not theirs stays closed, whatever goes wrong. */
export function signInSuite({ unavailable, create }: EngineCase): void {
  if (unavailable !== undefined) {
    test.skip(`skipped: ${unavailable}`, () => {});
    return;
  }

  let muster: TestEnvironment;
  const url = (host?: string, path?: string) => muster.url(host, path);
  const status = async (host: string | undefined, path = "/", headers: Record<string, string> = {}) =>
    (await request(url(host, path), { headers })).status;

  /** Who came by an invitation, and chose a password. */
  async function invited(id: string): Promise<Visitor> {
    const link = (await muster.succeed("invite", id)).match(/http\S+\/-\/invite\/\S+/)?.[0] as string;
    const visitor = new Visitor();
    expect((await visitor.goTo(link)).body).toContain("Welcome, ");
    expect((await visitor.send(link, { new: PASSWORD, again: PASSWORD })).status).toBe(303);
    return visitor;
  }

  let visitor: Visitor;
  beforeAll(async () => {
    muster = await create("door");
    muster.configure({ members: [alice, bob, carol], visibility: {} });
    // Ends well only when every service answers through the gateway.
    await muster.succeed("up");
    visitor = await invited("alice");
  });
  afterAll(() => muster?.dispose());

  test("a stranger sees what is live, and nothing else", async () => {
    expect(await status("live", "/-/status")).toBe(200);
    const hosts = [undefined, "git", "ci", "mail", "alice", "code-alice", "db-alice", "db-live", "nobody"];
    for (const path of ["/", "/-/status", "/api/status"]) {
      for (const host of hosts) expect([host, path, await status(host, path)]).toEqual([host, path, 401]);
    }
    expect(await status("git", "/app.git/info/refs?service=git-upload-pack")).toBe(401);
    const { headers } = await request(url("ci", "/x?a=1"), { headers: { accept: "text/html" } });
    expect(headers.location).toMatch(/^http:\/\/localhost:\d+\/-\/enter\?visit=[0-9a-f]{32}&to=http:\/\/ci\./);
  });

  test("a member has everything without typing again, and a friendly page for what is somebody else's", async () => {
    const portal = await visitor.goTo(url(), { "accept-language": "ko-KR" });
    expect(portal.body).toContain("내 공간");
    for (const host of ["alice", "bob"]) expect((await visitor.goTo(url(host, "/-/status"))).status).toBe(200);
    expect((await visitor.goTo(url("code-alice"))).body).toContain("vscode-workbench-web-configuration");
    expect((await visitor.goTo(url("db-alice"))).body).toContain("<title>Database: app");
    expect((await visitor.goTo(url("git"))).body).toContain("app");
    expect((await visitor.goTo(url("mail"))).status).toBe(200);
    expect((await visitor.goTo(url("ci"))).body).toContain('"username": "alice"');

    const denied = await visitor.goTo(url("code-bob"));
    expect([denied.status, denied.body.match(/<h1>(.*)<\/h1>/)?.[1]]).toEqual([403, "This is Bob’s editor"]);
    expect((await visitor.goTo(url("db-bob"))).status).toBe(403);
  });

  test("an organiser helps in everybody's editor and database page", async () => {
    const organiser = await invited("carol");
    expect((await organiser.goTo(url("code-alice"))).body).toContain("vscode-workbench-web-configuration");
    expect((await organiser.goTo(url("db-alice"))).body).toContain("<title>Database: app");
    expect((await organiser.goTo(url("db-live"))).body).toContain("<title>Database: app");
    const denied = await visitor.goTo(url("db-live"));
    expect([denied.status, denied.body.match(/<h1>(.*)<\/h1>/)?.[1]]).toEqual([403, "This page is not yours"]);
  });

  test("the editor's WebSocket and its side door ask, too", async () => {
    for (const host of ["code-alice", "code-bob"]) await visitor.goTo(url(host));
    const socket = (headers: Record<string, string>) =>
      handshake(url("code-alice", "/?reconnectionToken=a&reconnection=false"), {
        origin: url("code-alice").slice(0, -1),
        ...headers,
      });
    expect(await socket({})).toBe(401);
    expect(await socket({ cookie: visitor.cookie(new URL(url("code-bob")).host) })).toBe(401);
    const cookie = visitor.cookie(new URL(url("code-alice")).host);
    expect(await socket({ cookie })).toBe(101);
    expect(await socket({ cookie, origin: url("bob").slice(0, -1) })).toBe(403);
    // A session's cookie says nothing to the editor itself.
    const side = await muster.shell(
      "bob-code",
      `curl -s -o /dev/null -w '%{http_code}' -H 'cookie: ${cookie}' http://${muster.host("alice", "code")}:13337/?folder=/workspace/app`,
    );
    expect(side.output).toBe("302");
  });

  test("git takes one's own password", async () => {
    const remote = (password: string) =>
      url("git", "/app.git").replace("//", `//alice:${encodeURIComponent(password)}@`);
    const list = (password: string) =>
      run("git", ["ls-remote", remote(password)], { GIT_TERMINAL_PROMPT: "0", GIT_CONFIG_NOSYSTEM: "1" });
    expect((await list(PASSWORD)).output).toContain("refs/heads/main");
    expect((await list("another password")).code).not.toBe(0);
  });

  test("a member's code gets no cookie of ours, and its headers open nothing", async () => {
    const page = "<?php echo json_encode([$_COOKIE, getallheaders()]);";
    await muster.shell("bob-code", `echo '${page}' > /workspace/app/public/told.php`);
    const host = new URL(url("bob")).host;
    await visitor.goTo(url("bob"));
    const told = await request(url("bob", "/told.php"), {
      headers: {
        cookie: `kept=1; ${visitor.cookie(host)}; muster-device=x; also=2`,
        "x-muster-key": "x",
        "x-muster-database": "x",
      },
    });
    const [cookies, headers] = JSON.parse(told.body) as [Record<string, string>, Record<string, string>];
    expect(cookies).toEqual({ kept: "1", also: "2" });
    expect(Object.keys(headers).filter((name) => /muster/i.test(name))).toEqual(["X-Muster-User"]);

    const forged =
      "-H 'x-muster-inside: 1' -H 'x-muster-kind: editor' -H 'x-muster-member: alice' -H 'x-muster-key: x'";
    const answer = await muster.shell(
      "bob-code",
      `curl -s -o /dev/null -w '%{http_code}' ${forged} http://${muster.host(undefined, "access")}:8080/check`,
    );
    expect(answer.output).toMatch(/^(403|000)$/);
  });

  test.each(["/-/access", "/-/access-git", "/%2d/access", "//-/access", "/-/denied", "/check", "/-/./access"])(
    "%s is not for visitors",
    async (path) => {
      expect([401, 404]).toContain(await status("code-alice", path, { "x-muster-inside": "1" }));
    },
  );

  test("a link shows one site to who has it", async () => {
    const link = (await muster.succeed("share", "alice", "--hours", "1")).match(
      /http\S+\/-\/share\/\S+/,
    )?.[0] as string;
    const judge = new Visitor();
    await judge.goTo(link);
    expect((await judge.goTo(url("alice", "/-/status"))).status).toBe(200);
    expect((await judge.goTo(url("bob"))).url).toContain("/-/sign-in");
    await muster.succeed("share", "alice", "--stop");
    await eventually("the end of the link", async () => (await judge.goTo(url("alice"))).url.includes("/-/sign-in"));
  });

  test("the log says who came in", async () => {
    const log = JSON.parse(await muster.succeed("log", "sign-ins", "--json")) as { event: string; name: string }[];
    expect(log.map(({ event, name }) => `${name}: ${event}`)).toEqual(
      expect.arrayContaining(["alice: invitation", "carol: invitation", "alice.localhost: shared link"]),
    );
  });

  describe("while the service that knows is away", () => {
    beforeAll(async () => {
      await visitor.goTo(url("ci"));
      await muster.stop("access");
      await eventually("its absence", async () => (await status(undefined, "/-/sign-in")) === 503);
    });
    afterAll(async () => {
      await muster.start("access");
      await eventually("its return", async () => (await status(undefined, "/-/sign-in")) === 200);
    });

    test("who was in stays in, and nothing opens", async () => {
      expect((await visitor.goTo(url("ci"))).status).toBe(200);
      for (const host of ["ci", "code-alice", "alice", "git"]) expect([host, await status(host)]).toEqual([host, 503]);
      expect(await status("live", "/-/status")).toBe(200);
    });
  });

  test("who leaves the roster is out", async () => {
    const leaver = await invited("bob");
    expect((await leaver.goTo(url())).status).toBe(200);
    const before = await muster.containers();
    muster.configure({ members: [alice, carol], visibility: {} });
    await muster.succeed("up");
    expect((await muster.containers()).access).toBe(before.access);
    expect((await leaver.goTo(url())).url).toContain("/-/sign-in");
    // Everybody else's session outlives the edit.
    expect((await visitor.goTo(url())).body).toContain("Alice Kim");
  });
}
