import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { beforeEach, describe, expect, test } from "@jest/globals";
import { takeOver } from "../../../cli/commands/take-over";
import type { Instance, Streams, Target } from "../../../cli/targets/target";
import { resolveTeam } from "../../../config/members";
import { parseTeamConfig } from "../../../config/schema/team";

const teamOf = (repositories: string[]) => resolveTeam(parseTeamConfig({ members: [{ id: "alice" }], repositories }));

const ACCOUNT = `{"DB_NAME":"blog","DB_USER":"blog","DB_PASSWORD":"secret"}`;

/** What was asked of which instance, and what each answers to a command that begins so. */
let asked: string[];
let answers: Record<string, string>;

const instance = (member: string, component: string): Instance => ({
  name: `demo-${member}-${component}`,
  member,
  component,
  running: true,
  status: "Up",
});

const target = {
  instances: async () =>
    ["live", "live--blog"].flatMap((scope) => [instance(scope, "deployer"), instance(scope, "db")]),
  async exec({ name }: Instance, command: readonly string[], input: string) {
    const told = `${name.slice(5)}: ${[...command.filter((word) => !word.startsWith("-")), input].join(" ").trim()}`;
    asked.push(told);
    const known = Object.keys(answers).find((start) => told.startsWith(start));
    const fails = known === undefined && /: cat |: ls /.test(told);
    return { code: fails ? 1 : 0, stdout: known === undefined ? "" : (answers[known] as string), stderr: "" };
  },
  async pipe({ name }: Instance, command: readonly string[], { input, output }: Streams) {
    (output as Writable | undefined)?.end(`${command[0]} of ${name}`);
    const received = input ? ` < ${await text(input as Readable)}` : "";
    asked.push(`${name.slice(5)}: ${command[0]} ${command.at(-1)}${received}`);
    return { code: 0, stdout: "", stderr: "" };
  },
} as unknown as Target;

const session = {
  target,
  stack: undefined as never,
  progress: { step: (_: string, work: (detail: () => void) => unknown) => work(() => {}) } as never,
};

const LISTING = "live-deployer: ls /srv/live";
const LOG = "cat /srv/live/blog/releases.log";

beforeEach(() => {
  asked = [];
  answers = {};
});

describe("what the live server has of a repository with a site of its own", () => {
  test("is moved, the releases last, and removed where it was only then", async () => {
    answers = {
      "live-deployer: ls /srv/live/blog": "there",
      "live-deployer: ls /srv/shared/blog": "there",
      [LISTING]: "app\nblog",
      [`live-deployer: ${LOG}`]: "first\n",
      "live-deployer: cat /srv/live/blog/database.json": ACCOUNT,
      "live-deployer: cat /srv/live/.blog.moved/database.json": ACCOUNT,
    };
    await takeOver(session, teamOf(["app", "blog"]));
    const moves = asked.filter((told) => !/: (cat|ls) /.test(told)).map((told) => told.split("\n")[0]);
    expect(moves).toEqual([
      "live--blog-db: mariadb DROP DATABASE IF EXISTS `blog`; CREATE DATABASE `blog`;",
      "live-db: mariadb-dump blog",
      "live--blog-db: mariadb --database=blog < mariadb-dump of demo-live-db",
      "live-deployer: tar blog",
      "live--blog-deployer: sh blog < tar of demo-live-deployer",
      "live-deployer: tar blog",
      "live--blog-deployer: sh blog < tar of demo-live-deployer",
      "live-deployer: mv /srv/live/blog /srv/live/.blog.moved",
      "live-db: mariadb DROP DATABASE IF EXISTS `blog`; DROP USER IF EXISTS 'blog'@'%'",
      expect.stringMatching(/^live-deployer: sh .* \/srv\/shared\/blog$/),
      expect.stringMatching(/^live-deployer: sh .* \/srv\/live\/\.blog\.moved$/),
    ]);
  });

  test("is only removed where an interrupted run had moved it", async () => {
    answers = { [LISTING]: "app\n.blog.moved" };
    await takeOver(session, teamOf(["app", "blog"]));
    expect(asked.filter((told) => told.includes("tar") || told.includes(": mv"))).toEqual([]);
    expect(asked.at(-1)).toMatch(/\.blog\.moved$/);
  });

  test("is not moved again where its new site has gone on since", async () => {
    answers = { [LISTING]: "blog", [`live-deployer: ${LOG}`]: "1\n", [`live--blog-deployer: ${LOG}`]: "1\n2\n" };
    await takeOver(session, teamOf(["app", "blog"]));
    expect(asked.filter((told) => told.includes("tar"))).toEqual([]);
    expect(asked).toContain("live-deployer: mv /srv/live/blog /srv/live/.blog.moved");
  });

  test("stays where both have releases of their own", async () => {
    answers = { [LISTING]: "blog", [`live-deployer: ${LOG}`]: "1\n", [`live--blog-deployer: ${LOG}`]: "2\n" };
    await expect(takeOver(session, teamOf(["app", "blog"]))).rejects.toThrow(
      "blog went live anew at a site of its own before what it had on the live server was moved there",
    );
    expect(asked.filter((told) => !/: (cat|ls) /.test(told))).toEqual([]);
  });

  test("stays when its account's name is none", async () => {
    answers = {
      [LISTING]: "blog",
      [`live-deployer: ${LOG}`]: "1\n",
      "live-deployer: cat /srv/live/blog/database.json": ACCOUNT.replace("secret", "x'; DROP"),
    };
    await expect(takeOver(session, teamOf(["app", "blog"]))).rejects.toThrow("that nobody can have");
    expect(asked.filter((told) => told.includes("mariadb"))).toEqual([]);
  });

  test("costs nothing with one repository", async () => {
    await takeOver(session, teamOf(["app"]));
    expect(asked).toEqual([]);
  });
});
