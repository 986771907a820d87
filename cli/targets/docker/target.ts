import type { Team } from "../../../config/members";
import { ADOPTED_NETWORKS } from "../../../platform/docker/adopted";
import { ROSTER } from "../../../platform/docker/render";
import type { ImageBuild } from "../../../platform/images/plan";
import { ChildError, INTERRUPTED } from "../../errors";
import { ensureBaseImage } from "../../images/base";
import { buildImages, imageBuilds, missingImages, presentImages, usedImages } from "../../images/build";
import { checkPackages } from "../../images/packages";
import { localState, pulumiEnvironment } from "../../pulumi/environment";
import { loadProgram, type Program } from "../../pulumi/program";
import { type PulumiEngine, pulumiEngine } from "../../pulumi/stack";
import { forgetUpdate, isUnchanged, noteUpdate, type Update } from "../../pulumi/unchanged";
import { COMPOSE_FILES_LABEL, type Container, type Docker, dockerClient, isPodman } from "../../tools/docker";
import { type DockerHost, findDocker } from "../../tools/docker-host";
import { withRelay } from "../../tools/docker-relay";
import { capture, pipe } from "../../tools/process";
import { reachAdvice } from "../reach";
import { gatewayAt } from "../readiness";
import type { Instance, Target, TargetContext } from "../target";
import { foreignTeam } from "../target";
import { gatewayAddress } from "./access";
import { ownLayers, removeBuildLeftovers, removeLeftoversOf, STEP_COMMITTED } from "./build-leftovers";
import { composeDown, composeFile, composeUp, ensureCompose, installedCompose } from "./compose";
import { runningEngine, teamContainerNames, teamContainers } from "./containers";
import { preflight } from "./preflight";
import { limitProcesses, unlimited } from "./processes";
import { endContainers, rosterLabels, type StuckNetwork, sweep } from "./sweep";

/** Containers on a Docker daemon. */
export async function openDockerTarget(context: TargetContext): Promise<Target> {
  const { stack, team: id, progress, mayInstall } = context;
  const host = await findDocker(progress, { mayInstall });
  const docker = dockerClient(host.env);
  /** Every container on the daemon, as it was at the start. */
  const containers = await docker.containers();
  const own = teamContainers(containers, id);
  const running = runningEngine(containers, id);

  let builds: readonly ImageBuild[] | undefined;
  const images = (team: Team) => {
    builds ??= imageBuilds(team, usedImages(team), stack.project.root);
    return builds;
  };
  let asked: Promise<readonly ImageBuild[]> | undefined;
  /** Asks Docker once. */
  const missing = (team: Team) => {
    asked ??= missingImages(docker, images(team));
    return asked;
  };

  const lackLimit = async () => unlimited(docker, teamContainers(await docker.containers(), id));

  /** Begun beside the checks, where Pulumi will have something to do. */
  let begun: Begun | undefined;

  /** A running environment has its images, so what builds start from is only needed for new ones. */
  async function ensureBase(team: Team): Promise<readonly ImageBuild[]> {
    const lacking = await missing(team);
    if (lacking.length > 0 || running === undefined) await ensureBaseImage(docker, team.mirrors, progress);
    return lacking;
  }

  return {
    exporter: "compose",
    running,
    instanceTitle: "CONTAINER",

    async preflight(team) {
      if (running === "pulumi" && !isUnchanged(updateOf({ stack, docker, images: images(team) }, team))) {
        begun = { program: loadProgram(stack.project), present: presentImages(docker, images(team)) };
      }
      const mustBuild = (await missing(team)).length > 0;
      if (mustBuild) await checkPackages(team, progress);
      await preflight({ team, host, docker, containers, mustBuild }, progress);
    },
    pulumiObstacle: () => podmanObstacle(docker),
    pulumiEnv: async () => docker.env,
    pulumiUp: async (team, binary) =>
      pulumiUp(team, binary, await ensureBase(team), {
        ...context,
        host,
        docker,
        running,
        images: images(team),
        begun,
      }),

    async exportUp(team) {
      const lacking = await ensureBase(team);
      if (running === "compose" && !isAppliedFrom(composeFile(stack), own)) throw foreignTeam(context);
      if (running === undefined) await clearNetworks(docker, id);
      await composeUp(stack, team.id, await ensureCompose(docker, progress), docker, lacking, progress);
    },
    async exportDown() {
      const compose = await installedCompose(docker);
      if (compose) await composeDown(stack, id, compose, docker);
    },
    hurryDown: () => endContainers(docker, own),
    deletesAgain: true,
    async sweep() {
      const { containers: removed, networks, stuck } = await sweep(docker, id);
      for (const { advice } of stuck) progress.warn(advice);
      return [...removed, ...networks];
    },
    tidy: () => removeBuildLeftovers(docker),

    async volumes() {
      const all = await docker.volumes(`muster.team=${id}`);
      const roster = await docker.volumes(...rosterLabels(id));
      return all.filter((name) => !roster.includes(name));
    },
    async removeVolumes(names) {
      await docker.run("volume", "rm", ...names);
    },
    removeImages: () => removeImages(docker, context),

    async handedOut() {
      const digests = "test -e /tmp/written && cd /roster && sha256sum */*";
      const carrier = ["exec", `${id}-${ROSTER}`, "sh", "-c", digests];
      const { code, stdout } = await capture("docker", carrier, { env: docker.env });
      return code === 0 ? stdout.trim().split("\n") : [];
    },
    hurryRoster: async () => undefined,
    limit: async () => limitProcesses(docker, await lackLimit()),
    async shortcomings() {
      const names = (await lackLimit()).map(({ name }) => name);
      return names.length === 0 ? [] : [`Without a limit on processes (npm run up sets it): ${names.join(", ")}`];
    },
    instances: async () => teamContainers(await docker.containers(), id).map(toInstance),
    logs: ({ name }, tail) => docker.logs(name, tail),
    exec: ({ name }, command, input) =>
      capture("docker", ["exec", "--interactive", name, ...command], { env: docker.env, input }),
    pipe: ({ name }, command, streams) =>
      pipe("docker", ["exec", "--interactive", name, ...command], { env: docker.env, ...streams }),

    withGateway: (team, use) => use(async () => gatewayAt(team, gatewayAddress(team, host))),
    access: (team) => reachAdvice(team, context.options),
  };
}

