import { createInterface } from "node:readline/promises";
import { removeBuildLeftovers } from "./build-leftovers";
import { composeDown, installedCompose } from "./compose";
import { ChildError, INTERRUPTED } from "./errors";
import type { Project } from "./project";
import { type PulumiEngine, pulumiEngine } from "./pulumi";
import { installedCli } from "./pulumi-cli";
import { openSession, type Session } from "./session";
import { sweep } from "./sweep";

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
export async function down(project: Project, { stack, volumes, images, yes }: DownOptions): Promise<void> {
  const session = await openSession(project, stack);
  const { docker, team } = session;
  const data = await docker.volumes(`muster.team=${team}`);
  if (volumes && data.length > 0 && !(await confirmed(data, yes ?? false))) {
    console.log("Nothing was changed.");
    return;
  }

  await removeEnvironment(session);
  await removeBuildLeftovers(docker);
  if (volumes) await removeVolumes(session, data);
  else if (data.length > 0) {
    console.log(`Data volumes stay: ${data.join(", ")}`);
    console.log(
      `To remove them too: npm run down -- ${session.options.replace(" -- ", "")} --volumes`.replace("  ", " "),
    );
  }
  if (images) await removeImages(session);
}

/** With the engine that made it where that is possible; the rest, by its labels. */
async function removeEnvironment(session: Session): Promise<void> {
  const { stack, team, docker, progress, running } = session;
  switch (running) {
    case "compose": {
      const compose = await installedCompose(docker.env);
      if (compose) await composeDown(stack, team, compose, docker).catch(ifEngineFailed(progress.warn));
      break;
    }
    case "pulumi":
    case undefined:
      await pulumiDown(session);
      break;
    default: {
      const exhaustive: never = running;
      return exhaustive;
    }
  }
  const swept = await sweep(docker, team);
  const leftovers = [...swept.containers, ...swept.networks];
  if (leftovers.length > 0) progress.note(`Removed by their label muster.team=${team}: ${leftovers.join(", ")}`);
  if (running === undefined && leftovers.length === 0) console.log(`Nothing of team ${team} is up.`);
  else console.log(`The environment of team ${team} is down.`);
}

async function pulumiDown(session: Session): Promise<void> {
  const { stack, docker, progress, running } = session;
  const binary = installedCli(docker.env);
  const engine = binary === undefined ? undefined : pulumiEngine(binary, stack, docker.env);
  // The stack itself counts as a resource.
  if (engine === undefined || (await engine.resourceCount()) === 0) {
    if (running)
      progress.warn(`${engine ? "Pulumi's state does not have this environment" : "The Pulumi CLI is missing"}`);
    return;
  }
  await engine.destroy({ refresh: running === undefined }).catch(async (error) => {
    ifEngineFailed(progress.warn)(error);
    await destroyAfterSweep(session, engine);
  });
}

/** Once everything is gone, a refresh makes the state agree. */
async function destroyAfterSweep({ docker, team }: Session, engine: PulumiEngine): Promise<void> {
  await sweep(docker, team);
  await engine.destroy({ refresh: true });
}

const ifEngineFailed = (warn: (text: string) => void) => (error: unknown) => {
  // Somebody pressed Ctrl-C: they do not want the rest removed.
  if (!(error instanceof ChildError) || error.exitCode === INTERRUPTED) throw error;
  warn("It did not come down in order; removing the rest by its labels");
};

/** Names the volumes, then asks where there is somebody to ask. */
async function confirmed(names: readonly string[], yes: boolean): Promise<boolean> {
  console.log(`These data volumes will be removed:\n${names.map((name) => `  ${name}`).join("\n")}`);
  if (yes || !process.stdin.isTTY) return true;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question("Remove them for good? [y/N] ");
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

async function removeVolumes({ docker, team }: Session, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  await docker.run("volume", "rm", ...names);
  console.log(`Removed ${names.length} data volumes of team ${team}.`);
}

/** Every version of every Muster image, except what another environment runs on. */
async function removeImages({ docker, progress }: Session): Promise<void> {
  const listing = await docker.run(
    "image",
    "ls",
    "--format",
    "{{.Repository}}:{{.Tag}}",
    "--filter",
    "reference=muster/*",
  );
  const names = listing.split("\n").filter(Boolean);
  const kept: string[] = [];
  for (const name of names) {
    if ((await docker.tryRun("image", "rm", name)) === undefined) kept.push(name);
  }
  console.log(`Removed ${names.length - kept.length} images.`);
  if (kept.length > 0) progress.note(`In use by other containers: ${kept.join(", ")}`);
}
