import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { writeText } from "../../config/files";
import type { Team } from "../../config/members";
import { userPath } from "../command";
import { UserError } from "../errors";
import { findStack, type Project, type Stack, stackTeam } from "../project";
import { composeFile, exportStack, projectArgs } from "../targets/docker/compose";
import { FIELD_MANAGER } from "../targets/kubernetes/apply";
import { exportManifests, manifestFolder, writeManifests } from "../targets/kubernetes/manifests";
import { secretsFile, stackSecrets } from "../targets/recorded";

export interface ExportOptions {
  readonly stack?: string | undefined;
  /** File, or folder of the kubernetes target; by default the one that `npm run up` uses. */
  readonly output?: string | undefined;
  /** Write the secrets' values into the manifests. */
  readonly secrets?: boolean | undefined;
}

/** Writes a stack's compose file or manifests, to read or to apply by hand. Creates nothing. */
export async function exportEnvironment(project: Project, { stack: requested, output, secrets }: ExportOptions) {
  const stack = findStack(project, requested);
  const team = stackTeam(stack);
  const destination = output === undefined ? undefined : userPath(output);
  switch (team.target) {
    case "docker":
      if (secrets) throw new UserError("--secrets is for manifests: the compose file refers to its passwords by name.");
      return exportCompose(stack, team, destination ?? composeFile(stack));
    case "kubernetes":
      return exportToFolder(stack, team, destination ?? manifestFolder(stack), secrets ?? false);
    default: {
      const exhaustive: never = team.target;
      return exhaustive;
    }
  }
}

/** @throws UserError for a file that no export has written: a typing error costs nobody their own files */
export function checkReplaceable(file: string): void {
  if (!existsSync(file) || statSync(file).isDirectory()) return;
  if (readFileSync(file, "utf8").includes("muster.team: ")) return;
  throw new UserError(`${file} is there already, and no compose file of Muster's: give another name, or remove it.`);
}

async function exportCompose(stack: Stack, team: Team, file: string): Promise<void> {
  checkReplaceable(file);
  const exported = await exportStack(stack);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeText(file, exported.yaml);
  stackSecrets(stack, exported.secrets);

  console.log(`Compose file: ${file}`);
  console.log(`Passwords: ${secretsFile(stack)} (the file refers to them as \${NAME})`);
  console.log(
    `\nnpm run up -- ${engineOption(stack, "compose")} builds the images and applies it. By hand, once they are built:`,
  );
  console.log(`  docker compose ${projectArgs(stack, team.id, file).join(" ")} up --detach --remove-orphans`);
}

async function exportToFolder(stack: Stack, team: Team, folder: string, shown: boolean): Promise<void> {
  const exported = await exportManifests(stack);
  await writeManifests(folder, exported, shown ? "shown" : "hidden");

  console.log(`Manifests: ${folder} (${exported.namespaces.length} namespaces, a file for each)`);
  console.log(
    shown
      ? "They hold the passwords: keep them as safe as these."
      : `Passwords: ${secretsFile(stack)} (the files refer to them as \${NAME}; --secrets writes the values)`,
  );
  console.log(
    `\nnpm run up -- ${engineOption(stack, "kubectl")} pushes the images, applies it, and removes what left the roster.`,
  );
  if (!shown) return;
  const context = team.kubernetes.context === undefined ? "" : `--context ${team.kubernetes.context} `;
  console.log("By hand, once the registry has the images:");
  console.log(`  kubectl ${context}apply --server-side --field-manager=${FIELD_MANAGER} --filename ${folder}`);
}

const engineOption = ({ explicit, shortName }: Stack, engine: string): string =>
  explicit ? `--stack ${shortName} --engine ${engine}` : `--engine ${engine}`;
