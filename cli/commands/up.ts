import type { Team } from "../../config/members";
import { alone } from "../lock";
import { findStack, type Project, type Stack, stackTeam } from "../project";
import { ensurePulumi } from "../pulumi/cli";
import { checkEngine, chooseEngine, ENGINE_TITLES, type EngineName } from "../targets/engines";
import { waitUntilReady } from "../targets/readiness";
import { waitForRoster } from "../targets/roster";
import { checkFirst } from "./first-repository";
import { openSession } from "./session";
import { summary } from "./summary";
import { takeOver } from "./take-over";

export interface UpOptions {
  readonly stack?: string | undefined;
  readonly engine?: EngineName | undefined;
}

/** Brings a stack's environment up, and waits until it works. */
export async function up(project: Project, { stack: requested, engine }: UpOptions): Promise<void> {
  // Report unusable config before installing anything.
  const stack = findStack(project, requested);
  const team = stackTeam(stack);
  checkEngine(engine, team.target);
  await alone(stack, () => bringUp(stack, team, engine));
}

async function bringUp(stack: Stack, team: Team, engine: EngineName | undefined): Promise<void> {
  const session = await openSession(stack, true);
  const { target, progress, options } = session;

  await Promise.all([target.preflight(team), checkFirst(session, team)]);
  const { running, exporter } = target;
  const choice = await chooseEngine({
    requested: engine,
    running,
    exporter,
    findPulumi: async () => {
      const unavailable = await target.pulumiObstacle();
      if (unavailable !== undefined) return { unavailable };
      return ensurePulumi(team.target, progress, await target.pulumiEnv());
    },
    options,
  });
  if (choice.name !== "pulumi" && choice.reason) {
    progress.note(`Using ${ENGINE_TITLES[choice.name]}: ${choice.reason}.`);
  } else {
    progress.note(`Using ${ENGINE_TITLES[choice.name]} on stack ${stack.shortName}`);
  }

  if (choice.name === "pulumi") await target.pulumiUp(team, choice.binary);
  else await target.exportUp(team);
  await Promise.all([target.limit(), target.withGateway(team, (find) => waitUntilReady(team, find, target, progress))]);
  await waitForRoster(team, target, progress);
  await takeOver(session, team);
  console.log(summary(team, options, await target.access(team)));
}
