import { createInterface } from "node:readline/promises";
import { ChildError, INTERRUPTED, UserError } from "../errors";
import { alone } from "../lock";
import { findStack, type Project, type Stack } from "../project";
import { installedCli } from "../pulumi/cli";
import { pulumiEngine } from "../pulumi/stack";
import { openSession, type Session } from "./session";

export interface DownOptions {
  readonly stack?: string | undefined;
  /** Also remove the data. */
  readonly volumes?: boolean | undefined;
  /** Also remove Muster's images. */
  readonly images?: boolean | undefined;
  /** Do not ask. */
  readonly yes?: boolean | undefined;
}

/** Takes a stack's environment down. Data volumes stay unless told otherwise. */
export async function down(project: Project, { stack: requested, ...options }: DownOptions): Promise<void> {
  const stack = findStack(project, requested);
  await alone(stack, () => takeDown(stack, options));
}

async function takeDown(stack: Stack, { volumes, images, yes }: Omit<DownOptions, "stack">): Promise<void> {
  const session = await openSession(stack);
  const { target, team } = session;
  if (images && target.removeImages === undefined) {
    throw new UserError(
      "--images is for the docker target: here the images are in a registry, which removes them itself.",
    );
  }
  const data = await target.volumes();
  if (volumes && data.length > 0 && !(await confirmed(data, yes ?? false))) {
    console.log("Nothing was changed.");
    return;
  }

  await removeEnvironment(session);
  // After it: Docker keeps an image without a name while a container uses it.
  await target.tidy();
  if (volumes && data.length > 0) {
    await target.removeVolumes(data);
    console.log(`Removed ${data.length} data volumes of team ${team}.`);
  } else if (data.length > 0) {
    console.log(`Data volumes stay: ${data.join(", ")}`);
    console.log(
      `To remove them too: npm run down -- ${session.options.replace(" -- ", "")} --volumes`.replace("  ", " "),
    );
  }
  if (images) await target.removeImages?.();
}

/** With the engine that made it if possible; the rest by its labels. */
async function removeEnvironment(session: Session): Promise<void> {
  const { team, target, progress } = session;
  const { running, exporter } = target;
  if (running === exporter) await target.exportDown().catch(ifEngineFailed(progress.warn));
  else await pulumiDown(session);
  const leftovers = await target.sweep();
  if (leftovers.length > 0) progress.note(`Removed by their label muster.team=${team}: ${leftovers.join(", ")}`);
  if (running === undefined && leftovers.length === 0) console.log(`Nothing of team ${team} is up.`);
  else console.log(`The environment of team ${team} is down.`);
}

async function pulumiDown({ stack, target, progress }: Session): Promise<void> {
  const { running } = target;
  // Containers must end before anything removes them, and that takes longest.
  const ended = target.hurryDown();
  const env = await target.pulumiEnv();
  const binary = installedCli(env);
  const engine = binary === undefined ? undefined : pulumiEngine(binary, stack, env);
  // The stack itself counts as a resource.
  if (engine === undefined || (await engine.resourceCount()) === 0) {
    if (running)
      progress.warn(`${engine ? "Pulumi's state does not have this environment" : "The Pulumi CLI is missing"}`);
    await ended;
    return;
  }
  await engine.destroy({ refresh: running === undefined, again: target.deletesAgain }).catch(async (error) => {
    ifEngineFailed(progress.warn)(error);
    // Once everything is gone, a refresh makes the state agree.
    await target.sweep();
    await engine.destroy({ refresh: true }).catch(ifEngineFailed(progress.warn));
  });
  await ended;
}

const ifEngineFailed = (warn: (text: string) => void) => (error: unknown) => {
  // After Ctrl-C, nobody wants the rest removed.
  if (!(error instanceof ChildError) || error.exitCode === INTERRUPTED) throw error;
  warn("It did not come down in order; removing the rest by its labels");
};

/** Lists the volumes, then asks if there is somebody to ask. */
async function confirmed(names: readonly string[], yes: boolean): Promise<boolean> {
  console.log(`These data volumes will be removed:\n${names.map((name) => `  ${name}`).join("\n")}`);
  if (yes || !process.stdin.isTTY) return true;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question("Remove them for good? [y/N] ");
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}