export const toInstance = ({ name, labels, state, status }: Container): Instance => ({
  name,
  member: labels["muster.member"],
  component: labels["muster.component"] ?? "",
  running: state === "running",
  status,
});

/** Podman describes what it has made in other words than Pulumi's provider. */
export async function podmanObstacle(docker: Docker): Promise<string | undefined> {
  if (!(await isPodman(docker))) return undefined;
  return (
    "this is Podman, which describes containers and networks otherwise than Docker, so that Pulumi would replace all of " +
    "them at every update; --engine compose works"
  );
}

type DockerContext = TargetContext & {
  readonly host: DockerHost;
  readonly docker: Docker;
  readonly running: Target["running"];
  readonly images: readonly ImageBuild[];
  readonly begun: Begun | undefined;
};

interface Begun {
  readonly program: Program;
  /** The answer of `presentImages`, as long as no image is built after it. */
  readonly present: ReturnType<typeof presentImages>;
}

/** What Pulumi would be asked for. */
const updateOf = (
  { stack, docker, images }: Pick<DockerContext, "stack" | "docker" | "images">,
  team: Team,
): Update => {
  const { env } = docker;
  return { stack, team, images, state: localState(pulumiEnvironment(stack.project, env), stack), env };
};

async function pulumiUp(team: Team, binary: string, missing: readonly ImageBuild[], context: DockerContext) {
  const { stack, docker, progress, running } = context;
  const engine = pulumiEngine(binary, stack, docker.env, context.begun?.program);
  if (running === "pulumi" && !(await engine.exists())) throw foreignTeam(context);
  await engine.prepare(progress);
  const update = updateOf(context, team);
  if (running === "pulumi" && missing.length === 0 && isUnchanged(update)) {
    progress.note("  nothing has changed since Pulumi's last update");
  } else {
    forgetUpdate(update);
    await applyProgram(engine, missing, context);
  }

  let present = teamContainers(await docker.containers(), team.id);
  const gone = missingContainers(
    team,
    present.map(({ name }) => name),
  );
  if (gone.length > 0) {
    progress.note(`  ${gone.join(", ")} went without Pulumi's knowledge: comparing its state with Docker`);
    await engine.up({ refresh: true });
    present = teamContainers(await docker.containers(), team.id);
  }
  noteUpdate(update);
  // Compose starts what somebody stopped; Pulumi only knows that it exists.
  const stopped = present.filter(({ state }) => state === "exited" || state === "created");
  if (stopped.length > 0) await docker.run("start", ...stopped.map(({ name }) => name));
}

