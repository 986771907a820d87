import { EventEmitter } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { eventually } from "../../support/poll";

const { watcher } = require("../../../images/code-server/visitors.cjs") as {
  watcher(places: { terminals: string; file: string; settled: number }): (request: object, socket: object) => void;
};

class Socket extends EventEmitter {
  destroyed = false;
  close() {
    this.destroyed = true;
    this.emit("close");
  }
}

let folder: string;
let watch: ReturnType<typeof watcher>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "muster-visitors-"));
  writeFileSync(join(folder, "0"), "");
  jest.spyOn(console, "log").mockImplementation(() => undefined);
  watch = watcher({ terminals: folder, file: join(folder, "visitors.json"), settled: 1 });
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const visit = (name: string) => {
  const socket = new Socket();
  watch({ headers: { "x-muster-visitor": name } }, socket);
  return socket;
};
const present = () => {
  try {
    return JSON.parse(readFileSync(join(folder, "visitors.json"), "utf8")) as string[];
  } catch {
    return [];
  }
};
const terminal = () => readFileSync(join(folder, "0"), "utf8");

test("an organiser's first window is told to the terminals, and their last one's end", async () => {
  const name = encodeURIComponent("캐럴 <Kim>\r\n");
  const windows = [visit(name), visit(name)];
  await eventually("the visitor", async () => present().length === 1);
  expect(present()).toEqual(["캐럴 <Kim>"]);
  await eventually("the line", async () => terminal().includes("muster: 캐럴 <Kim> is in this editor, to help"));
  windows[0]?.close();
  expect(present()).toEqual(["캐럴 <Kim>"]);
  windows[1]?.close();
  expect(present()).toEqual([]);
  await eventually("the end", async () => terminal().includes("has left this editor"));
});

test("a connection that the editor refuses is nobody's, and so is one without a name", async () => {
  visit("carol").close();
  visit("");
  visit("%E0%A4%A");
  visit("dave");
  await eventually("the one who is in", async () => present().includes("dave"));
  expect(present()).toEqual(["dave"]);
});
