#!/usr/bin/env node
// Starts `scripts/<command>.ts`, or `tests/<command>.ts` for `tests/<command>`. It runs before packages are installed,
// so it uses none; and old versions of Node can parse it, so that they get the message that they are too old.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [command = "", ...args] = process.argv.slice(2);

const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
if (!isSupported(engines.node)) {
  const { version } = process;
  fail(`Muster needs Node.js ${engines.node}, and this is ${version}: install a newer one from https://nodejs.org`);
}
const script = join(root, command.startsWith("tests/") ? `${command}.ts` : `scripts/${command}.ts`);
if (!/^(tests\/)?[a-z-]+$/.test(command) || !existsSync(script))
  fail(`There is no command "${command}". See README.md.`);

if (!packagesAreCurrent()) {
  const code = await installPackages();
  if (code !== 0) fail("Installing the packages failed (npm's message is above). Correct that and run it again.");
}
// From Node.js 22 on, it keeps what it has compiled there, also for the program under Pulumi.
process.env.NODE_COMPILE_CACHE ??= join(root, "node_modules/.cache/node");
const stripTypes = join(root, "node_modules/sucrase/register/ts.js");
process.exitCode = await run(process.execPath, ["--require", stripTypes, script, ...args], process.cwd());

/** Whether this Node is in a range such as `^20.19 || >=24`. */
function isSupported(/** @type {string} */ range) {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  return range.split(" || ").some((part) => {
    const [leastMajor = 0, leastMinor = 0] = part.replace(/^\D+/, "").split(".").map(Number);
    return major === leastMajor ? minor >= leastMinor : part.startsWith(">=") && major > leastMajor;
  });
}

/** Whether node_modules holds what package-lock.json asks for; npm leaves out optional packages of other platforms. */
function packagesAreCurrent() {
  const installedLock = join(root, "node_modules/.package-lock.json");
  if (!existsSync(installedLock)) return false;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const installed = JSON.parse(readFileSync(installedLock, "utf8")).packages;
  return Object.keys(wanted).every(
    (path) => path === "" || wanted[path].optional || installed[path]?.version === wanted[path].version,
  );
}

async function installPackages() {
  console.error("Installing the packages of package-lock.json (npm ci) …");
  const started = performance.now();
  const heartbeat = setInterval(() => {
    console.error(`  … still installing after ${Math.round((performance.now() - started) / 1000)} s`);
  }, 10_000);
  // npm says which npm is running; it need not be the one in PATH.
  const cli = process.env.npm_execpath ?? "";
  const npm = /npm-cli\.c?js$/.test(cli) ? [process.execPath, cli] : ["npm"];
  const code = await run(npm[0] ?? "npm", [...npm.slice(1), "ci", "--no-audit", "--no-fund"], root);
  clearInterval(heartbeat);
  return code;
}

/** Runs a program in the foreground and resolves to its exit status. */
function run(/** @type {string} */ file, /** @type {string[]} */ args, /** @type {string} */ cwd) {
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd, stdio: "inherit" });
    for (const signal of /** @type {NodeJS.Signals[]} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
      // A terminal sends Ctrl-C to every process of the foreground group already.
      process.on(signal, () => (signal === "SIGINT" && process.stdin.isTTY ? undefined : child.kill(signal)));
    }
    child.on("error", (error) => fail(`${file} cannot be run: ${error.message}`));
    child.on("exit", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 1)));
  });
}

/** @returns {never} */
function fail(/** @type {string} */ message) {
  console.error(message);
  process.exit(1);
}
