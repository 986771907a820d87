import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { writeText } from "../../../config/files";
import type { ComposeExport } from "../../../export/compose";
import { readSecrets } from "../../../export/secrets";
import type { ImageBuild } from "../../../platform/images/plan";
import { ChildError, UserError } from "../../errors";
import { buildImages } from "../../images/build";
import type { Progress } from "../../progress";
import type { Stack } from "../../project";
import { aptAccess, aptInstall, isInstallable } from "../../tools/apt";
import { COMPOSE_PROJECT_LABEL, type Docker, isPodman, podmanVersion, words } from "../../tools/docker";
import { capture, foreground } from "../../tools/process";
import { compareVersions } from "../../tools/version";
import { recordStack, secretsFile, stackSecrets } from "../recorded";

/** How Docker Compose is called: `docker compose`, or `docker-compose` where only that exists. */
export type ComposeCommand = readonly [string, ...string[]];

export const composeFile = ({ folder }: Stack): string => join(folder, "compose.yaml");

/** Version 2 and later first. */
const COMMANDS: readonly ComposeCommand[] = [["docker", "compose"], ["docker-compose"]];

/** Podman reports a network's name for its id before this version: Compose 2 then replaces every container at each up. */
const PODMAN_WITH_IDS = "5.4";

const REPLACES_EVERYTHING =
  `Before ${PODMAN_WITH_IDS}, Podman reports networks so that this Docker Compose replaces every container at each up ` +
  "(data stays). Compose 1 does not: sudo apt-get install -y docker-compose";

/** The installed Docker Compose: version 2 or later first, version 1 first for a Podman that would suffer from those. */
export async function installedCompose(docker: Pick<Docker, "run" | "env">): Promise<ComposeCommand | undefined> {
  const older = [...COMMANDS].reverse();
  for (const [file, ...first] of (await wantsOlder(docker)) ? older : COMMANDS) {
    if ((await capture(file, [...first, "version"], { env: docker.env })).code === 0) return [file, ...first];
  }
  return undefined;
}

/** Whether this is a Podman on which only Compose 1 finds its containers unchanged. */
export async function wantsOlder(docker: Pick<Docker, "run">): Promise<boolean> {
  const podman = await podmanVersion(docker);
  return podman !== undefined && compareVersions(podman, PODMAN_WITH_IDS) < 0;
}

/**
 * Docker Compose, installed where that is possible.
 *
 * @throws UserError that says how to get it
 */
export async function ensureCompose(docker: Pick<Docker, "run" | "env">, progress: Progress): Promise<ComposeCommand> {
  const installed = await installedCompose(docker);
  if (installed) {
    if (installed.length > 1 && (await wantsOlder(docker))) progress.warn(REPLACES_EVERYTHING);
    return installed;
  }
  const access = aptAccess();
  if (access.debianLike && access.root) {
    await aptInstall(progress, (await isInstallable("docker-compose-v2")) ? ["docker-compose-v2"] : ["docker-compose"]);
    const fresh = await installedCompose(docker);
    if (fresh) return fresh;
  }
  throw new UserError(
    access.debianLike
      ? "Docker Compose is missing. Install it: sudo apt-get install -y docker-compose"
      : "Docker Compose is missing. Install it: https://docs.docker.com/compose/install",
  );
}

/** The program exported for `stack`. */
export async function exportStack(stack: Stack): Promise<ComposeExport> {
  const { renderCompose } = await import("../../../export/compose");
  return renderCompose(await recordStack(stack));
}

/**
 * Brings the environment up from its export; changes only what has to change.
 *
 * @param team the compose project
 * @param missing images that Docker lacks, parents first
 */
export async function composeUp(
  stack: Stack,
  team: string,
  command: ComposeCommand,
  docker: Docker,
  missing: readonly ImageBuild[],
  progress: Progress,
) {
  const exported = await exportStack(stack);
  await buildImages(docker, missing, stack.project.root, progress);

  mkdirSync(stack.folder, { recursive: true, mode: 0o700 });
  const podman = await isPodman(docker);
  const made = { volumes: await volumesWithOptions(docker), networks: await networksToAdopt(docker, team, podman) };
  const described = adopt(exported.yaml, made);
  writeText(composeFile(stack), podman ? withoutSizes(described) : described);
  const secrets = stackSecrets(stack, exported.secrets);
  // Names in the environment win over --env-file, so that a variable of the user's would replace a password.
  const env = { ...docker.env, ...secrets };
  await run(command, [...projectArgs(stack, team), "up", "--detach", "--remove-orphans"], env);
  await removeOldNetworks(docker, team, Object.keys(parse(exported.yaml).networks));
}