/** Runs Pulumi; once more where an interrupted run is in its way. */
async function applyProgram(engine: PulumiEngine, missing: readonly ImageBuild[], context: DockerContext) {
  const { stack, docker, team, progress, running, images, begun } = context;
  const recorded = running === undefined ? await engine.resourceCount() : undefined;
  const lost = recorded !== undefined && recorded > 1;
  if (lost) progress.note("  Pulumi's state lists containers that are gone from Docker: comparing them first");
  // Pulumi then finds them; its own builds show no progress.
  await buildImages(docker, missing, stack.project.root, progress);
  const present = await (missing.length === 0 && begun ? begun.present : presentImages(docker, images));
  const left = running === undefined ? await clearNetworks(docker, team, engine.resourceIds) : [];
  await throughRelay(context.host, async (way) => {
    try {
      await engine.up({ refresh: lost, found: true, variables: { ...present, ...adopted(left), ...way } });
    } catch (error) {
      const adopting = await removeOrphans(engine, context, error);
      await engine.up({ refresh: true, found: true, variables: { ...present, ...adopting, ...way } });
    }
  });
}

/** @param use gets the variables that lead Pulumi's provider to the daemon */
const throughRelay = ({ url }: DockerHost, use: (way: NodeJS.ProcessEnv) => Promise<void>): Promise<void> =>
  url.startsWith("unix://") ? withRelay(url.slice("unix://".length), (relay) => use({ DOCKER_HOST: relay })) : use({});

/** Whether Compose was given `file` when it made the containers. */
export function isAppliedFrom(file: string, containers: readonly Pick<Container, "labels">[]): boolean {
  const sources = containers.flatMap(({ labels }) => labels[COMPOSE_FILES_LABEL] ?? []);
  return sources.length === 0 || sources.includes(file);
}

/**
 * Without containers, networks of the team are what another engine or an interrupted run left: their names are taken.
 *
 * @param known ids of those that the engine knows
 * @returns those that Docker does not give up
 */
async function clearNetworks(docker: Docker, team: string, known = async () => new Set<string>()) {
  const left = (await docker.networks()).some(({ labels }) => labels["muster.team"] === team);
  return left ? (await sweep(docker, team, await known())).stuck : [];
}

/**
 * A run that was killed leaves containers and networks that Pulumi's state does not know, and their names are taken.
 *
 * @returns the variables of `adopted`
 * @throws `error` when there are none: then they are not why the run failed
 */
async function removeOrphans(engine: PulumiEngine, { docker, team, progress }: DockerContext, error: unknown) {
  if (!(error instanceof ChildError) || error.exitCode === INTERRUPTED) throw error;
  const { containers, networks, stuck } = await sweep(docker, team, await engine.resourceIds());
  const orphans = [...containers, ...networks];
  if (orphans.length + stuck.length === 0) throw error;
  if (orphans.length > 0) progress.note(`Removed what an interrupted run left: ${orphans.join(", ")}. Trying again`);
  return adopted(stuck);
}

/** Variables by which Pulumi's program uses networks that Docker does not give up. */
export const adopted = (stuck: readonly StuckNetwork[]): NodeJS.ProcessEnv =>
  stuck.length === 0
    ? {}
    : { [ADOPTED_NETWORKS]: JSON.stringify(Object.fromEntries(stuck.map((n) => [n.name, n.id]))) };

/** Containers that a team's environment has, less those in `present`. */
export function missingContainers(team: Team, present: readonly string[]): string[] {
  const known = new Set(present);
  return teamContainerNames(team).filter((name) => !known.has(name));
}

/** Every version of every Muster image, except what another environment runs on. */
async function removeImages(docker: Docker, { progress }: TargetContext): Promise<void> {
  const listing = await docker.run(
    "image",
    "ls",
    "--format",
    "{{.Repository}}:{{.Tag}}",
    "--filter",
    "reference=muster/*",
  );
  const names = listing.split("\n").filter(Boolean);
  const own = await ownLayers(docker);
  await removeLeftoversOf(docker, own, STEP_COMMITTED);
  const kept: string[] = [];
  for (const name of names) {
    if ((await docker.tryRun("image", "rm", name)) === undefined) kept.push(name);
  }
  // The layers of builds that were replaced have lost their names long ago.
  await removeLeftoversOf(docker, own, STEP_COMMITTED);
  console.log(`Removed ${names.length - kept.length} images.`);
  if (kept.length > 0) progress.note(`In use by other containers: ${kept.join(", ")}`);
}
