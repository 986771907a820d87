import { beforeAll, describe, expect, test } from "@jest/globals";

const load = () =>
  Promise.all([
    import("../../../images/portal/html.mjs"),
    import("../../../images/portal/notice.mjs"),
    import("../../../images/portal/texts.mjs"),
  ] as const);
type Modules = Awaited<ReturnType<typeof load>>;
type State = Parameters<Modules[0]["summary"]>[1][number];

let html: Modules[0];
let notices: Modules[1];
let english: ReturnType<Modules[2]["speak"]>;
beforeAll(async () => {
  const [page, notice, { speak }] = await load();
  [html, notices, english] = [page, notice, speak("en")];
});

type NoticeFor = Modules[1]["noticeFor"];
const noticeFor = (config: Parameters<NoticeFor>[0], trouble: Parameters<NoticeFor>[1]) =>
  notices.noticeFor(config, trouble, english);

const assets = { style: "body{}", live: "live()", retry: "retry()" };

function member(id: string, name = id) {
  const services = [
    { kind: "site", name: "Site", url: `http://${id}.localhost:8080`, probe: `http://web-${id}/-/status` },
    { kind: "editor", name: "Editor", url: `http://code-${id}.localhost:8080`, probe: `http://code-${id}/healthz` },
    { kind: "database", name: "Database", url: `http://db-${id}.localhost:8080` },
  ];
  return { id, name, services };
}

const team = (...members: ReturnType<typeof member>[]) => ({
  team: "muster",
  domain: "localhost",
  url: "http://localhost:8080",
  members,
  services: [] as { kind: string; name: string; url: string }[],
});

const page = (config: ReturnType<typeof team>, states: Record<string, State> = {}) =>
  html.renderPortal(config, states, assets, "r1", "en");

/** All matches of the first group. */
const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, group]) => group);

describe("the portal's page", () => {
  test("links every service of every member, in the order of the configuration", () => {
    expect(all(page(team(member("bob"), member("alice"))), /class="service" href="([^"]*)"/g)).toEqual([
      "http://bob.localhost:8080",
      "http://code-bob.localhost:8080",
      "http://db-bob.localhost:8080",
      "http://alice.localhost:8080",
      "http://code-alice.localhost:8080",
      "http://db-alice.localhost:8080",
    ]);
  });

  test("shows states as words, and none for what is not asked", () => {
    const states: Record<string, State> = { "a/site": "up", "a/editor": "starting" };
    const text = page(team(member("a")), states);
    expect(all(text, /data-service="([^"]*)"/g)).toEqual(["a/site", "a/editor"]);
    expect(all(text, /<span class="hush">, <\/span><span>([^<]*)</g)).toEqual(["up", "starting"]);
  });

  test("shows neither probes nor services that there are not", () => {
    const text = page(team(member("a")));
    expect(text).not.toContain("/-/status");
    expect(text).not.toContain("/healthz");
    expect(text).not.toContain("For the team");
  });

  test("links the team's services", () => {
    const config = { ...team(), services: [{ kind: "git", name: "Repositories", url: "http://git.localhost:8080" }] };
    const text = page(config, { git: "down" });
    expect(text).toContain("For the team");
    expect(all(text, /class="service" href="([^"]*)"/g)).toEqual(["http://git.localhost:8080"]);
    expect(all(text, /data-service="git" data-state="([^"]*)"/g)).toEqual(["down"]);
  });

  test("an empty roster", () => {
    expect(page(team())).toContain("Nobody is on the roster yet.");
  });

  test.each([
    [12, false],
    [13, true],
  ])("%i members: a filter %s", (count, filter) => {
    const text = page(team(...Array.from({ length: count }, (_, index) => member(`m${index}`))));
    expect(text.includes('id="filter"')).toBe(filter);
  });

  test("lets nothing of a name out of its place", () => {
    const evil = `"><script>alert('&')</script>\u202e\u0000\ud800`;
    const text = page({ ...team(member("eve", evil)), team: evil });
    expect(all(text, /<script>(.*?)<\/script>/g)).toEqual(["live()"]);
    const safe = "&#34;&#62;&#60;script&#62;alert(&#39;&#38;&#39;)&#60;/script&#62;\u202e\ufffd\ufffd";
    expect(text).toContain(`<h3 dir="auto" title="${safe}">${safe}</h3>`);
    expect(text).toContain(`<h1><bdi>${safe}</bdi></h1>`);
    expect(text).toContain(`<title>${safe} · Muster</title>`);
  });

  test("has neither inline styles nor inline handlers, which its policy would stop", () => {
    expect(page(team(member("a")))).not.toMatch(/\s(style|on[a-z]+)=/);
  });
});

