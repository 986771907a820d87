import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { dumpFile } from "../../../cli/commands/dump-file";
import { checkReplaceable } from "../../../cli/commands/export";
import { checkWritable } from "../../../cli/commands/written-file";
import { pipe } from "../../../cli/tools/process";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "muster-unit-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const written = (name: string, content: string | Buffer): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const SQL = "SELECT '한글';\n".repeat(5000);

describe("a dump that is to be imported", () => {
  test.each<[string, Buffer]>([
    ["a.sql", Buffer.from(SQL)],
    ["a.sql.gz", gzipSync(SQL)],
    ["packed.sql", gzipSync(SQL)],
    ["powershell.sql", Buffer.from(`\ufeff${SQL}`, "utf16le")],
    ["swapped.sql", Buffer.from(`\ufeff${SQL}`, "utf16le").swap16()],
  ])("is read from %s", async (name, content) => {
    const { size, open } = dumpFile(written(name, content));
    let told = 0;
    const bytes = await buffer(
      open((sum) => {
        told = sum;
      }),
    );
    expect(bytes.toString()).toBe(SQL);
    expect([size, told]).toEqual([content.length, content.length]);
  });

  test.each<[string, string | Buffer, string]>([
    ["empty.sql", "", "is empty"],
    ["text.sql.gz", SQL, "is not packed by gzip: nothing was changed. Name it .sql if it is SQL."],
    ["a.zip", Buffer.from("504b03041400", "hex"), "is a ZIP archive: nothing was changed. Give the .sql in it."],
    ["a.sql.bz2", "BZh91AY", "is packed by bzip2"],
    ["a.sql.xz", Buffer.from("fd377a585a000004", "hex"), "is packed by xz"],
    ["a.sql.zst", Buffer.from("28b52ffd0458", "hex"), "is packed by zstd"],
    ["a.db", "SQLite format 3\0 ", "is a database of SQLite, and no dump"],
  ])("is not taken from %s", (name, content, message) => {
    expect(() => dumpFile(written(name, content))).toThrow(`${join(folder, name)} ${message}`);
  });

  test("is no folder, and is there", () => {
    expect(() => dumpFile(folder)).toThrow(`${folder} is a folder: name a dump in it.`);
    expect(() => dumpFile(join(folder, "x"))).toThrow(`${folder}/x does not exist.`);
  });

  test("that ends in the middle is no success", async () => {
    const packed = gzipSync(SQL);
    const { open } = dumpFile(written("half.sql.gz", packed.subarray(0, packed.length / 2)));
    await expect(pipe("cat", [], { input: open(() => undefined) })).rejects.toThrow("unexpected end of file");
  });
});

describe("a program's streams", () => {
  test("one that reads nothing says why itself", async () => {
    const input = Readable.from([Buffer.alloc(10_000_000)]);
    expect(await pipe("sh", ["-c", "echo no >&2; exit 3"], { input })).toEqual({ code: 3, stdout: "", stderr: "no\n" });
  });

  test("an output that fails is told once the program has ended", async () => {
    const output = new Writable({ write: (_chunk, _encoding, done) => done(new Error("no room")) });
    await expect(pipe("sh", ["-c", "echo a; exec >&-; sleep 0.2"], { output })).rejects.toThrow("no room");
  });
});

describe("a file that is to be written", () => {
  test("is no folder, and is in one", () => {
    expect(() => checkWritable(folder)).toThrow(`${folder} is a folder: name a file in it.`);
    expect(() => checkWritable(join(folder, "a/b.csv"))).toThrow(`There is no folder ${folder}/a: make it first.`);
    expect(() => checkWritable(join(folder, "b.csv"))).not.toThrow();
  });

  test("of an export replaces an export alone", () => {
    expect(() => checkReplaceable(written("package.json", "{}"))).toThrow("no compose file of Muster's");
    expect(() => checkReplaceable(written("compose.yaml", "    labels:\n      muster.team: a\n"))).not.toThrow();
    expect(() => checkReplaceable(join(folder, "new.yaml"))).not.toThrow();
  });
});
