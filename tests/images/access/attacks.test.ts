import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { type Access, type Browser, PASSWORDS, startAccess } from "../../support/access";

let access: Access;
let alice: Browser;
beforeEach(async () => {
  access = await startAccess();
  alice = access.browser();
  await alice.signIn("alice", PASSWORDS.alice);
});
afterEach(() => void access.stop());

const PORTAL = "dev.test:8443";
const CI = "ci.dev.test:8443";
const COOKIE = "__Host-muster";
const isIn = async (browser: Browser, host = PORTAL, kind = "portal") =>
  (await browser.check(host, kind)).status === 200;

test("fixation: a session that is there before somebody signs in is not theirs afterwards", async () => {
  const bob = access.browser();
  await bob.signIn("bob", PASSWORDS.bob);
  const planted = bob.cookies(PORTAL).match(/__Host-muster=([\w-]{43})/)?.[1] as string;
  const victim = access.browser();
  victim.setCookie(PORTAL, COOKIE, planted);
  await victim.signIn("carol", PASSWORDS.carol);
  expect(victim.cookies(PORTAL)).not.toContain(planted);
  expect(await isIn(bob)).toBe(false);
});

test("a ticket works once, on its own host, in the browser that began the way, for half a minute", async () => {
  const { ticket } = await alice.enter(CI);
  const path = `${ticket.pathname}${ticket.search}`;
  const visit = "__Host-muster-visit=0123456789abcdef0123456789abcdef";
  const fresh = async () => {
    const { headers } = await alice.send(`/-/enter?visit=${visit.split("=")[1]}&to=https://${CI}/`);
    const url = new URL(headers.location as string);
    return `${url.pathname}${url.search}`;
  };
  const gets = async (at: string, host: string, cookie: string) =>
    (await access.ask(at, { host, headers: { cookie } })).headers["set-cookie"] !== undefined;
  expect(await gets(path, CI, visit)).toBe(false);
  expect(await gets(await fresh(), "git.dev.test:8443", visit)).toBe(false);
  expect(await gets(await fresh(), CI, "__Host-muster-visit=ffffffffffffffffffffffffffffffff")).toBe(false);
  expect(await gets(await fresh(), CI, "")).toBe(false);
  const late = await fresh();
  access.clock.time += 30_000;
  expect(await gets(late, CI, visit)).toBe(false);
  expect(await gets(await fresh(), CI, visit)).toBe(true);
});

test.each([
  "https://evil.example/",
  "https://dev.test.evil.example/",
  "https://evil.example/.dev.test:8443/",
  "https://dev.test:8443@evil.example/",
  "https://user@ci.dev.test:8443/",
  "https://a.b.dev.test:8443/",
  "https://ci.dev.test:9999/",
  "http://ci.dev.test:8443/",
  "//evil.example/",
  "/\\evil.example/",
  "javascript:alert(1)",
  "https:evil.example",
  "\\\\evil.example",
])("open redirect: %s leads to the portal", async (to) => {
  const { headers } = await alice.send(`/-/enter?visit=0123456789abcdef0123456789abcdef&to=${to}`);
  expect(headers.location).toBe("https://dev.test:8443/");
  const signedIn = await access.browser().signIn("bob", PASSWORDS.bob, { to });
  expect(signedIn.headers.location).toBe("/");
});

test.each(["//evil.example", "/\\evil.example", "https://evil.example", "evil", ""])(
  "a ticket's path %j leads to the front of its own host",
  async (to) => {
    const { headers } = await access.ask(`/-/ticket?t=${"a".repeat(43)}&to=${to}`, { host: CI });
    expect(headers.location).toBe("/");
  },
);

test("header injection: a line end in an address stays in it", async () => {
  const { headers } = await alice.send(
    `/-/enter?visit=0123456789abcdef0123456789abcdef&to=https://${CI}/%0d%0aSet-Cookie:x=1`,
  );
  expect(headers.location).toContain("/%0d%0aSet-Cookie:x=1");
  expect(headers["set-cookie"]).toBeUndefined();
});

test("a session ends after 30 days, and its hosts' with it", async () => {
  await alice.enter(CI);
  access.clock.time += 30 * 86_400_000 - 1;
  expect([await isIn(alice), await isIn(alice, CI, "ci")]).toEqual([true, true]);
  access.clock.time += 1;
  expect([await isIn(alice), await isIn(alice, CI, "ci")]).toEqual([false, false]);
});

test("signing out ends every host's session of that browser; everywhere, those of all", async () => {
  const phone = access.browser();
  await phone.signIn("alice", PASSWORDS.alice);
  await Promise.all([alice.enter(CI), phone.enter(CI)]);
  const kept = alice.cookies(PORTAL);
  await alice.send("/-/sign-out", { form: {} });
  expect((await alice.check(PORTAL, "portal", "", { cookie: kept })).status).toBe(401);
  expect([await isIn(alice, CI, "ci"), await isIn(phone, CI, "ci")]).toEqual([false, true]);
  await alice.signIn("alice", PASSWORDS.alice);
  await alice.send("/-/sign-out", { form: { everywhere: "yes" } });
  expect([await isIn(phone), await isIn(phone, CI, "ci")]).toEqual([false, false]);
});