/** Names of volumes that were made with options of their driver: on a disk of their own, or with a size. */
async function volumesWithOptions(docker: Docker): Promise<string[]> {
  const names = words(await docker.run("volume", "ls", "--quiet"));
  if (names.length === 0) return [];
  // Fails where one goes meanwhile: then it is not needed either.
  const answer = await docker.tryRun("volume", "inspect", "--format", "{{.Name}} {{len .Options}}", ...names);
  return (answer ?? "").split("\n").flatMap((line) => {
    const [name = "", options = "0"] = line.split(" ");
    return Number(options) > 0 ? [name] : [];
  });
}

/**
 * Names of the team's networks that Pulumi has made, and that Docker did not give up; on Podman all that are there,
 * because it reports other options than Compose has given them.
 */
const networksToAdopt = async (docker: Docker, team: string, podman: boolean): Promise<string[]> =>
  (await docker.networks())
    .filter(({ labels }) => labels["muster.team"] === team && (podman || !(COMPOSE_PROJECT_LABEL in labels)))
    .map(({ name }) => name);

/** By kind, names of what is there already. */
export interface Made {
  readonly volumes: readonly string[];
  readonly networks: readonly string[];
}

/** A volume or network of the compose file. */
interface Described {
  readonly name: string;
  readonly driver_opts?: object;
}

/** Compose refuses a volume or network that exists with other options or labels, unless it is somebody else's. */
export function adopt(yaml: string, made: Made): string {
  const { volumes, networks, ...rest } = parse(yaml) as Record<keyof Made, Record<string, Described>>;
  // A volume that is described with options is our own.
  const foreign = made.volumes.filter((name) => volumes[name]?.driver_opts === undefined);
  const isThere = (described: object, names: readonly string[]) => names.some((name) => name in described);
  if (!isThere(volumes, foreign) && !isThere(networks, made.networks)) return yaml;
  const adopted = (described: Record<string, Described>, names: readonly string[]) =>
    Object.fromEntries(
      Object.entries(described).map(([key, one]) =>
        names.includes(key) ? [key, { name: one.name, external: true }] : [key, one],
      ),
    );
  const parts = { networks: adopted(networks, made.networks), volumes: adopted(volumes, foreign) };
  return stringify({ ...rest, ...parts }, { lineWidth: 0 });
}

/** Podman takes the size of a volume in memory for a quota of its disk, and refuses it where the disk has none. */
export function withoutSizes(yaml: string): string {
  const { volumes, ...rest } = parse(yaml) as { volumes: Record<string, { driver_opts?: Record<string, string> }> };
  for (const { driver_opts: options } of Object.values(volumes)) {
    if (options?.o !== undefined)
      options.o = options.o.replace(/(^|,)size=[^,]*(,|$)/, (_, before, after) => before && after);
  }
  return stringify({ ...rest, volumes }, { lineWidth: 0 });
}

/** Removes containers and networks; volumes stay. */
export async function composeDown(stack: Stack, team: string, command: ComposeCommand, docker: Docker): Promise<void> {
  if (!existsSync(composeFile(stack))) return;
  const env = { ...docker.env, ...readSecrets(secretsFile(stack)) };
  await run(command, [...projectArgs(stack, team), "down", "--remove-orphans"], env);
}

/** What comes before the command of `docker compose`, also when the user types it. */
export const projectArgs = (stack: Stack, team: string, file = composeFile(stack)): string[] => [
  "--project-name",
  team,
  "--file",
  file,
  "--env-file",
  secretsFile(stack),
];

async function run([file, ...first]: ComposeCommand, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  // Version 1 gives up after 60 s on a daemon that is busy with many containers.
  const code = await foreground(file, [...first, ...args], { env: { COMPOSE_HTTP_TIMEOUT: "300", ...env } });
  if (code !== 0) throw new ChildError("Docker Compose stopped; its message is above.", code);
}

/** Compose removes the containers of members who left, but not their networks. */
async function removeOldNetworks(docker: Docker, team: string, current: readonly string[]): Promise<void> {
  const old = (await docker.networks()).filter(
    ({ name, labels }) => labels["muster.team"] === team && COMPOSE_PROJECT_LABEL in labels && !current.includes(name),
  );
  if (old.length > 0) await docker.run("network", "rm", ...old.map(({ name }) => name));
}
