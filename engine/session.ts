import { TEAM_ID } from "../config/naming";
import { type Container, type Docker, dockerClient } from "./docker";
import { type DockerHost, findDocker } from "./docker-host";
import { createProgress, type Progress } from "./progress";
import { findStack, type Project, readableConfig, type Stack } from "./project";
import { type EngineName, runningEngine, teamContainers } from "./select-engine";

/** A command's view of one environment: the stack, the daemon, and what of the team is on it. */
export interface Session {
  readonly stack: Stack;
  /** Team id. */
  readonly team: string;
  readonly host: DockerHost;
  readonly docker: Docker;
  readonly progress: Progress;
  /** Every container on the daemon, as it was at the start. */
  readonly containers: readonly Container[];
  /** Those of the team. */
  readonly own: readonly Container[];
  /** The engine that made them. */
  readonly running: EngineName | undefined;
  /** What follows an `npm run` command to mean this stack. */
  readonly options: string;
}

/**
 * @param requested `--stack`
 * @param mayInstall whether Docker is installed and started where it is missing
 */
export async function openSession(
  project: Project,
  requested: string | undefined,
  mayInstall = false,
): Promise<Session> {
  const stack = findStack(project, requested);
  const team = teamId(stack);
  const progress = createProgress();
  const host = await findDocker(progress, { mayInstall });
  const docker = dockerClient(host.env);
  const containers = await docker.containers();
  return {
    stack,
    team,
    host,
    docker,
    progress,
    containers,
    own: teamContainers(containers, team),
    running: runningEngine(containers, team),
    options: stackOptions(stack),
  };
}

export const stackOptions = ({ explicit, shortName }: Stack): string => (explicit ? ` -- --stack ${shortName}` : "");

/** The team's id alone, which a stack file with faults elsewhere still has. */
function teamId(stack: Stack): string {
  const id = readableConfig(stack)[`${stack.project.name}:team`];
  return id !== undefined && TEAM_ID.test(id) ? id : stack.project.name;
}
