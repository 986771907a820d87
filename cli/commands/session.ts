import type { Team } from "../../config/members";
import { TEAM_ID } from "../../config/naming";
import { createProgress, type Progress } from "../progress";
import { findStack, type Project, readableConfig, type Stack } from "../project";
import { openDockerTarget } from "../targets/docker/target";
import { openKubernetesTarget } from "../targets/kubernetes/target";
import type { Target, TargetContext } from "../targets/target";

/** A command's view of one environment: the stack, and where it runs. */
export interface Session {
  readonly stack: Stack;
  /** Team id. */
  readonly team: string;
  readonly target: Target;
  readonly progress: Progress;
  /** What follows an `npm run` command to mean this stack. */
  readonly options: string;
}

/**
 * @param requested `--stack`
 * @param mayInstall whether what is missing on this machine is installed and started
 */
export async function openSession(
  project: Project,
  requested: string | undefined,
  mayInstall = false,
): Promise<Session> {
  const stack = findStack(project, requested);
  const { team, kind } = identity(stack);
  const context = { stack, team, progress: createProgress(), options: stackOptions(stack), mayInstall };
  return { ...context, target: await openTarget(kind, context) };
}

function openTarget(kind: Team["target"], context: TargetContext): Promise<Target> {
  switch (kind) {
    case "docker":
      return openDockerTarget(context);
    case "kubernetes":
      return openKubernetesTarget(context);
    default: {
      const exhaustive: never = kind;
      return exhaustive;
    }
  }
}

export const stackOptions = ({ explicit, shortName }: Stack): string => (explicit ? ` -- --stack ${shortName}` : "");

/** What a stack file with faults elsewhere still tells. */
function identity(stack: Stack): { team: string; kind: Team["target"] } {
  const config = readableConfig(stack);
  const { name } = stack.project;
  const id = config[`${name}:team`];
  return {
    team: id !== undefined && TEAM_ID.test(id) ? id : name,
    kind: config[`${name}:target`] === "kubernetes" ? "kubernetes" : "docker",
  };
}
