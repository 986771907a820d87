import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { eventually } from "../../support/poll";

type Say = (topic: string, text?: string) => void;
const image = require("../../../images/code-server/guard.cjs") as {
  guard(places: { proc: string; cgroup: string; say: Say }): () => void;
};
const { notices } = require("../../../images/code-server/notices.cjs") as {
  notices(places: { folder: string; terminals: string }): Say;
};
const guard = ({ proc, cgroup, terminals }: typeof places) =>
  image.guard({ proc, cgroup, say: notices({ folder: join(folder, "notices"), terminals }) });

let folder: string;
let places: { proc: string; cgroup: string; terminals: string };
let said: string[];

const NODE = ["/opt/node/bin/node", "--require", "/usr/local/share/muster/guard.cjs"];
const VSCODE = "/opt/code-server/node_modules/code-server/lib/vscode";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "muster-guard-"));
  places = { proc: join(folder, "proc"), cgroup: join(folder, "cgroup"), terminals: join(folder, "pts") };
  for (const place of Object.values(places)) mkdirSync(place);
  writeFileSync(join(places.cgroup, "memory.max"), `${1536 * 2 ** 20}\n`);
  kills(0);
  said = [];
  jest.spyOn(console, "error").mockImplementation((text) => void said.push(String(text)));
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const kills = (count: number) => writeFileSync(join(places.cgroup, "memory.events"), `oom 9\noom_kill ${count}\n`);

function runs(id: number, command: string[], { memory = 1000, score = 0 } = {}): void {
  const own = join(places.proc, String(id));
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, "cmdline"), command.map((word) => `${word}\0`).join(""));
  writeFileSync(join(own, "status"), `Name:\t${command[0]?.split("/").at(-1)}\nVmRSS:\t  ${memory} kB\n`);
  writeFileSync(join(own, "oom_score_adj"), `${score}\n`);
}

const ends = (id: number) => rmSync(join(places.proc, String(id)), { recursive: true });
const score = (id: number) => Number(readFileSync(join(places.proc, String(id), "oom_score_adj"), "utf8"));

test("what terminals and extensions start goes first; the editor, and what somebody has set, stay", () => {
  runs(1, ["/sbin/docker-init", "--", "entrypoint"]);
  runs(7, [...NODE, "/opt/code-server/node_modules/code-server/out/node/entry.js", "/workspace/app"]);
  runs(8, [...NODE, "/opt/code-server/node_modules/code-server/out/node/entry"]);
  runs(9, [...NODE, `${VSCODE}/out/bootstrap-fork`, "--type=ptyHost"]);
  runs(10, [...NODE, `${VSCODE}/out/bootstrap-fork`, "--type=extensionHost"]);
  runs(11, ["socat", "TCP-LISTEN:3306,bind=127.0.0.1", "TCP:db:3306"]);
  runs(12, ["/bin/bash", "-l"]);
  runs(13, [...NODE, `${VSCODE}/extensions/node_modules/typescript/lib/tsserver.js`]);
  runs(14, ["/opt/node/bin/node", "/workspace/app/out/node/entry.js"]);
  runs(15, ["make"], { score: 200 });
  guard(places)();
  expect([1, 7, 8, 9, 10, 11].map(score)).toEqual([0, 0, 0, 0, 0, 0]);
  expect([12, 13, 14, 15].map(score)).toEqual([500, 500, 500, 200]);
});

test("every terminal says what was ended, and the limit", async () => {
  writeFileSync(join(places.terminals, "0"), "");
  writeFileSync(join(places.terminals, "ptmx"), "");
  runs(20, ["/usr/bin/php"], { memory: 900_000 });
  runs(21, ["/bin/cat"]);
  const look = guard(places);
  look();
  expect(said).toEqual([]);
  ends(20);
  ends(21);
  kills(1);
  look();
  const line = "muster: out of memory: php was ended. Everything in this editor together may have 1536 MiB.";
  expect(said).toEqual([line]);
  await eventually("the line", async () => readFileSync(join(places.terminals, "0"), "utf8").includes(line), 5);
  expect(readFileSync(join(places.terminals, "ptmx"), "utf8")).toBe("");
  expect(`muster: ${readFileSync(join(folder, "notices/memory"), "utf8")}`).toBe(line);
  look();
  expect(said).toHaveLength(1);
});

test("what came and went between two looks has no name; cgroups of version 1 count as well", () => {
  rmSync(join(places.cgroup, "memory.events"));
  rmSync(join(places.cgroup, "memory.max"));
  mkdirSync(join(places.cgroup, "memory"));
  const control = join(places.cgroup, "memory", "memory.oom_control");
  writeFileSync(control, "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n");
  writeFileSync(join(places.cgroup, "memory", "memory.limit_in_bytes"), String(2 ** 29));
  const look = guard(places);
  look();
  expect(said).toEqual([]);
  writeFileSync(control, "oom_kill 4\n");
  for (let looks = 0; looks < 4; looks++) look();
  expect(said).toEqual([]);
  look();
  expect(said).toEqual([
    "muster: out of memory: a process was ended. Everything in this editor together may have 512 MiB.",
  ]);
});

test("what is counted before it is gone gets its name at a later look", () => {
  runs(20, ["/usr/bin/php"], { memory: 900_000 });
  runs(21, ["/usr/bin/make"], { memory: 500_000 });
  const look = guard(places);
  look();
  kills(1);
  look();
  expect(said).toEqual([]);
  // A process that ends keeps its number for a while, and no memory.
  runs(20, ["/usr/bin/php"], { memory: 0 });
  look();
  look();
  expect(said).toEqual(["muster: out of memory: php was ended. Everything in this editor together may have 1536 MiB."]);
});
