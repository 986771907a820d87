import type { Team } from "../../../config/members";
import { ADOPTED_NETWORKS } from "../../../platform/docker/adopted";
import type { ImageBuild } from "../../../platform/images/plan";
import { ChildError, INTERRUPTED } from "../../errors";
import { buildImages, presentImages } from "../../images/build";
import { localState, pulumiEnvironment } from "../../pulumi/environment";
import type { Program } from "../../pulumi/program";
import { type PulumiEngine, pulumiEngine } from "../../pulumi/stack";
import { forgetUpdate, hasEnded, noteUpdate, type Update } from "../../pulumi/unchanged";
import type { Docker } from "../../tools/docker";
import type { DockerHost } from "../../tools/docker-host";
import { withRelay } from "../../tools/docker-relay";
import type { Target, TargetContext } from "../target";
import { foreignTeam } from "../target";
import { teamContainerNames, teamContainers } from "./containers";
import { type StuckNetwork, sweep } from "./sweep";

/** What an update works with. */
export type DockerContext = TargetContext & {
  readonly host: DockerHost;
  readonly docker: Docker;
  readonly running: Target["running"];
  readonly images: readonly ImageBuild[];
  /** Whether Pulumi would find no difference, as long as every image is there. */
  readonly unchanged: boolean;
  readonly begun: Begun | undefined;
};

/** Begun beside the checks, where Pulumi will have something to do. */
export interface Begun {
  readonly program: Program;
  /** The answer of `presentImages`, as long as no image is built after it. */
  readonly present: ReturnType<typeof presentImages>;
}

/** What Pulumi would be asked for. */
export const updateOf = (
  { stack, docker, images }: Pick<DockerContext, "stack" | "docker" | "images">,
  team: Team,
): Update => {
  const { env } = docker;
  return { stack, team, images, state: localState(pulumiEnvironment(stack.project, env), stack), env };
};

/** Brings the environment up through Pulumi. */
export async function pulumiUp(team: Team, binary: string, missing: readonly ImageBuild[], context: DockerContext) {
  const { stack, docker, progress, running, unchanged } = context;
  const engine = pulumiEngine(binary, stack, docker.env, context.begun?.program);
  if (running === "pulumi" && !(await engine.exists())) throw foreignTeam(context);
  await engine.prepare(progress);
  const update = updateOf(context, team);
  if (unchanged && missing.length === 0) {
    progress.note("  nothing has changed since Pulumi's last update");
  } else {
    const killed = running === "pulumi" && !hasEnded(update);
    forgetUpdate(update);
    await applyProgram(engine, missing, context, killed);
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

/**
 * Runs Pulumi; once more where an interrupted run is in its way.
 *
 * @param killed whether the last update may have ended before it wrote the state
 */
async function applyProgram(
  engine: PulumiEngine,
  missing: readonly ImageBuild[],
  context: DockerContext,
  killed: boolean,
) {
  const { stack, docker, team, progress, running, images, begun } = context;
  const recorded = running === undefined ? await engine.resourceCount() : undefined;
  const lost = recorded !== undefined && recorded > 1;
  if (lost) progress.note("  Pulumi's state lists containers that are gone from Docker: comparing them first");
  // Pulumi then finds them; its own builds show no progress.
  await buildImages(docker, missing, stack.project.root, progress);
  const present = await (missing.length === 0 && begun ? begun.present : presentImages(docker, images));
  const left = running === undefined ? await clearNetworks(docker, team, engine.resourceIds) : [];
  // The roster may have been put back since: Pulumi would find no difference, and leave what it does not know.
  const orphans = killed ? await removeOrphans(engine, context) : undefined;
  await throughRelay(context.host, async (way) => {
    const variables = { ...present, ...adopted(left), ...orphans, ...way };
    try {
      await engine.up({ refresh: lost || orphans !== undefined, recoverable: true, variables });
    } catch (error) {
      if (!(error instanceof ChildError) || error.exitCode === INTERRUPTED) throw error;
      const found = await removeOrphans(engine, context);
      if (found === undefined) throw error;
      progress.note("Trying again");
      await engine.up({ refresh: true, recoverable: true, variables: { ...variables, ...found } });
    }
  });
}

/** @param use gets the variables that lead Pulumi's provider to the daemon */
const throughRelay = ({ url }: DockerHost, use: (way: NodeJS.ProcessEnv) => Promise<void>): Promise<void> =>
  url.startsWith("unix://") ? withRelay(url.slice("unix://".length), (relay) => use({ DOCKER_HOST: relay })) : use({});

/**
 * Without containers, networks of the team are what another engine or an interrupted run left: their names are taken.
 *
 * @param known ids of those that the engine knows
 * @returns those that Docker does not give up
 */
export async function clearNetworks(docker: Docker, team: string, known = async () => new Set<string>()) {
  const left = (await docker.networks()).some(({ labels }) => labels["muster.team"] === team);
  return left ? (await sweep(docker, team, await known())).stuck : [];
}

/**
 * A run that was killed leaves containers and networks that Pulumi's state does not know: their names are taken, or they
 * are what the roster says no more.
 *
 * @returns the variables of `adopted`; undefined when there are none
 */
export async function removeOrphans(
  engine: Pick<PulumiEngine, "resourceIds">,
  { docker, team, progress }: Pick<DockerContext, "docker" | "team" | "progress">,
): Promise<NodeJS.ProcessEnv | undefined> {
  const { containers, networks, stuck } = await sweep(docker, team, await engine.resourceIds());
  const orphans = [...containers, ...networks];
  if (orphans.length + stuck.length === 0) return undefined;
  if (orphans.length > 0) progress.note(`Removed what an interrupted run left: ${orphans.join(", ")}`);
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
