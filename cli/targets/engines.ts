import type { Team } from "../../config/members";
import { UserError } from "../errors";
import type { PulumiCli } from "../pulumi/cli";

/** What applies the program where Pulumi cannot be had. */
export type ExportEngine = "compose" | "kubectl";

/** What applies the program. */
export type EngineName = "pulumi" | ExportEngine;

export const ENGINE_TITLES: Record<EngineName, string> = {
  pulumi: "Pulumi",
  compose: "Docker Compose",
  kubectl: "kubectl",
};

export const isEngine = (name: string): name is EngineName => name in ENGINE_TITLES;

/** The engines of each target. */
export const ENGINES: Record<Team["target"], readonly EngineName[]> = {
  docker: ["pulumi", "compose"],
  kubernetes: ["pulumi", "kubectl"],
};

/**
 * @param requested `--engine`
 * @throws UserError for one that cannot apply this target
 */
export function checkEngine(requested: EngineName | undefined, target: Team["target"]): void {
  if (requested === undefined || ENGINES[target].includes(requested)) return;
  throw new UserError(
    `${ENGINE_TITLES[requested]} cannot bring up muster:target ${target}: use --engine ${ENGINES[target].join(" or ")}.`,
  );
}

export interface EngineChoice {
  /** `--engine` */
  readonly requested: EngineName | undefined;
  readonly running: EngineName | undefined;
  /** The target's engine besides Pulumi. */
  readonly exporter: ExportEngine;
  /** Finds the CLI; asked only when Pulumi may be chosen. */
  readonly findPulumi: () => Promise<PulumiCli>;
  /** What follows `npm run down` and `npm run up` to mean this stack. */
  readonly options: string;
}

export type ChosenEngine =
  | { readonly name: "pulumi"; readonly binary: string }
  | { readonly name: ExportEngine /** Why not Pulumi, where that was not asked for. */; readonly reason?: string };

/**
 * An environment that exists stays with the engine that made it. Otherwise the user's wish decides, then Pulumi where
 * it can be had.
 *
 * @throws UserError when the wish and the environment, or the wish and the machine, do not agree
 */
export async function chooseEngine(choice: EngineChoice): Promise<ChosenEngine> {
  const { requested, running, exporter, findPulumi, options } = choice;
  const restart = `npm run down${options}, then npm run up${options} (data volumes stay)`;
  if (requested && running && requested !== running) {
    throw new UserError(
      `${ENGINE_TITLES[running]} brought this environment up, and ${ENGINE_TITLES[requested]} cannot take it over.\n` +
        `Take it down first: npm run down${options}, then npm run up -- --engine ${requested}${options.replace(" --", "")} (data volumes stay).`,
    );
  }
  if ((requested ?? running) === exporter) return { name: exporter };
  const pulumi = await findPulumi();
  if ("binary" in pulumi) return { name: "pulumi", binary: pulumi.binary };
  if (requested) throw new UserError(`Pulumi cannot be used here: ${pulumi.unavailable}.`);
  if (running) {
    throw new UserError(
      `Pulumi brought this environment up, and cannot be used now: ${pulumi.unavailable}.\n` +
        `Make it available again, or change to ${ENGINE_TITLES[exporter]}: ${restart}.`,
    );
  }
  return { name: exporter, reason: pulumi.unavailable };
}
