import { describe, expect, test } from "@jest/globals";
import { z } from "zod";
import { quote, withoutAccounts } from "../../../config/problems";
import { teamConfig } from "../../../config/schema/team";
import { group, secret, text } from "../../../config/schema/values";
import { mayHoldSecret, replaceSecretValues } from "../../../config/secrets";
import { problems } from "../../support/config";
import { secretPaths, withValue } from "../../support/secrets";

const hush = secret(1, "token");
const schema = group({
  name: text("x"),
  apiToken: hush.describe("Marked below its description.").optional(),
  environment: z.record(text("NAME"), hush).default({}),
  members: z.array(group({ id: text("alice"), environment: z.record(text("NAME"), hush) })),
  plain: z.array(z.array(text("x"))).optional(),
});

test("each secret is replaced under a name that its path gives", () => {
  const config = {
    name: "a",
    apiToken: "one",
    environment: { NPM_TOKEN: "two" },
    members: [
      { id: "alice", environment: { A: "three" } },
      { id: "bob-2", environment: {} },
      { id: "carol", environment: { A: "four", a: "five" } },
    ],
  };
  const found: Record<string, string> = {};
  const replaced = replaceSecretValues(schema, config, (name, value) => {
    found[name] = value;
    return `<${name}>`;
  });
  expect(found).toEqual({
    API_TOKEN: "one",
    _ENVIRONMENT_NPM_TOKEN: "two",
    _MEMBERS_alice_ENVIRONMENT_A: "three",
    _MEMBERS_carol_ENVIRONMENT_A: "four",
    _MEMBERS_carol_ENVIRONMENT_a: "five",
  });
  expect(replaced).toEqual({
    name: "a",
    apiToken: "<API_TOKEN>",
    environment: { NPM_TOKEN: "<_ENVIRONMENT_NPM_TOKEN>" },
    members: [
      { id: "alice", environment: { A: "<_MEMBERS_alice_ENVIRONMENT_A>" } },
      { id: "bob-2", environment: {} },
      { id: "carol", environment: { A: "<_MEMBERS_carol_ENVIRONMENT_A>", a: "<_MEMBERS_carol_ENVIRONMENT_a>" } },
    ],
  });
});

test.each<[boolean, ...PropertyKey[]]>([
  [true],
  [false, "name"],
  [true, "apiToken"],
  [true, "environment"],
  [true, "environment", "NPM_TOKEN"],
  [true, "members"],
  [true, "members", 0],
  [false, "members", 0, "id"],
  [true, "members", 0, "environment", "A"],
  [false, "plain", 0, 1],
  [false, "unknown"],
])("may hold a secret: %s at %s %s %s %s", (expected, ...path) => {
  expect(mayHoldSecret(schema, path)).toBe(expected);
});

describe("no message repeats", () => {
  const VALUE = "do-not-repeat-0123456789";
  const shapes: [string, (value: string) => unknown][] = [
    ["with a blank", (value) => `${value} `],
    ["too long", (value) => value.repeat(30)],
    ["in a list", (value) => [value]],
    ["in a group", (value) => ({ value })],
  ];
  const cases = secretPaths(teamConfig).flatMap((path) => [
    ...shapes.map(([what, wrong]) => [path.join("/"), what, withValue({}, path, wrong(VALUE))] as const),
    [path.join("/"), "below a list", { [path[0] as string]: [withValue({}, path.slice(1), VALUE)] }] as const,
    [
      path.join("/"),
      "below a text",
      { [path[0] as string]: JSON.stringify(withValue({}, path.slice(1), VALUE)) },
    ] as const,
  ]);
  test("any of these", () => {
    expect(secretPaths(teamConfig).map((path) => path.join("/"))).toEqual([
      "members/*/environment/*",
      "environment/*",
      "defaults/environment/*",
      "upstream/webhookSecret",
      "upstream/token",
      "live/environment/*",
      "live/mail/password",
      "registry/user",
      "registry/password",
    ]);
  });
  test.each(cases)("%s %s", (path, _, config) => {
    const found = problems({ members: [{ id: "alice" }], ...config });
    expect(found.join("\n")).toContain(`config/${path.split("/")[0]}`);
    expect(found.join("\n")).not.toContain(VALUE);
  });

  test.each([
    ["upstream", { provider: "github", url: "https://ci:hushhush@github.com/our-team" }],
    ["upstream", { provider: "github", url: "ssh://ci:hushhush@github.com/our-team" }],
    ...["apt", "aptSecurity", "npm", "pypi"].map((key) => ["mirrors", { [key]: "ftp://ci:hushhush@example.org" }]),
    ["registry", { push: "ci:hushhush@registry.example.org/muster" }],
    ["registry", { push: "https://ci:hushhush@registry.example.org/muster" }],
  ])("the password of an address: %s %j", (key, value) => {
    const found = problems({ members: [{ id: "alice" }], [key as string]: value }).join("\n");
    expect(found).toContain(`config/${key}/`);
    expect(found).toContain("…@");
    expect(found).not.toContain("hushhush");
  });
});

test.each([
  ["https://ci:token@git.example.org/x", "https://…@git.example.org/x"],
  ["https://token@git.example.org", "https://…@git.example.org"],
  ["Err:1 http://u:p/w@mirror trixie, see http://mirror/", "Err:1 http://…@mirror trixie, see http://mirror/"],
  ["u:p@registry.example.org", "…@registry.example.org"],
  ["alice@example.org", "alice@example.org"],
  ["git@github.com:our-team", "git@github.com:our-team"],
  ["registry.example.org:5000/muster/php@sha256:abc", "registry.example.org:5000/muster/php@sha256:abc"],
])("%s is shown as %s", (given, shown) => {
  expect(withoutAccounts(given)).toBe(shown);
  expect(quote([given])).toBe(JSON.stringify([shown]));
});
