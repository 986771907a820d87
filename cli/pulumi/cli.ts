import { accessSync, constants, existsSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import type { Team } from "../../config/members";
import type { Progress } from "../progress";
import { pulumiHome } from "../project";
import { lines } from "../tools/process";

/** The host that the CLI and the plugins are downloaded from (node_modules/pulumi/lib/download.js). */
const DOWNLOADS = "https://get.pulumi.com";

/** Seconds to find out whether it is reachable. */
const PROBE_TIMEOUT = 4;

/** A provider plugin of an exact version. */
export interface Plugin {
  readonly name: string;
  readonly version: string;
}

/** A CLI to run, or the reason why there is none. */
export type PulumiCli = { readonly binary: string } | { readonly unavailable: string };

const load = createRequire(__filename);

/** The version that package-lock.json pins; `PULUMI_VERSION` overrides it, as it does for the npm package. */
const cliVersion = (env: NodeJS.ProcessEnv): string => env.PULUMI_VERSION || load("pulumi/package.json").version;

/** The plugins that a target needs, in the versions of the installed SDKs. The docker plugin handles images on both. */
export function requiredPlugins(target: Team["target"]): Plugin[] {
  return pluginNames(target).map((name) => ({ name, version: load(`@pulumi/${name}/package.json`).version }));
}

function pluginNames(target: Team["target"]): string[] {
  switch (target) {
    case "docker":
      return ["docker", "random"];
    case "kubernetes":
      return ["kubernetes", "docker", "random"];
    default: {
      const exhaustive: never = target;
      return exhaustive;
    }
  }
}

/** The installed CLI: the npm package's own copy, or else one in PATH. */
export function installedCli(env: NodeJS.ProcessEnv): string | undefined {
  const own = join(pulumiHome(env), "versions", cliVersion(env), "bin", "pulumi");
  // node_modules/.bin holds the npm package's downloader under the same name.
  const inPath = (env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder && !folder.replace(/\/$/, "").endsWith("node_modules/.bin"))
    .map((folder) => join(folder, "pulumi"));
  return [own, ...inPath].find(isExecutable);
}

export function isPluginInstalled({ name, version }: Plugin, env: NodeJS.ProcessEnv): boolean {
  const folder = join(pulumiHome(env), "plugins", `resource-${name}-v${version}`);
  if (existsSync(folder) && readdirSync(folder).includes(`pulumi-resource-${name}`)) return true;
  // Pulumi also takes a plugin that lies in PATH.
  return (env.PATH ?? "").split(delimiter).some((dir) => dir && isExecutable(join(dir, `pulumi-resource-${name}`)));
}

/**
 * Makes sure that the CLI and the target's plugins are installed. Finds out within seconds if they are unavailable.
 */
export async function ensurePulumi(target: Team["target"], progress: Progress, env = process.env): Promise<PulumiCli> {
  const missing = () => requiredPlugins(target).filter((plugin) => !isPluginInstalled(plugin, env));
  const installed = installedCli(env);
  if (installed && missing().length === 0) return { binary: installed };

  const obstacle = await probeDownloads();
  if (obstacle) {
    const what = installed ? `Pulumi's ${missing()[0]?.name} plugin` : "the Pulumi CLI";
    return { unavailable: `${what} is not installed, and ${new URL(DOWNLOADS).host} ${obstacle}` };
  }
  const binary = installed ?? (await downloadCli(progress, env));
  if (binary === undefined) return { unavailable: "downloading the Pulumi CLI failed" };
  for (const plugin of missing()) {
    if (!(await downloadPlugin(binary, plugin, progress, env))) {
      return { unavailable: `downloading Pulumi's ${plugin.name} plugin failed` };
    }
  }
  return { binary };
}

/** @returns why downloads cannot work, or undefined */
async function probeDownloads(): Promise<string | undefined> {
  try {
    const response = await fetch(`${DOWNLOADS}/install.sh`, {
      method: "HEAD",
      signal: AbortSignal.timeout(PROBE_TIMEOUT * 1000),
    });
    return response.ok ? undefined : `answers with status ${response.status}`;
  } catch {
    return "cannot be reached";
  }
}

async function downloadCli(progress: Progress, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const script = join(load.resolve("pulumi/package.json"), "..", "run.js");
  await progress.step(`Downloading the Pulumi CLI ${cliVersion(env)}`, (detail) =>
    lines(process.execPath, [script, "version"], detail, { env, timeout: 600_000 }),
  );
  return installedCli(env);
}

async function downloadPlugin(binary: string, { name, version }: Plugin, progress: Progress, env: NodeJS.ProcessEnv) {
  const code = await progress.step(`Downloading Pulumi's ${name} plugin ${version}`, (detail) =>
    lines(binary, ["plugin", "install", "resource", name, version], detail, { env, timeout: 600_000 }),
  );
  return code === 0;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
