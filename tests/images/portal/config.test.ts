import { beforeAll, describe, expect, test } from "@jest/globals";
import { portalConfig } from "../../../components/portal";
import { resolveTeam } from "../../../config/members";
import { parseTeamConfig } from "../../../config/schema/team";

const load = () => import("../../../images/portal/config.mjs");
let parseConfig: Awaited<ReturnType<typeof load>>["parseConfig"];
beforeAll(async () => {
  ({ parseConfig } = await load());
});

const alice = { id: "alice", name: "Alice Kim" };
const site = {
  kind: "site",
  name: "Site",
  url: "http://{member}.localhost:8080",
  probe: "http://muster-{member}-web:8080/-/status",
};
const editor = { kind: "editor", name: "Editor", url: "http://code-{member}.localhost:8080" };
const whole = {
  team: "muster",
  domain: "localhost",
  url: "http://localhost:8080",
  members: [alice],
  memberServices: [site, editor],
  services: [],
};

const { memberServices: _, ...read } = whole;

/** The problems of `whole` with `changes`; none when it is accepted. */
function problems(changes: object): string[] {
  try {
    parseConfig(JSON.stringify({ ...whole, ...changes }));
    return [];
  } catch (error) {
    return (error as { problems: string[] }).problems;
  }
}

const member = (changes: object) => ({ members: [{ ...alice, ...changes }] });
const service = (changes: object) => ({ memberServices: [{ ...site, ...changes }] });

test("a configuration is read, and everybody has the services of the page", () => {
  const git = { kind: "git", name: "Repositories", url: "http://git.localhost:8080" };
  const services = [git, { kind: "ci", url: "https://ci.localhost" }];
  expect(parseConfig(JSON.stringify({ ...whole, members: [alice, { id: "bob" }], services }))).toEqual({
    ...read,
    members: [
      {
        ...alice,
        services: [
          {
            kind: "site",
            name: "Site",
            url: "http://alice.localhost:8080",
            probe: "http://muster-alice-web:8080/-/status",
          },
          { kind: "editor", name: "Editor", url: "http://code-alice.localhost:8080" },
        ],
      },
      {
        id: "bob",
        name: "bob",
        services: [
          {
            kind: "site",
            name: "Site",
            url: "http://bob.localhost:8080",
            probe: "http://muster-bob-web:8080/-/status",
          },
          { kind: "editor", name: "Editor", url: "http://code-bob.localhost:8080" },
        ],
      },
    ],
    services: [git, { kind: "ci", name: "ci", url: "https://ci.localhost" }],
  });
});

const delivery = {
  ciApi: "http://muster-ci:8080/api/v2",
  ciUrl: "http://ci.localhost:8080",
  liveApi: "http://muster-live-web:8080/-/live",
  deployBranch: "main",
  repositories: [{ name: "app", gitUrl: "http://git.localhost:8080/app/", liveUrl: "http://live.localhost:8080" }],
};

test("where pushes are tested and go live is read as it is", () => {
  expect(parseConfig(JSON.stringify({ ...whole, delivery })).delivery).toEqual(delivery);
  expect(parseConfig(JSON.stringify(whole))).not.toHaveProperty("delivery");
});

describe("what the program writes", () => {
  const written = (config: object) => {
    const endpoint = (host: string) => ({ host, port: 8080 });
    const routes = { git: endpoint("git"), ci: endpoint("ci"), live: endpoint("live"), mail: endpoint("mail") };
    const platform = { memberEndpoint: (component: string, port: number) => `t-{member}-${component}:${port}` };
    return JSON.stringify(portalConfig(resolveTeam(parseTeamConfig(config)), platform, routes));
  };

  test("is what the portal reads", () => {
    const { members, services, delivery } = parseConfig(written({ members: [{ id: "alice", name: "Alice Kim" }] }));
    expect(members).toEqual([
      {
        id: "alice",
        name: "Alice Kim",
        services: [
          {
            kind: "site",
            name: "Site",
            url: "http://alice.localhost:8080",
            probe: "http://t-alice-web:13380/-/status",
          },
          {
            kind: "editor",
            name: "Editor",
            url: "http://code-alice.localhost:8080",
            probe: "http://t-alice-code:13337/healthz",
          },
          { kind: "database", name: "Database", url: "http://db-alice.localhost:8080" },
        ],
      },
    ]);
    expect(services.map(({ kind }) => kind)).toEqual(["git", "ci", "live", "mail"]);
    expect(delivery?.repositories.map(({ name }) => name)).toEqual(["app"]);
  });

  const KIB = 1024;
  test.each([
    ["usual names", 25, 100 * KIB, {}],
    [
      "names and addresses as long as they may be together",
      41,
      128 * KIB,
      {
        domain: `${"d".repeat(63)}.${"e".repeat(63)}.${"f".repeat(62)}`,
        upstream: { provider: "git", url: `https://${"u".repeat(292)}` },
      },
    ],
  ])("of 1000 members with %s fits into one environment variable", (_, length, limit, options) => {
    const members = Array.from({ length: 1000 }, (_, index) => ({
      id: `member-of-${index}`.padEnd(20, "x"),
      name: "n".repeat(length),
    }));
    const repositories = Array.from({ length: 50 }, (_, index) => `r${index}`.padEnd(40, "x"));
    const text = written({ members, repositories, ...options });
    expect(text.length).toBeLessThan(limit - "PORTAL_CONFIG=".length);
    expect(parseConfig(text).members).toHaveLength(1000);
  });
});

