import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";

type Listener = (session: { id: string; type: string }) => void;

const FOLDER = "/workspace/.muster";
let folder: string;
let started: Listener;
let ended: Listener;
let extension: { activate(context: object): void; deactivate(): void };

jest.mock("node:fs", () => {
  const fs = jest.requireActual<typeof import("node:fs")>("node:fs");
  const here = (path: string) => path.replace(FOLDER, folder);
  return {
    ...fs,
    mkdirSync: (path: string, options: object) => fs.mkdirSync(here(path), options),
    writeFileSync: (path: string, text: string) => fs.writeFileSync(here(path), text),
    rmSync: (path: string, options: object) => fs.rmSync(here(path), options),
  };
});
jest.mock(
  "vscode",
  () => ({
    debug: {
      onDidStartDebugSession: (listener: Listener) => {
        started = listener;
      },
      onDidTerminateDebugSession: (listener: Listener) => {
        ended = listener;
      },
    },
  }),
  { virtual: true },
);

const debugged = () => existsSync(join(folder, "debugging"));

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "debugging-")), "new");
  extension = require("../../../images/code-server/debugging/extension.js");
  extension.activate({ subscriptions: [] });
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("requests are debugged from the first PHP session's start to the last one's end", () => {
  started({ id: "1", type: "node" });
  expect(debugged()).toBe(false);
  started({ id: "2", type: "php" });
  started({ id: "3", type: "php" });
  ended({ id: "1", type: "node" });
  ended({ id: "2", type: "php" });
  expect(debugged()).toBe(true);
  ended({ id: "3", type: "php" });
  expect(debugged()).toBe(false);
});

test("an editor that closes leaves nothing behind", () => {
  started({ id: "1", type: "php" });
  extension.deactivate();
  expect(debugged()).toBe(false);
});
