import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Access, PASSWORDS, startAccess } from "../../support/access";

let access: Access;
beforeEach(async () => {
  access = await startAccess();
});
afterEach(() => void access.stop());

const DAY = 86_400_000;
const statusOf = async (answer: Promise<{ status: number }>) => (await answer).status;
const basic = (name: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`,
});

describe("signing in", () => {
  test("one password opens every host, and each service gets the log-in that is its own", async () => {
    const alice = access.browser();
    const { status, headers } = await alice.signIn("alice", PASSWORDS.alice, {
      to: "https://ci.dev.test:8443/#/b?x=1&y",
    });
    expect([status, headers.location]).toEqual([303, "/-/enter?to=https://ci.dev.test:8443/#/b?x=1&y"]);
    expect(headers["set-cookie"]?.[0]).toMatch(
      /^__Host-muster=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure; Max-Age=2592000$/,
    );

    const ci = await alice.enter("ci.dev.test:8443", "/builders?a=1&b=2");
    expect(ci.second.headers.location).toBe("/builders?a=1&b=2");
    expect(ci.check.status).toBe(200);
    expect(ci.check.headers).toMatchObject({
      "x-muster-user": "alice",
      "x-muster-authorization": basic("alice", PASSWORDS.alice).authorization,
      "cache-control": "max-age=1, stale-while-revalidate=1, stale-if-error=300",
    });
    const editor = await alice.enter("code-alice.dev.test:8443", "/", "alice", "editor");
    // printf %s alice-of-editor | sha256sum
    expect(editor.check.headers["x-muster-cookie"]).toBe(
      `code-server-session=${(await import("node:crypto")).createHash("sha256").update("alice-of-editor").digest("hex")}`,
    );
    expect(editor.check.headers["x-muster-visitor"]).toBeUndefined();
    const database = await alice.enter("db-alice.dev.test:8443", "/", "alice", "database");
    expect(database.check.headers["x-muster-database"]).toBe("alice-of-database");
    const site = await alice.enter("bob.dev.test:8443", "/", "bob", "site");
    expect(site.check.status).toBe(200);
    expect(Object.keys(site.check.headers).filter((name) => name.startsWith("x-muster"))).toEqual(["x-muster-user"]);
  });

  test("somebody else's is a friendly page in the browser's language, and open to an organiser, who is named", async () => {
    const bob = access.browser();
    await bob.signIn("bob", PASSWORDS.bob);
    const { check } = await bob.enter("code-alice.dev.test:8443", "/", "alice", "editor");
    expect([check.status, Object.keys(check.headers).some((name) => name.startsWith("x-muster"))]).toEqual([
      403,
      false,
    ]);
    const denied = (headers: Record<string, string>) =>
      bob.send("/-/denied", {
        host: "code-alice.dev.test:8443",
        headers: { "x-muster-kind": "editor", "x-muster-member": "alice", ...headers },
      });
    const page = await denied({});
    expect(page.status).toBe(403);
    expect(page.body).toContain("<h1>This is Alice &#60;Kim&#62;’s editor</h1>");
    expect(page.body).toContain("ask Alice &#60;Kim&#62;, or one of the organisers: carol.");
    expect(page.body).toContain('href="https://code-bob.dev.test:8443/"');
    expect((await denied({ "accept-language": "ko-KR,ko;q=0.9,en;q=0.8" })).body).toContain("님의 편집기입니다");

    const carol = access.browser();
    await carol.signIn("carol", PASSWORDS.carol);
    const opened = await carol.enter("code-alice.dev.test:8443", "/", "alice", "editor");
    expect([opened.check.status, opened.check.headers["x-muster-visitor"]]).toEqual([200, "carol"]);
    const live = await carol.enter("db-live.dev.test:8443", "/", "live", "database");
    expect([live.check.status, live.check.headers["x-muster-database"]]).toEqual([200, "live-of-database"]);
    expect((await bob.enter("db-live.dev.test:8443", "/", "live", "database")).check.status).toBe(403);
  });

  test.each([
    ["live", "", "", 200],
    ["ci", "", "", 401],
    ["ci", "", "1", 200],
    ["site", "alice", "", 401],
    ["site", "alice", "1", 200],
    ["editor", "alice", "1", 401],
    ["of-no-rule", "", "1", 401],
  ])("nobody's %s of %j, inside %j: %d", async (kind, member, inside, status) => {
    const headers = { "x-muster-inside": inside };
    expect((await access.browser().check("x.dev.test:8443", kind, member, headers)).status).toBe(status);
  });

  test("a password of one's own takes the place of the first, and ends every other session", async () => {
    const [alice, phone] = [access.browser(), access.browser()];
    await alice.signIn("alice", PASSWORDS.alice);
    await phone.signIn("alice", PASSWORDS.alice);
    expect((await phone.enter("ci.dev.test:8443")).check.status).toBe(200);
    const change = (form: Record<string, string>) =>
      alice.send("/-/account", {
        form: { password: PASSWORDS.alice, new: "correct horse battery", again: "correct horse battery", ...form },
      });
    expect(await statusOf(change({ new: "short", again: "short" }))).toBe(400);
    expect(await statusOf(change({ new: "alicealice1", again: "alicealice1" }))).toBe(400);
    expect(await statusOf(change({ again: "correct horse buttery" }))).toBe(400);
    expect(await statusOf(change({ password: "not it" }))).toBe(401);
    expect((await phone.check("ci.dev.test:8443", "ci")).status).toBe(200);
    expect(await statusOf(change({}))).toBe(200);
    expect((await phone.check("ci.dev.test:8443", "ci")).status).toBe(401);
    expect((await alice.check("dev.test:8443", "portal")).status).toBe(200);

    const later = access.browser();
    expect((await later.signIn("alice", PASSWORDS.alice)).status).toBe(401);
    expect((await later.signIn("alice", "correct horse battery")).status).toBe(303);
    // A restart loses nothing.
    await access.restart();
    expect((await later.check("dev.test:8443", "portal")).status).toBe(200);
  });

  test("git takes both passwords, and asks who knows neither", async () => {
    const git = (headers: Record<string, string>) => access.ask("/check-git", { host: "git.dev.test:8443", headers });
    const alice = access.browser();
    await alice.signIn("alice", PASSWORDS.alice);
    const passwords = { new: "correct horse battery", again: "correct horse battery" };
    await alice.send("/-/account", { form: { password: PASSWORDS.alice, ...passwords } });
    const passed = {
      status: 200,
      headers: { "x-muster-authorization": basic("alice", PASSWORDS.alice).authorization },
    };
    expect(await git(basic("alice", PASSWORDS.alice))).toMatchObject(passed);
    expect(await git(basic("alice", "correct horse battery"))).toMatchObject(passed);
    const refused = { status: 401 };
    expect(await git(basic("alice", "correct horse"))).toMatchObject(refused);
    expect(await git(basic("mallory", ""))).toMatchObject(refused);
    expect(await git(basic("ci", "x"))).toMatchObject(refused);
    expect(await git({})).toMatchObject(refused);
    expect(await statusOf(git({ "x-muster-inside": "1" }))).toBe(200);
  });

  test("the log says who, when and from where, for 90 days, and no password that was typed as a name", async () => {
    await access.browser().signIn("alice", PASSWORDS.alice, { headers: { "user-agent": "Firefox" } });
    access.clock.time += 60_000;
    await access.browser().signIn("my password", "", { headers: { "x-real-ip": "198.51.100.7", "user-agent": "" } });
    const log = () => access.operate("log") as { event: string }[];
    expect(log()).toEqual([
      {
        at: Date.parse("2026-01-05T09:01:00Z"),
        event: "wrong password",
        name: "(nobody's id)",
        address: "198.51.100.7",
        agent: "",
      },
      {
        at: Date.parse("2026-01-05T09:00:00Z"),
        event: "sign-in",
        name: "alice",
        address: "192.0.2.1",
        agent: "Firefox",
      },
    ]);
    access.clock.time += 90 * DAY - 30_000;
    expect(log().map(({ event }) => event)).toEqual(["wrong password"]);
  });
});

describe("links", () => {
  const invitation = (id: string, days = 7) => {
    const [{ url }] = access.operate("invite", { members: [id], days }) as [{ url: string }];
    return new URL(url).pathname;
  };
  const password = { new: "correct horse battery", again: "correct horse battery" };

  test("an invitation sets a password and signs in, once; looking at it does not use it up", async () => {
    const link = invitation("alice");
    const phone = access.browser();
    for (const _ of [1, 2]) expect((await phone.send(link)).body).toContain("Welcome, Alice &#60;Kim&#62;");
    expect((await phone.send(link, { form: { ...password, again: "another" } })).status).toBe(400);
    const done = await phone.send(link, { form: password });
    expect([done.status, done.headers.location]).toEqual([303, "/"]);
    expect((await phone.check("dev.test:8443", "portal")).headers["x-muster-user"]).toBe("alice");
    for (const form of [undefined, password]) {
      expect((await access.browser().send(link, form && { form })).status).toBe(410);
    }
  });

  test("an invitation ends with its days, with the next one, and with the member", async () => {
    const first = invitation("bob", 1);
    access.clock.time += DAY;
    expect((await access.browser().send(first)).status).toBe(410);
    const second = invitation("bob");
    const third = invitation("bob");
    expect((await access.browser().send(second)).status).toBe(410);
    expect((await access.browser().send(third)).status).toBe(200);
    await access.restart({ members: [{ id: "alice" }] });
    expect((await access.browser().send(third)).status).toBe(410);
    expect(() => access.operate("invite", { members: ["bob"], days: 1 })).toThrow('"bob" is not on the roster');
  });

  test("a shared link opens one site, for its hours, to whoever has it", async () => {
    const { url } = access.operate("share", { label: "alice", hours: 24 }) as { url: string };
    expect(url).toMatch(/^https:\/\/alice\.dev\.test:8443\/-\/share\/[\w-]{43}$/);
    const { pathname } = new URL(url);
    const judge = access.browser();
    expect((await judge.send(pathname, { host: "bob.dev.test:8443" })).status).toBe(410);
    expect((await judge.send(pathname, { host: "alice.dev.test:8443" })).headers.location).toBe("/");
    expect((await judge.check("alice.dev.test:8443", "site", "alice")).status).toBe(200);
    const cookie = { cookie: judge.cookies("alice.dev.test:8443") };
    for (const [host, kind, member] of [
      ["bob", "site", "bob"],
      ["code-alice", "editor", "alice"],
      ["db-alice", "database", "alice"],
      ["ci", "ci", ""],
    ] as const) {
      expect((await judge.check(`${host}.dev.test:8443`, kind, member, cookie)).status).toBe(401);
    }
    // The host of a site never leads to an editor, whatever the session.
    expect((await judge.check("alice.dev.test:8443", "editor", "alice")).status).toBe(401);
    access.clock.time += DAY;
    expect((await judge.check("alice.dev.test:8443", "site", "alice")).status).toBe(401);
    expect((await judge.send(pathname, { host: "alice.dev.test:8443" })).status).toBe(410);
  });

  test("a shared link can be ended at once", async () => {
    const { url } = access.operate("share", { label: "alice", hours: 24 }) as { url: string };
    const judge = access.browser();
    await judge.send(new URL(url).pathname, { host: "alice.dev.test:8443" });
    expect(access.operate("unshare", { label: "alice" })).toEqual({ ended: 1 });
    expect((await judge.check("alice.dev.test:8443", "site", "alice")).status).toBe(401);
  });

  test("commands ask services with a cookie that lasts ten minutes", async () => {
    const { cookie } = access.operate("session") as { cookie: string };
    const check = async () =>
      (await access.browser().check("code-alice.dev.test:8443", "editor", "alice", { cookie })).status;
    expect(await check()).toBe(200);
    access.clock.time += 600_000;
    expect(await check()).toBe(401);
  });

  test("commands ask for what a member sees with a cookie of theirs", async () => {
    const { cookie } = access.operate("session", { member: "alice" }) as { cookie: string };
    const status = async (owner: string) =>
      (await access.browser().check(`code-${owner}.dev.test:8443`, "editor", owner, { cookie })).status;
    expect([await status("alice"), await status("bob")]).toEqual([200, 403]);
    expect(() => access.operate("session", { member: "eve" })).toThrow('"eve" is not on the roster');
  });

  test("a port of an editor is the owner's, and the team's as long as the owner shares it", async () => {
    let shared = "[5173]";
    const forwarder = createServer((_, response) => response.end(shared)).listen(0, "127.0.0.1");
    await once(forwarder, "listening");
    await access.restart({ ports: `127.0.0.1:${(forwarder.address() as AddressInfo).port}` });
    try {
      const [alice, bob] = [access.browser(), access.browser()];
      await alice.signIn("alice", PASSWORDS.alice);
      await bob.signIn("bob", PASSWORDS.bob);
      const own = await alice.enter("3000--alice.dev.test:8443", "/", "alice", "port");
      expect(own.check.status).toBe(200);
      // The digest by which the editor's own sessions are known proves the gateway to the forwarder.
      expect(own.check.headers["x-muster-port-key"]).toBe(createHash("sha256").update("alice-of-editor").digest("hex"));
      const theirs = await bob.enter("5173--alice.dev.test:8443", "/", "alice", "port");
      expect([theirs.check.status, theirs.check.headers["x-muster-port-key"]]).toEqual([
        200,
        own.check.headers["x-muster-port-key"],
      ]);
      expect((await bob.enter("3000--alice.dev.test:8443", "/", "alice", "port")).check.status).toBe(403);
      expect((await access.browser().check("5173--alice.dev.test:8443", "port", "alice")).status).toBe(401);
      for (const no of ["[]", "nonsense", '{"5173": true}']) {
        shared = no;
        access.clock.time += 2000;
        expect((await bob.check("5173--alice.dev.test:8443", "port", "alice")).status).toBe(403);
      }
    } finally {
      forwarder.close();
    }
  });
});
