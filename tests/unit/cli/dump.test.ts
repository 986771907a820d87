import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, test } from "@jest/globals";
import { withoutDatabases } from "../../../cli/commands/dump";

const through = (...chunks: string[]) =>
  buffer(Readable.from(chunks.map((chunk) => Buffer.from(chunk, "latin1"))).pipe(withoutDatabases())).then((bytes) =>
    bytes.toString("latin1"),
  );

describe("a dump for one database", () => {
  test.each([
    "CREATE DATABASE shop;",
    "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop` /*!40100 DEFAULT CHARACTER SET utf8mb4 */;",
    "CREATE DATABASE IF NOT EXISTS `shop` DEFAULT CHARACTER SET utf8;\r",
    "USE `shop`;",
    "use shop;",
    "/*!40000 DROP DATABASE IF EXISTS `shop`*/;",
  ])("leaves out %s", async (line) => {
    expect(await through(`SELECT 1;\n${line}\nSELECT 2;\n`)).toBe("SELECT 1;\nSELECT 2;\n");
  });

  test.each([
    "CREATE TABLE `use` (a INT);",
    "INSERT INTO a VALUES ('\\nUSE shop;');",
    "-- Current Database: `shop`",
    "  KEY `USE` (`a`),",
    "USER;",
  ])("keeps %s", async (line) => {
    expect(await through(`${line}\n`)).toBe(`${line}\n`);
  });

  test("keeps every byte, wherever chunks end", async () => {
    const rows = `INSERT INTO a VALUES ('${"\u00e9x".repeat(4000)}');\n`;
    const dump = `USE a;\n${rows}USE b;\nSELECT '\u00ff\u0000';`;
    const chunks = dump.match(/.{1,997}/gs) ?? [];
    expect(await through(...chunks)).toBe(`${rows}SELECT '\u00ff\u0000';`);
  });

  test("takes a statement in pieces", async () => {
    expect(await through("US", "E shop", ";\nSELECT 1;", "\nUSE x;")).toBe("SELECT 1;\n");
  });
});