test.each<[State[], string]>([
  [[], ""],
  [["up", "unknown"], "Checking what is up …"],
  [["up", "up"], "Everything is up"],
  [["up", "down", "starting"], "1 of 3 services are up"],
])("the summary of %j", (states, expected) => {
  expect(html.summary(english, states)).toBe(expected);
});

test.each([
  ["Alice Kim", "AK"],
  ["bob", "B"],
  ["Ana de la Cruz", "AC"],
  ["Liam O’Brien", "LB"],
  ["<script>", "S"],
  ["Élodie", "É"],
  ["E\u0301lodie", "E\u0301"],
  ["يوسف حداد", "يح"],
  ["🦊 Foxtrot", "🦊"],
  ["👩‍💻", "👩‍💻"],
  ["🇫🇷", "🇫🇷"],
  ["!!!", "?"],
])("the initials of %s are %s", (name, expected) => {
  expect(html.initials(name)).toBe(expected);
});

test("a member keeps a colour, and the colours are shared out", () => {
  expect(html.hueOf("alice")).toBe(html.hueOf("alice"));
  const hues = Array.from({ length: 200 }, (_, index) => html.hueOf(`member-${index}`));
  expect(new Set(hues)).toEqual(new Set(Array.from({ length: 12 }, (_, hue) => hue)));
});

describe("what stands in for a service", () => {
  const config = {
    ...team(member("alice", "Alice Kim"), {
      ...member("bob"),
      services: member("bob").services.filter(({ kind }) => kind !== "editor"),
    }),
    services: [{ kind: "git", name: "Repositories", url: "http://git.localhost:8080" }],
  };

  test.each<[string, string, number | undefined, number, string, boolean]>([
    ["alice", "editor", undefined, 503, "alice's editor is starting", true],
    ["alice", "site", undefined, 503, "alice's site is starting", true],
    ["alice", "database", undefined, 503, "alice's database is starting", true],
    ["alice", "site", 502, 502, "alice's site did not finish its answer", false],
    ["alice", "editor", 504, 504, "alice's editor did not finish its answer", false],
    ["bob", "editor", undefined, 404, "bob has no editor", false],
    ["bob", "shop", undefined, 404, "bob has no shop", false],
    ["carol", "editor", undefined, 404, "carol is not on the roster", false],
    ["", "git", undefined, 503, "Repositories is starting", true],
    ["", "git", 504, 504, "Repositories did not finish its answer", false],
    ["", "ci", undefined, 404, "The team has no service called ci", false],
  ])("member %j, service %s, broken %j: %i, %s", (id, service, broken, status, title, wait) => {
    expect(noticeFor(config, { member: id, service, broken })).toMatchObject({ status, title, wait });
  });

  test("who is not on the roster is shown who is, under the same kind of service", () => {
    const { others } = noticeFor(config, { member: "carol", service: "editor", broken: undefined });
    expect(others?.map(({ name, url }) => [name, url])).toEqual([["Alice Kim", "http://code-alice.localhost:8080"]]);
    const crowd = team(...Array.from({ length: 13 }, (_, index) => member(`m${index}`)));
    expect(noticeFor(crowd, { member: "carol", service: "site", broken: undefined }).others).toEqual([]);
  });

  test("only a page that waits loads itself again, with and without scripts", () => {
    const pages = [undefined, 502].map((broken) =>
      html.renderNotice(config, noticeFor(config, { member: "alice", service: "site", broken }), assets, "en"),
    );
    expect(pages.map((text) => all(text, /<script>(.*?)<\/script>/g))).toEqual([["retry()"], []]);
    expect(pages.map((text) => text.includes('<noscript><meta http-equiv="refresh"'))).toEqual([true, false]);
  });

  test("the page leads to the portal, and what the gateway names is escaped", () => {
    const notice = noticeFor(config, { member: "", service: "<b>", broken: undefined });
    const text = html.renderNotice(config, notice, assets, "en");
    expect(text).toContain("<h1>The team has no service called &#60;b&#62;</h1>");
    expect(text).toContain('href="http://localhost:8080"');
  });
});
