import type { Team } from "../../config/members";
import { createProgress, type Progress } from "../progress";
import { type Stack, stackIdentity } from "../project";
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

/** @param mayInstall whether what is missing on this machine is installed and started */
export async function openSession(stack: Stack, mayInstall = false): Promise<Session> {
  const { team, target: kind } = stackIdentity(stack);
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
