import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { ConfigError } from "../../../config/problems";
import { readTeamConfig } from "../../../config/schema/team";
import { configStrings, readStackFile } from "../../../config/stack-file";

const folder = mkdtempSync(join(tmpdir(), "stack-file-"));
const path = join(folder, "Pulumi.dev.yaml");
afterAll(() => rmSync(folder, { recursive: true }));

/** The problems of a stack file, without its path; none when it is accepted. */
function problems(content: string | Buffer): string[] {
  writeFileSync(path, content);
  try {
    readTeamConfig(configStrings(readStackFile(path)), "muster");
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((problem) => problem.replace(`${path}: `, ""));
  }
}

/** With a roster that has no fault itself. */
const beside = (lines: string) => `config:\n  muster:members: [{ id: alice }]\n${lines}`;

describe("a file that is no stack's", () => {
  test.each<[string, string | Buffer, ...string[]]>([
    ["a list", "- config\n", "is not a group of keys: begin the file with config: and a roster"],
    ["a text", "hello\n", "is not a group of keys: begin the file with config: and a roster"],
    [
      "a roster without config",
      "muster:team: a\nmembers: [{ id: alice }]\n",
      '"muster:team" stands beside config: and not in it, where nothing reads it: indent it below config:',
      '"members" stands beside config: and not in it, where nothing reads it: indent it below config:',
    ],
    ["a misspelt config", "Confg:\n  muster:team: a\n", '"Confg" is not a known key: did you mean config?'],
    ["nothing", "", "config/members: is missing: add it, for example - id: alice"],
    [
      "a list as config",
      "config: [a]\n",
      "config: is not a group of keys: write for example config: { muster:team: hackathon }",
    ],
    [
      "UTF-16",
      Buffer.from("\ufeffconfig: {}\n", "utf16le"),
      "is not UTF-8, but perhaps UTF-16 or another encoding: save it as UTF-8",
    ],
    [
      "Latin-1",
      Buffer.from(beside("  muster:team: Zürich\n"), "latin1"),
      "is not UTF-8, but perhaps UTF-16 or another encoding: save it as UTF-8",
    ],
    ["5 MiB", "#".repeat(5 << 20), "is larger than 4 MiB: keep the config of one stack in it"],
    ["two documents", "config: {}\n---\na: 1\n", "line 2, column 1: begins a second document: keep one in the file"],
    ["tabs", "config:\n\tmuster:team: a\n", "line 2, column 1: has a tab in the indentation: use blanks"],
    [
      "a key given twice",
      beside("  muster:team: a\n  muster:team: b\n"),
      "line 4, column 3: is a key for the second time in its group: keep one of them",
    ],
    [
      "numbers that are none",
      beside("  muster:port: .nan\n  muster:ci: { timeout: -.inf }\n"),
      "line 3, column 16: .nan is no number that anything here can be: write digits",
      "line 4, column 25: -.inf is no number that anything here can be: write digits",
    ],
    [
      "dates, and numbers of YAML 1.1",
      beside('  muster:environment: { A: 2026-01-31, B: 010, C: 1_000, D: "2026-01-31", E: 0b11, F: 10 }\n'),
      ...[28, 43, 51, 78].map(
        (column) =>
          `line 3, column ${column}: what stands here is one value to Pulumi, and another one elsewhere: ` +
          "put it in quotes, or write a number in plain digits",
      ),
    ],
    [
      "an alias inside of itself",
      beside("  muster:ci: &ci { steps: [{ name: a, command: *ci }] }\n"),
      "line 3, column 48: the alias *ci is inside of what it stands for: write it out",
    ],
    [
      "an alias without an anchor",
      beside("  muster:team: *team\n"),
      "line 3, column 16: the alias *team has no anchor before it: write &team there",
    ],
    [
      "3,000 lists in one another",
      beside(`  muster:ci: ${"[".repeat(3000)}${"]".repeat(3000)}\n`),
      "line 3, column 75: is more than 64 levels deep: bring it nearer to the top",
    ],
    [
      "3,000 lists in one another, as blocks",
      `config:\n  muster:members:\n    ${"- ".repeat(3000)}a\n`,
      "line 3, column 127: is more than 64 levels deep: bring it nearer to the top",
    ],
  ])("%s", (_, content, ...expected) => {
    expect(problems(content)).toEqual(expected);
  });

  test("aliases that stand for ever more", () => {
    const lines = Array.from({ length: 9 }, (_, n) => `a${n + 1}: &a${n + 1} [${`*a${n}, `.repeat(9)}]\n`);
    const [problem] = problems(`a0: &a0 [1]\n${lines.join("")}${beside("")}`);
    expect(problem).toMatch(/^Excessive alias count .*: write out what the aliases stand for$/);
  });

  test("a folder", () => {
    expect(() => readStackFile(folder)).toThrow(`${folder}: cannot be read (EISDIR): make it a file of yours`);
  });

  test("every encrypted value is named", () => {
    const secure = "{ secure: abc }";
    expect(problems(`config: { muster:team: ${secure}, muster:upstream: { token: ${secure} } }\n`)).toEqual([
      "config/muster:team: is encrypted, which only the Pulumi CLI can read: use a plain value",
      "config/muster:upstream: is encrypted, which only the Pulumi CLI can read: use a plain value",
    ]);
  });
});

describe("keys that Muster would not see", () => {
  test("without their namespace, each is named with all that is wrong with it", () => {
    expect(problems("config:\n  team: A\n  memebers: [{ id: alice }]\n  colour: red\n")).toEqual([
      'config/team: "team" has no namespace: write muster:team',
      'config/memebers: "memebers" has no namespace: write muster:members',
      'config/colour: "colour" has no namespace: write muster:colour',
      'config/team: "A" is not a valid team: use 1–20 of a-z and 0-9, starting with a letter',
      expect.stringMatching(/^config\/colour: "colour" is not a known key: use certificates, /),
    ]);
  });

  test("nested below their namespace", () => {
    expect(problems("config:\n  muster:\n    team: a\n")[0]).toBe(
      'config/muster: "muster" is no key by itself: write each with it, for example muster:team: hackathon',
    );
  });

  test("Pulumi's own stand beside config", () => {
    const own = "encryptionsalt: v1:x\nsecretsprovider: passphrase\nencryptedkey: k\nenvironment: [a]\nx-mine: 1\n";
    expect(problems(`${own}${beside("")}`)).toEqual([]);
  });

  test.each([
    ["mustr:team", "team"],
    ["Muster:team", "team"],
    ["mutser:domian", "domain"],
    ["master:anything", "anything"],
    ["hackathon:members", "members"],
  ])("%s", (key, meant) => {
    expect(problems(beside(`  ${key}: a\n`))[0]).toBe(
      `config/${key}: "${key}" is of a namespace that nothing here uses: did you mean muster:${meant}?`,
    );
  });

  test.each(["aws:region", "docker:registry", "kubernetes:context", "pulumi:tags", "company:cluster", "cluster:size"])(
    "%s is left alone",
    (key) => {
      expect(problems(beside(`  ${key}: a\n`))).toEqual([]);
    },
  );
});