test("who leaves the roster is out, and begins anew when back; a role counts as the roster has it", async () => {
  await alice.enter("code-bob.dev.test:8443", "/", "bob", "editor");
  const bobsEditor = async () => (await alice.check("code-bob.dev.test:8443", "editor", "bob")).status;
  expect(await bobsEditor()).toBe(403);
  await access.restart({ members: [{ id: "alice", role: "organiser" }, { id: "bob" }] });
  expect(await bobsEditor()).toBe(200);
  await access.restart({ members: [{ id: "alice" }, { id: "bob" }] });
  expect(await bobsEditor()).toBe(403);
  await access.restart({ members: [{ id: "bob" }] });
  expect(await isIn(alice)).toBe(false);
  await access.restart({ members: [{ id: "alice" }, { id: "bob" }] });
  expect(await isIn(alice)).toBe(false);
});

test("a stolen cookie of one host opens no other: a member's site, editor or script gets nothing by it", async () => {
  await alice.enter("bob.dev.test:8443", "/", "bob", "site");
  const cookie = alice.cookies("bob.dev.test:8443");
  const thief = access.browser();
  for (const [host, kind, member] of [
    [PORTAL, "portal", ""],
    [CI, "ci", ""],
    ["code-alice.dev.test:8443", "editor", "alice"],
    ["db-alice.dev.test:8443", "database", "alice"],
    ["alice.dev.test:8443", "site", "alice"],
  ] as const) {
    expect((await thief.check(host, kind, member, { cookie })).status).toBe(401);
  }
  expect((await thief.send("/-/account", { headers: { cookie } })).headers.location).toMatch(/^\/-\/sign-in/);
});

test("who is not the gateway is told nothing, whatever its headers say", async () => {
  const forged = { "x-muster-user": "alice", "x-muster-inside": "1", "x-real-ip": "203.0.113.9" };
  for (const key of ["", "wrong", PASSWORDS.alice]) {
    for (const path of ["/check", "/check-git", "/-/sign-in", "/-/account"]) {
      const headers = { ...forged, "x-muster-key": key, cookie: alice.cookies(PORTAL) };
      const { status, headers: told } = await access.ask(path, { headers });
      expect([path, status, told["x-muster-user"]]).toEqual([path, 403, undefined]);
    }
  }
  expect((await access.ask("/-/health", { headers: { "x-muster-key": "" } })).status).toBe(200);
});

test.each([
  ["no origin", {}],
  ["a sibling site", { origin: "https://bob.dev.test:8443" }],
  ["another scheme", { origin: "http://dev.test:8443" }],
  ["a sandbox", { origin: "null" }],
])("forms of %s neither sign in nor out, nor change a password", async (_, origin) => {
  const headers = { ...origin, ...("origin" in origin ? {} : { origin: "" }) };
  const victim = access.browser();
  expect((await victim.signIn("bob", PASSWORDS.bob, { headers })).status).toBe(403);
  expect(victim.cookies(PORTAL)).toBe("");
  await alice.send("/-/sign-out", { form: { everywhere: "yes" }, headers });
  expect(await isIn(alice)).toBe(true);
  const change = { password: PASSWORDS.alice, new: "correct horse battery", again: "correct horse battery" };
  expect((await alice.send("/-/account", { form: change, headers })).status).toBe(403);
  const [{ url }] = access.operate("invite", { members: ["bob"], days: 1 }) as [{ url: string }];
  expect((await victim.send(new URL(url).pathname, { form: change, headers })).status).toBe(403);
  expect((await access.browser().signIn("alice", PASSWORDS.alice)).status).toBe(303);
});

test("cookie tossing: a parent domain's cookie neither takes a session's place nor locks out", async () => {
  // With https, browsers let nobody else set ours.
  const cookie = `muster=${"e".repeat(43)}; ${alice.cookies(PORTAL)}; muster=${"f".repeat(43)}`;
  expect((await alice.check(PORTAL, "portal", "", { cookie })).headers["x-muster-user"]).toBe("alice");
});

test("cookie tossing without TLS: junk is passed over, and of two who are signed in nobody is believed", async () => {
  access.stop();
  access = await startAccess({ url: "http://dev.test:8080" });
  const host = "dev.test:8080";
  const own = { host, headers: { origin: `http://${host}` } };
  const [victim, bob] = [access.browser(), access.browser()];
  await victim.signIn("alice", PASSWORDS.alice, own);
  await bob.signIn("bob", PASSWORDS.bob, own);
  const session = (browser: Browser) => browser.cookies(host).match(/muster=[\w-]{43}/)?.[0] as string;
  const check = (cookie: string) => victim.check(host, "portal", "", { cookie });
  const junk = `muster=${"e".repeat(43)}; muster=; muster=evil`;
  expect((await check(`${junk}; ${session(victim)}`)).headers["x-muster-user"]).toBe("alice");
  expect((await check(`${session(bob)}; ${session(victim)}`)).status).toBe(401);
});