const URL_RULE = "is not an address: use http:// or https://";

describe("what is refused", () => {
  test.each<[string, object, string[]]>([
    ["a missing team", { team: undefined }, ["PORTAL_CONFIG/team: nothing is not a text"]],
    ["a blank team", { team: " " }, ['PORTAL_CONFIG/team: " " is not a text']],
    ["a wrong type", { domain: 7 }, ["PORTAL_CONFIG/domain: 7 is not a text"]],
    [
      "an unknown key",
      { extra: 1 },
      ['PORTAL_CONFIG: "extra" is not a key here: use team, domain, url, members, memberServices, services, delivery'],
    ],
    [
      "a script for an address",
      { url: "javascript:alert(1)" },
      [`PORTAL_CONFIG/url: "javascript:alert(1)" ${URL_RULE}`],
    ],
    ["members that are no list", { members: {} }, ["PORTAL_CONFIG/members: {} is not a list"]],
    [
      "a member that is no object",
      { members: ["alice"] },
      [
        'PORTAL_CONFIG/members/0: "alice" is not an object with id, name',
        "PORTAL_CONFIG/members/0/id: nothing is not a text",
      ],
    ],
    [
      "an id that is none",
      member({ id: "Bob!" }),
      ['PORTAL_CONFIG/members/0/id: "Bob!" is not a valid id: use 1–20 of a-z, 0-9 and "-", starting with a letter'],
    ],
    ["an id twice", { members: [alice, alice] }, ['PORTAL_CONFIG/members/1/id: "alice" is there already']],
    [
      "a service twice",
      { memberServices: [site, site] },
      ['PORTAL_CONFIG/memberServices/1/kind: "site" is there already'],
    ],
    [
      "a kind that is no id",
      service({ kind: "toString" }),
      [
        'PORTAL_CONFIG/memberServices/0/kind: "toString" is not a valid id: use 1–20 of a-z, 0-9 and "-", starting with a letter',
      ],
    ],
    ["a relative address", service({ url: "/x" }), [`PORTAL_CONFIG/memberServices/0/url: "/x" ${URL_RULE}`]],
    ["a probe that is none", service({ probe: 1 }), [`PORTAL_CONFIG/memberServices/0/probe: 1 ${URL_RULE}`]],
    [
      "one address for everybody",
      service({ url: "http://alice.localhost", probe: "http://web" }),
      ['url: "http://alice.localhost"', 'probe: "http://web"'].map(
        (found) =>
          `PORTAL_CONFIG/memberServices/0/${found} is the same for every member: write {member} where the id goes`,
      ),
    ],
    [
      "a delivery without a branch and with an unknown key",
      { delivery: { ...delivery, deployBranch: undefined, branch: "main" } },
      [
        'PORTAL_CONFIG/delivery: "branch" is not a key here: use ciApi, ciUrl, gitApi, liveApi, deployBranch, repositories',
        "PORTAL_CONFIG/delivery/deployBranch: nothing is not a text",
      ],
    ],
    [
      "a delivery without addresses",
      { delivery: { ...delivery, ciApi: undefined, liveApi: "file:///srv/live" } },
      [
        `PORTAL_CONFIG/delivery/ciApi: nothing ${URL_RULE}`,
        `PORTAL_CONFIG/delivery/liveApi: "file:///srv/live" ${URL_RULE}`,
      ],
    ],
    [
      "a repository twice",
      { delivery: { ...delivery, repositories: [delivery.repositories[0], delivery.repositories[0]] } },
      ['PORTAL_CONFIG/delivery/repositories/1/name: "app" is there already'],
    ],
    [
      "several at once",
      { team: "", services: [{ kind: "git" }] },
      ['PORTAL_CONFIG/team: "" is not a text', `PORTAL_CONFIG/services/0/url: nothing ${URL_RULE}`],
    ],
  ])("%s", (_, changes, expected) => {
    expect(problems(changes)).toEqual(expected);
  });

  test.each(["../x", "a..b", "a.git", "a b", "A", "", "x".repeat(65)])("a repository called %j", (name) => {
    const repositories = [{ ...delivery.repositories[0], name }];
    expect(problems({ delivery: { ...delivery, repositories } })).toEqual([
      expect.stringMatching(/^PORTAL_CONFIG\/delivery\/repositories\/0\/name: .+ is not a /),
    ]);
  });

  test("a login in an address, without repeating it", () => {
    const [problem, ...others] = problems(service({ url: "http://alice:secret@{member}.localhost/" }));
    expect(problem).toBe(
      'PORTAL_CONFIG/memberServices/0/url: "http://…@{member}.localhost" holds a login, and everybody can read this page: leave it out',
    );
    expect(others).toEqual([]);
  });

  test.each([
    ["{", /^PORTAL_CONFIG is not JSON: /],
    ["null", /^PORTAL_CONFIG: null is not an object with team, /],
    ["[]", /^PORTAL_CONFIG: \[\] is not an object with team, /],
  ])("%s", (text, message) => {
    expect(() => parseConfig(text)).toThrow(message);
  });
});
