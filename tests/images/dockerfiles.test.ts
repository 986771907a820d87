import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "@jest/globals";

const folder = resolve(__dirname, "../../images");

describe.each(readdirSync(folder))("%s", (image) => {
  const text = readFileSync(join(folder, image, "Dockerfile"), "utf8");

  test("says at the top what it is, and takes its parent as an argument", () => {
    expect(text).toMatch(/^(#.+\n)+ARG (PARENT\nFROM \$\{PARENT\}|DEBIAN=\S+\nFROM \$\{DEBIAN\})\n/);
  });

  // A build keeps the modes of the checkout, where a umask of 077 lets only the owner read.
  test("lets everyone read what it copies", () => {
    const lines = text.replace(/\\\n/g, " ").split("\n");
    const closed = lines.filter((line, index) => {
      if (!line.startsWith("COPY ")) return false;
      const target = line.split(" ").at(-1) as string;
      const later = lines.slice(index).flatMap((next) => [...next.matchAll(/chmod (?:-R )?a\+rX ([^&;]+)/g)]);
      return !later.some(([, paths = ""]) => paths.split(" ").some((path) => path !== "" && target.startsWith(path)));
    });
    expect(closed).toEqual([]);
  });
});