test("brute force: an address and a name are slowed down together, and the member comes in by other ways", async () => {
  const stranger = (id: string, from = "198.51.100.7") =>
    access.browser().signIn(id, "a guess", { headers: { "x-real-ip": from } });
  const statuses = [];
  for (let attempt = 0; attempt < 8; attempt++) statuses.push((await stranger("alice")).status);
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
  expect((await stranger("bob")).status).toBe(401);
  expect((await stranger("alice", "198.51.100.8")).status).toBe(401);

  // Behind the same address: by a browser that she has used, by a link, and by the password of git.
  const headers = { "x-real-ip": "198.51.100.7" };
  await alice.send("/-/account", {
    form: { password: PASSWORDS.alice, new: "correct horse battery", again: "correct horse battery" },
  });
  expect((await access.browser().signIn("alice", "correct horse battery", { headers })).status).toBe(429);
  expect((await alice.signIn("alice", "correct horse battery", { headers })).status).toBe(303);
  const [{ url }] = access.operate("invite", { members: ["alice"], days: 1 }) as [{ url: string }];
  const form = { new: "another good phrase", again: "another good phrase" };
  expect((await access.browser().send(new URL(url).pathname, { form, headers })).status).toBe(303);
  access.clock.time += 60_000;
  expect((await access.browser().signIn("alice", "another good phrase", { headers })).status).toBe(303);
});

test("brute force: an IPv6 network is one address, and pauses grow to a quarter of an hour", async () => {
  const guess = (from: string) => access.browser().signIn("bob", "a guess", { headers: { "x-real-ip": from } });
  for (let attempt = 1; attempt <= 5; attempt++) await guess(`2001:db8:1:2:${attempt}::1`);
  expect((await guess("2001:db8:1:2::9")).status).toBe(429);
  expect((await guess("2001:db8:1:3::9")).status).toBe(401);
  let pause = 0;
  for (let attempt = 0; attempt < 9; attempt++) {
    pause = Number((await guess("2001:db8:1:2::9")).headers["retry-after"]);
    access.clock.time += pause * 1000;
    await guess("2001:db8:1:2::9");
  }
  expect(pause).toBe(900);
});

test("an unknown name costs the same work as a known one", async () => {
  const { createHasher } = await import("../../../images/access/passwords.mjs");
  const work: object[] = [];
  const hasher = createHasher({ N: 32, r: 2, p: 3 }, (password, _, { N, r, p }) => {
    work.push({ N, r, p });
    return Promise.resolve(Buffer.from(password.padEnd(32).slice(0, 32)));
  });
  const stored = await hasher.hash("correct horse battery");
  await hasher.matches("the first", undefined);
  for (const hash of [undefined, stored]) {
    work.length = 0;
    expect(await hasher.matches("a guess", hash)).toBe(false);
    expect(work).toEqual([{ N: 32, r: 2, p: 3 }]);
  }
  expect(await hasher.matches("correct horse battery", stored)).toBe(true);
  expect(await hasher.matches("nobody has this password", undefined)).toBe(false);
});

test.each(["/-//check", "/%63heck", "/-/sign-in/", "/-/invite/", "/-/share/../check", "/check/"])(
  "path tricks: %s is no question of the gateway's",
  async (path) => {
    const { status, headers } = await alice.send(path, {
      headers: { "x-muster-kind": "editor", "x-muster-member": "alice" },
    });
    expect([status >= 400, headers["x-muster-user"]]).toEqual([true, undefined]);
  },
);

test("a form that is too large is refused, and no page runs or frames anything", async () => {
  expect((await access.browser().signIn("alice", "x".repeat(20_000))).status).toBe(413);
  const page = await access.ask("/-/sign-in", { headers: {} });
  const policy = page.headers["content-security-policy"];
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(page.body).not.toMatch(/<script/);
  expect(page.headers["cache-control"]).toBe("no-store");
});

test("what a visitor sends is shown as text", async () => {
  const evil = '"><script>alert(1)</script>';
  const { body } = await access.browser().signIn(evil, evil, { to: `https://${CI}/${evil}` });
  expect(body).not.toContain("<script");
  expect((await access.ask(`/-/sign-in?to=https://${CI}/%22%3E%3Cscript%3E`)).body).not.toContain("<script");
});

test("many at once wait for their turn, and too many are told so", async () => {
  const { createHasher } = await import("../../../images/access/passwords.mjs");
  const hasher = createHasher({ N: 16, r: 1, p: 1 });
  await hasher.matches("the first", undefined);
  const all = await Promise.allSettled(Array.from({ length: 80 }, () => hasher.matches("a guess", undefined)));
  expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(64);
  expect(await hasher.matches("later", undefined)).toBe(false);
});
