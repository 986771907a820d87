import { lookup } from "node:dns/promises";
import { teamUrl } from "../../config/naming";
import { isLoopback } from "../targets/readiness";
import type { GatewayAddress } from "../targets/target";
import { follow } from "../tools/process";
import type { Trial } from "./projects";

/** How the survey begins: images/php/survey/muster_survey/text.py. */
const FOUND = / site\b|\bfront end\b|^ *not served here: | · /i;

/** Where git says why it failed. */
export const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";

/** Pushes a revision of a folder to the deploy branch, and waits for the build's end. */
export async function push(trial: Trial, repository: string, folder: string, detail: (text: string) => void) {
  const { team, gateway, authorityFile, member, password } = trial;
  const { host, hostname } = new URL(teamUrl(team, "git"));
  const authorization = Buffer.from(`${member}:${password}`).toString("base64");
  // In the environment, because everybody may read a command line. The domain need not resolve here.
  const settings: [key: string, value: string][] = [
    ["http.extraHeader", `Authorization: Basic ${authorization}`],
    ["http.extraHeader", `Host: ${host}`],
    // By its name, which its certificate is for.
    ...(gateway.tls ? [["http.curloptResolve", await leadOf(gateway, hostname)] as [string, string]] : []),
  ];
  const env = {
    ...process.env,
    GIT_TERMINAL_PROMPT: "0",
    ...(gateway.tls ? trustOf(gateway, authorityFile) : {}),
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(
      settings.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
  };
  const server = gateway.tls ? `https://${hostname}` : `http://${gateway.address}`;
  const url = `${server}:${gateway.port}/${repository}.git`;
  const ref = `HEAD:refs/heads/${team.ci.deployBranch}`;
  const args = ["-C", folder, "push", "--push-option=ci.wait", url, ref];
  const { code, said } = await follow("git", args, detail, { env });
  const refused = code !== 0;
  return { refused, ...buildOf(said), ...(refused ? { build: refusalOf(said, repository) } : {}) };
}

const leadOf = async ({ address, port }: GatewayAddress, hostname: string): Promise<string> =>
  `${hostname}:${port}:${(await lookup(address)).address}`;

function trustOf({ address }: GatewayAddress, authorityFile: string | undefined): NodeJS.ProcessEnv {
  if (authorityFile !== undefined) return { GIT_SSL_CAINFO: authorityFile };
  // On this machine nobody is between; elsewhere it has to be trusted here.
  return isLoopback(address) ? { GIT_SSL_NO_VERIFY: "1" } : {};
}

/** Why a push was refused, and what helps. */
export function refusalOf(said: readonly string[], repository: string): string {
  const line = said.find((each) => /^ *!|^fatal:/.test(each))?.trim() ?? said.at(-1) ?? "";
  const another = `the repository ${repository} has another history: rename the folder, or remove what is there`;
  return `push refused: ${/\((?:fetch first|non-fast-forward)\)/.test(line) ? another : line}`;
}

/** What a push with `ci.wait` said of its build, and of what the survey found. */
export function buildOf(said: readonly string[]): { build: string; found: string } {
  const lines = said.flatMap((line) => /^remote: CI: (.*\S)/.exec(line)?.[1] ?? []);
  const end = lines.findLast((line) => /^(passed|FAILED|broke off|was cancelled|skipped)\b/.test(line));
  return {
    build: end === undefined ? unbuilt(said) : end.startsWith("passed") ? end : (failureIn(lines) ?? end),
    found: lines.find((line) => FOUND.test(line))?.trim() ?? "",
  };
}

const unbuilt = (said: readonly string[]): string =>
  said.some((line) => line.startsWith("Everything up-to-date")) ? "not built: it had been pushed" : "no build";

/** The first step that failed, and why: a host that is out of reach, else the last line of a failed step's log. */
function failureIn(lines: readonly string[]): string | undefined {
  const said = lines.map((line) => line.trim());
  const failed = said.flatMap((line, at) => (/^\S.*: (FAILED|broke off)/.test(line) ? [at] : []));
  const first = failed[0];
  if (first === undefined) return undefined;
  return [said[first], failed.map((at) => causeAfter(said.slice(at + 1))).find(Boolean)].filter(Boolean).join(": ");
}

/** What the lines behind those of a failed step say of its cause. */
function causeAfter(lines: readonly string[]): string | undefined {
  const end = lines.findIndex((line) => !line.startsWith("|"));
  const log = lines.slice(0, end === -1 ? lines.length : end);
  const next = lines[log.length];
  return next?.includes("out of the CI's reach") ? next : log.at(-1)?.slice(1).trim();
}
