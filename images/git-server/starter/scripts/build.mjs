// Makes dist/ from frontend/: what the live site sends to browsers.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

const from = new URL("../frontend/", import.meta.url);
const to = new URL("../dist/", import.meta.url);

const read = (name) => readFileSync(new URL(name, from), "utf8");
const withoutComments = (code) => code.replace(/^\s*\/\*[\s\S]*?\*\/\n?/gm, "");

rmSync(to, { recursive: true, force: true });
mkdirSync(to);
for (const [name, content] of [
  ["app.js", withoutComments(read("app.js"))],
  ["style.css", withoutComments(read("style.css")).replace(/\s+/g, " ")],
]) {
  writeFileSync(new URL(name, to), content);
  console.log(`dist/${name}  ${content.length} bytes`);
}
