import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { resolveTeam } from "../../../config/members";
import { parseTeamConfig } from "../../../config/schema/team";
import { configStrings, ENCRYPTED, readStackFile } from "../../../config/stack-file";
import { ensureSecrets, readSecrets } from "../../../export/secrets";
import { problems } from "../../support/config";

const SECRET = "0123456789abcdef";
const GITHUB = { provider: "github", url: "https://github.com/our-team" };
const config = (upstream: unknown) => ({ members: [{ id: "alice" }], upstream });

const folder = mkdtempSync(join(tmpdir(), "muster-upstream-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("an upstream that cannot be used", () => {
  const URL_RULE = "is not a valid URL: use an http:// or https:// address such as https://github.com/our-team";
  const PATH_RULE = "has more than a host and a path: leave accounts, ? and # out, and use the key token for a token";
  const SECRET_RULE = 'use letters, digits, ".", "_", "~", "+", "/", "=" and "-"';
  const cases: [string, unknown, ...string[]][] = [
    ["a text", "github", 'config/upstream: is not a group of keys: write for example "provider: …"'],
    [
      "another key",
      { ...GITHUB, secret: SECRET },
      'config/upstream/secret: "secret" is not a known key: use pollInterval, provider, token, url, user, webhookSecret',
    ],
    [
      "another provider",
      { ...GITHUB, provider: "svn" },
      'config/upstream/provider: "svn" is not a known provider: use github, gitlab, gitea or git',
    ],
    [
      "ssh",
      { ...GITHUB, url: "git@github.com:our-team" },
      `config/upstream/url: "git@github.com:our-team" ${URL_RULE}`,
    ],
    [
      "an account in the address, which is not repeated",
      { ...GITHUB, url: "https://me@github.com/our-team" },
      `config/upstream/url: "https://…@github.com/our-team" ${PATH_RULE}`,
    ],
    [
      "a password in the address, which is not encoded either",
      { ...GITHUB, url: "https://me:p@ss/word@github.com/our-team" },
      `config/upstream/url: "https://…@github.com/our-team" ${PATH_RULE}`,
    ],
    [
      "a query",
      { ...GITHUB, url: "https://github.com/our-team?x" },
      `config/upstream/url: "https://github.com/our-team?x" ${PATH_RULE}`,
    ],
    [
      "an impatient interval",
      { ...GITHUB, pollInterval: 5 },
      "config/upstream/pollInterval: 5 is out of range: use 10 to 3600 seconds",
    ],
    [
      "a short secret, which is not repeated",
      { ...GITHUB, webhookSecret: "hush" },
      "config/upstream/webhookSecret: is too short: use at least 16 characters",
    ],
    [
      "a token with a quote, which is not repeated",
      { ...GITHUB, token: "to'ken" },
      `config/upstream/token: is not a valid token: ${SECRET_RULE}`,
    ],
    [
      "a webhook of plain git",
      { ...GITHUB, provider: "git", webhookSecret: SECRET },
      "config/upstream/webhookSecret: is for github, gitlab and gitea: leave it out, and the CI looks for pushes by itself",
    ],
  ];
  test.each(cases)("%s", (_, upstream, ...expected) => {
    expect(problems(config(upstream))).toEqual(expected);
  });
});

test("an upstream's defaults", () => {
  expect(resolveTeam(parseTeamConfig(config({ ...GITHUB, url: "https://github.com/our-team/" }))).upstream).toEqual({
    ...GITHUB,
    pollInterval: 30,
  });
  expect(resolveTeam(parseTeamConfig({ members: [{ id: "alice" }] })).upstream).toBeUndefined();
});

describe("values that Pulumi encrypted", () => {
  const file = join(folder, "Pulumi.test.yaml");
  const write = (value: string) => writeFileSync(file, `config:\n  muster:upstream: ${value}\n`);

  test("inside of a group stand for themselves where that is enough", () => {
    write("{provider: github, token: {secure: v1:abc}}");
    expect(configStrings(readStackFile(file), "allowed")).toEqual({
      "muster:upstream": JSON.stringify({ provider: "github", token: ENCRYPTED }),
    });
    const upstream = { ...GITHUB, token: ENCRYPTED, webhookSecret: ENCRYPTED };
    expect(problems(config(upstream))).toEqual([]);
  });

  test.each(["{provider: github, token: {secure: v1:abc}}", "{secure: v1:abc}"])("stop an export: %s", (value) => {
    write(value);
    expect(() => configStrings(readStackFile(file))).toThrow(
      `${file}: config/muster:upstream: is encrypted, which only the Pulumi CLI can read: use a plain value`,
    );
  });
});

test("secrets of the config go into the owner's file, and follow the config", () => {
  const file = join(folder, "secrets.env");
  const specs = (given: string) => [
    { name: "OTHER", length: 20 },
    { name: "UPSTREAM_TOKEN", length: 3, given },
  ];
  const { OTHER } = ensureSecrets(file, specs("one"));
  expect(ensureSecrets(file, specs("two"))).toEqual({ OTHER, UPSTREAM_TOKEN: "two" });
  expect(readSecrets(file)).toEqual({ OTHER, UPSTREAM_TOKEN: "two" });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const text = readFileSync(file, "utf8");
  ensureSecrets(file, specs("two"));
  expect(readFileSync(file, "utf8")).toBe(text);
});
