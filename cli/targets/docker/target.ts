import type { Team } from "../../../config/members";
import { ROSTER } from "../../../platform/docker/render";
import type { ImageBuild } from "../../../platform/images/plan";
import { ensureBaseImage } from "../../images/base";
import { imageBuilds, missingImages, presentImages, usedImages } from "../../images/build";
import { checkPackages } from "../../images/packages";
import { loadProgram } from "../../pulumi/program";
import { isUnchanged } from "../../pulumi/unchanged";
import { COMPOSE_FILES_LABEL, type Container, type Docker, dockerClient, isPodman } from "../../tools/docker";
import { findDocker } from "../../tools/docker-host";
import { capture, pipe } from "../../tools/process";
import { reachAdvice } from "../reach";
import { gatewayAt } from "../readiness";
import type { Instance, Target, TargetContext } from "../target";
import { foreignTeam } from "../target";
import { gatewayAddress } from "./access";
import { ownLayers, removeBuildLeftovers, removeLeftoversOf, STEP_COMMITTED } from "./build-leftovers";
import { composeDown, composeFile, composeUp, ensureCompose, installedCompose } from "./compose";
import { runningEngine, teamContainers } from "./containers";
import { preflight } from "./preflight";
import { limitProcesses, unlimited } from "./processes";
import { endContainers, rosterLabels, sweep } from "./sweep";
import { type Begun, clearNetworks, pulumiUp, updateOf } from "./update";

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

  let unchanged = false;
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
      unchanged = running === "pulumi" && isUnchanged(updateOf({ stack, docker, images: images(team) }, team));
      if (running === "pulumi" && !unchanged) {
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
        unchanged,
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

/** Whether Compose was given `file` when it made the containers. */
export function isAppliedFrom(file: string, containers: readonly Pick<Container, "labels">[]): boolean {
  const sources = containers.flatMap(({ labels }) => labels[COMPOSE_FILES_LABEL] ?? []);
  return sources.length === 0 || sources.includes(file);
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
