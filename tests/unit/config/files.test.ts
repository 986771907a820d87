import fs, {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { createText, nameIfFree, writeText } from "../../../config/files";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "muster-unit-"));
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const file = (name: string) => join(folder, name);
const text = (name: string) => readFileSync(file(name), "utf8");
const mode = (name: string) => statSync(file(name)).mode & 0o777;

describe("a file that is written as a whole", () => {
  test("leaves the user's own beside it", () => {
    writeFileSync(file("compose.yaml"), "old");
    mkdirSync(file("compose.yaml.new"));
    writeFileSync(file("compose.yaml.new/notes"), "mine");
    writeText(file("compose.yaml"), "new");
    expect([text("compose.yaml"), text("compose.yaml.new/notes")]).toEqual(["new", "mine"]);
    expect(readdirSync(folder)).toEqual(["compose.yaml", "compose.yaml.new"]);
  });

  test("is the one that a link leads to", () => {
    mkdirSync(file("elsewhere"));
    writeFileSync(file("elsewhere/real"), "old");
    symlinkSync("elsewhere/real", file("link"));
    symlinkSync("link", file("link-to-link"));
    symlinkSync("elsewhere/later", file("early"));
    for (const name of ["link-to-link", "early"]) writeText(file(name), `of ${name}`);
    expect([text("elsewhere/real"), text("elsewhere/later")]).toEqual(["of link-to-link", "of early"]);
    for (const name of ["link", "link-to-link", "early"]) expect(lstatSync(file(name)).isSymbolicLink()).toBe(true);
    expect(readdirSync(file("elsewhere"))).toEqual(["later", "real"]);
  });

  test("is named where a link leads to a folder that is gone", () => {
    symlinkSync("gone/real", file("link"));
    expect(() => writeText(file("link"), "text")).toThrow(
      expect.objectContaining({ code: "ENOENT", path: file("gone/real") }),
    );
    expect(readdirSync(folder)).toEqual(["link"]);
  });

  test.each([0o600, 0o664])("keeps its mode (%d), unless one is asked for", (own) => {
    writeFileSync(file("compose.yaml"), "old");
    chmodSync(file("compose.yaml"), own);
    writeText(file("compose.yaml"), "new");
    expect(mode("compose.yaml")).toBe(own);
    writeText(file("compose.yaml"), "new", 0o600);
    expect(mode("compose.yaml")).toBe(0o600);
  });

  test("is on the disk before it has its name, and no other writer is in its way", () => {
    const written = jest.spyOn(fs, "fsyncSync");
    const renamed = jest.spyOn(fs, "renameSync");
    renamed.mockImplementationOnce((fresh, target) => {
      expect(written).toHaveBeenCalledTimes(1);
      writeText(file("secrets.env"), "another's");
      fs.renameSync(fresh, target);
    });
    writeText(file("secrets.env"), "own", 0o600);
    expect(text("secrets.env")).toBe("own");
    expect(readdirSync(folder)).toEqual(["secrets.env"]);
  });

  test("is nowhere when its name cannot be given", () => {
    mkdirSync(file("folder"));
    expect(() => writeText(file("folder"), "text")).toThrow(expect.objectContaining({ code: "EISDIR" }));
    expect(readdirSync(folder)).toEqual(["folder"]);
  });
});

describe("a file that is made", () => {
  test("stays as another process has made it", () => {
    createText(file("passphrase"), "first", 0o600);
    createText(file("passphrase"), "second", 0o600);
    expect([text("passphrase"), mode("passphrase")]).toEqual(["first", 0o600]);
    expect(readdirSync(folder)).toEqual(["passphrase"]);
  });

  test("is the one that a link leads to", () => {
    symlinkSync("real", file("passphrase"));
    createText(file("passphrase"), "first", 0o600);
    expect(text("real")).toBe("first");
  });

  test("is so on a file system without hard links too", () => {
    jest.spyOn(fs, "linkSync").mockImplementation(() => {
      throw Object.assign(new Error("EPERM"), { code: "EPERM" });
    });
    createText(file("passphrase"), "first", 0o600);
    createText(file("passphrase"), "second", 0o600);
    expect([text("passphrase"), mode("passphrase")]).toEqual(["first", 0o600]);
    expect(readdirSync(folder)).toEqual(["passphrase"]);
  });

  test("is missed where it cannot be", () => {
    expect(() => nameIfFree(file("none"), file("name"))).toThrow(expect.objectContaining({ code: "ENOENT" }));
    expect(existsSync(file("name"))).toBe(false);
  });
});
