import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { eventually } from "../../support/poll";

const load = async () => (await import("../../../images/node/follow.mjs")).follow;

let folder: string;
let end: () => void;
const file = (name: string) => join(folder, name);
const digest = (text: string) => createHash("sha256").update(text).digest("hex");
/** What the file says that was taken. */
const taken = () => readFileSync(file("taken"), "utf8");
const both = (text: string) => `${digest(text)}  NAMES\n${digest(text)}  PASSWORDS\n`;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "follow-"));
  end = () => undefined;
  jest.spyOn(console, "log").mockImplementation(() => undefined);
});
afterEach(() => {
  end();
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** Follows two lists of ids, which have to agree. */
async function start(env: Record<string, string>, seen: string[] = []) {
  const follow = await load();
  const take = ({ NAMES = "", PASSWORDS = "" }: Record<string, string>) => {
    if (NAMES !== PASSWORDS) throw new Error(`${NAMES} is not ${PASSWORDS}`);
    seen.push(NAMES);
  };
  end = await follow(["NAMES", "PASSWORDS"], take, { env, taken: file("taken"), interval: 10 });
}

test("waits for the first roster, takes each later one, and says what it has", async () => {
  const seen: string[] = [];
  const started = start({ NAMES_FILE: file("names"), PASSWORDS_FILE: file("passwords") }, seen);
  writeFileSync(file("names"), "alice");
  await eventually("the wait", async () => jest.mocked(console.log).mock.calls.length > 0);
  expect(console.log).toHaveBeenCalledWith("muster: waiting for the roster");
  expect(seen).toEqual([]);
  writeFileSync(file("passwords"), "alice");
  await started;
  expect(taken()).toBe(both("alice"));

  writeFileSync(file("names"), "alice bob");
  writeFileSync(file("passwords"), "alice bob");
  await eventually("bob", async () => taken() === both("alice bob"));
  expect(seen).toEqual(["alice", "alice bob"]);
});

test("keeps what it has while files do not fit or are away, and says so once", async () => {
  const complaints = jest.spyOn(console, "error").mockImplementation(() => undefined);
  writeFileSync(file("names"), "alice");
  writeFileSync(file("passwords"), "alice");
  await start({ NAMES_FILE: file("names"), PASSWORDS_FILE: file("passwords") });
  writeFileSync(file("names"), "bob");
  await eventually("the complaint", async () => complaints.mock.calls.length > 0);
  rmSync(file("passwords"));
  expect(taken()).toBe(both("alice"));
  writeFileSync(file("passwords"), "bob");
  await eventually("bob", async () => taken() === both("bob"));
  expect(complaints.mock.calls).toEqual([["muster: the roster is left as it was: bob is not alice"]]);
});

test("takes variables as they are, and neither both nor none", async () => {
  await start({ NAMES: "alice", PASSWORDS: "alice" });
  expect(taken()).toBe(both("alice"));
  await expect(start({ NAMES: "alice" })).rejects.toThrow("PASSWORDS is missing");
  await expect(start({ NAMES: "a", NAMES_FILE: "b", PASSWORDS: "a" })).rejects.toThrow(
    "NAMES and NAMES_FILE are both set: set one of them",
  );
});

test("a first roster that cannot be used ends the start", async () => {
  await expect(start({ NAMES: "alice", PASSWORDS: "bob" })).rejects.toThrow("alice is not bob");
});
