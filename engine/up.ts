import type { Team } from "../config/members";
import { ensureBaseImage } from "./base-image";
import { composeFile, composeUp, ensureCompose } from "./compose";
import { COMPOSE_FILES_LABEL, type Container, type Docker } from "./docker";
import { ChildError, INTERRUPTED, UserError } from "./errors";
import { missingImages, teamImages } from "./images";
import { preflight } from "./preflight";
import type { Progress } from "./progress";
import { findStack, type Project, stackTeam } from "./project";
import { type PulumiEngine, pulumiEngine } from "./pulumi";
import { ensurePulumi } from "./pulumi-cli";
import { gatewayAddress, waitUntilReady } from "./readiness";
import { chooseEngine, ENGINE_TITLES, type EngineName, teamContainers } from "./select-engine";
import { openSession, type Session } from "./session";
import { summary } from "./summary";
import { sweep } from "./sweep";
import { workloadName, workloads } from "./workloads";

export interface UpOptions {
  readonly stack?: string | undefined;
  readonly engine?: EngineName | undefined;
}

/** Brings a stack's environment up, and waits until it works. */
export async function up(project: Project, { stack: requested, engine }: UpOptions): Promise<void> {
  // A config that cannot be used is said before anything is installed.
  const team = stackTeam(findStack(project, requested));
  if (team.target !== "docker") {
    throw new UserError(
      `muster:target is ${team.target}: npm run up brings up the docker target. Use npx pulumi up for this one.`,
    );
  }
  const session = await openSession(project, requested, true);
  const { docker, progress, containers, running, options, stack } = session;

  const missing = await missingImages(docker, teamImages(team, project.root));
  await preflight({ team, host: session.host, docker, containers, mustBuild: missing.length > 0 }, progress);
  const choice = await chooseEngine({
    requested: engine,
    running,
    findPulumi: () => ensurePulumi(team.target, progress, session.host.env),
    options,
  });
  if (choice.name === "compose" && choice.reason) {
    progress.note(`Using Docker Compose: ${choice.reason}.`);
  } else {
    progress.note(`Using ${ENGINE_TITLES[choice.name]} on stack ${stack.shortName}`);
  }
  if (missing.length > 0 || running === undefined) await ensureBaseImage(docker, team.mirrors, progress);

  switch (choice.name) {
    case "pulumi":
      await pulumiUp(session, team, choice.binary, missing);
      break;
    case "compose":
      if (running === "compose" && !isAppliedFrom(composeFile(stack), session.own)) throw foreignTeam(session);
      await composeUp(stack, team.id, await ensureCompose(docker.env, progress), docker, progress);
      break;
    default: {
      const exhaustive: never = choice;
      return exhaustive;
    }
  }
  await waitUntilReady(team, gatewayAddress(team, session.host), docker, progress);
  console.log(summary(team, options));
}

async function pulumiUp(session: Session, team: Team, binary: string, missing: readonly string[]): Promise<void> {
  const { stack, docker, progress, running } = session;
  const engine = pulumiEngine(binary, stack, docker.env);
  if (running === "pulumi" && !(await engine.exists())) throw foreignTeam(session);
  await engine.prepare(progress);
  const lost = running === undefined && (await engine.resourceCount()) > 1;
  if (lost) progress.note("  Pulumi's state lists containers that are gone from Docker: comparing them first");
  // The provider never asks whether an image that it built is still there.
  const known = missing.length > 0 ? await engine.resourceIds() : new Set();
  const rebuild = missing.filter((image) => known.has(image)).map(imageResource);
  if (rebuild.length > 0) progress.note(`  images that are gone from Docker are built again: ${rebuild.join(", ")}`);
  try {
    await engine.up({ refresh: lost, rebuild });
  } catch (error) {
    await removeOrphans(team, engine, docker, progress, error);
    await engine.up({ refresh: true });
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
  // Compose starts what somebody stopped; Pulumi only knows that it exists.
  const stopped = present.filter(({ state }) => state === "exited" || state === "created");
  if (stopped.length > 0) await docker.run("start", ...stopped.map(({ name }) => name));
}

/** `muster/php:1a2b3c4d5e6f` → `image-php`, as `platform/image-resources` names it. */
const imageResource = (name: string): string => `image-${/\/([^:]+):/.exec(name)?.[1]}`;

/** The team's containers were made from another stack or folder, and would be replaced one by one. */
const foreignTeam = ({ team, options }: Session): UserError =>
  new UserError(
    `Team ${team} is up, but not from this stack and folder. Give this one a muster:team of its own,\n` +
      `or remove what is there: npm run down${options} (data volumes stay).`,
  );

/** Whether Compose was given `file` when it made the containers. */
export function isAppliedFrom(file: string, containers: readonly Pick<Container, "labels">[]): boolean {
  const sources = containers.flatMap(({ labels }) => labels[COMPOSE_FILES_LABEL] ?? []);
  return sources.length === 0 || sources.includes(file);
}

/**
 * A run that was killed leaves containers and networks that Pulumi's state does not know, and their names are taken.
 *
 * @throws `error` when there are none: then they are not why the run failed
 */
async function removeOrphans(team: Team, engine: PulumiEngine, docker: Docker, progress: Progress, error: unknown) {
  if (!(error instanceof ChildError) || error.exitCode === INTERRUPTED) throw error;
  const { containers, networks } = await sweep(docker, team.id, await engine.resourceIds());
  const orphans = [...containers, ...networks];
  if (orphans.length === 0) throw error;
  progress.note(`Removed what an interrupted run left: ${orphans.join(", ")}. Trying again`);
}

/** Containers that a team's environment has, less those in `present`. */
export function missingContainers(team: Team, present: readonly string[]): string[] {
  const known = new Set(present);
  return workloads(team)
    .map((workload) => workloadName(team.id, workload))
    .filter((name) => !known.has(name));
}
