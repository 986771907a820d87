import { appendFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { fileObstacle } from "../../../cli/command";
import type { Stack } from "../../../cli/project";
import { forgetUpdate, isUnchanged, noteUpdate, type Update } from "../../../cli/pulumi/unchanged";
import { resolveTeam } from "../../../config/members";
import { parseTeamConfig } from "../../../config/schema/team";

const team = (config: object = {}) => resolveTeam(parseTeamConfig({ members: [{ id: "alice" }], ...config }));

let root: string;
let update: Update;
const file = (name: string) => join(root, name);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "unchanged-"));
  for (const folder of ["components", "config/schema", "platform"]) mkdirSync(file(folder), { recursive: true });
  const files = [
    "index.ts",
    "Pulumi.yaml",
    "package-lock.json",
    "components/a.ts",
    "config/schema/b.ts",
    "platform/c.ts",
  ];
  for (const name of [...files, "Pulumi.dev.yaml", "state.json"]) writeFileSync(file(name), name);
  const stack = { project: { root }, file: file("Pulumi.dev.yaml"), folder: file("dev") } as Stack;
  update = { stack, team: team(), images: [{ name: "muster/web:1" }], state: file("state.json"), env: {} };
});
afterEach(() => rmSync(root, { recursive: true }));

test("an update that nobody has noted is none that was made", () => {
  expect(isUnchanged(update)).toBe(false);
});

test("the same again is unchanged, until it is forgotten; only its owner can read what is noted", () => {
  noteUpdate(update);
  expect(isUnchanged(update)).toBe(true);
  expect(isUnchanged({ ...update, team: team() })).toBe(true);
  expect(statSync(file("dev/unchanged")).mode & 0o077).toBe(0);
  forgetUpdate(update);
  expect(isUnchanged(update)).toBe(false);
});

describe("is changed by", () => {
  test.each([
    ...["index.ts", "Pulumi.yaml", "package-lock.json", "components/a.ts", "config/schema/b.ts", "platform/c.ts"],
    ...["Pulumi.dev.yaml", "state.json"],
  ])("another %s", (name) => {
    noteUpdate(update);
    appendFileSync(file(name), " ");
    expect(isUnchanged(update)).toBe(false);
  });

  test("a new source", () => {
    noteUpdate(update);
    writeFileSync(file("config/new.ts"), "");
    expect(isUnchanged(update)).toBe(false);
  });

  test.each<[string, Partial<Update>]>([
    ["another member", { team: team({ members: [{ id: "alice" }, { id: "bob" }] }) }],
    ["another image", { images: [{ name: "muster/web:2" }] }],
    ["another daemon", { env: { DOCKER_HOST: "ssh://elsewhere" } }],
    ["state that is kept elsewhere", { state: undefined }],
  ])("%s", (_, change) => {
    noteUpdate(update);
    expect(isUnchanged({ ...update, ...change })).toBe(false);
  });
});

test("a folder in the place of the note is named", () => {
  mkdirSync(file("dev/unchanged"), { recursive: true });
  for (const use of [isUnchanged, noteUpdate, forgetUpdate]) {
    const caught = (() => {
      try {
        return use(update);
      } catch (error) {
        return error;
      }
    })();
    expect(fileObstacle(caught)).toBe(`${file("dev/unchanged")} is a folder, and a file belongs there: move it away.`);
  }
});

test("without a file of the state nothing is noted", () => {
  noteUpdate({ ...update, state: undefined });
  noteUpdate({ ...update, state: file("missing.json") });
  expect(existsSync(file("dev/unchanged"))).toBe(false);
});
