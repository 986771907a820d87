import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { ensureSecrets } from "../export/secrets";
import { composeFile, exportStack, projectArgs, secretsFile } from "./compose";
import { UserError } from "./errors";
import { findStack, type Project, stackTeam } from "./project";

/**
 * Writes a stack's compose file, for reading or for Docker Compose. Nothing is created in Docker.
 *
 * @param output the file; by default the one that `npm run up -- --engine compose` uses
 */
export async function exportCompose(project: Project, requested: string | undefined, output: string | undefined) {
  const stack = findStack(project, requested);
  const team = stackTeam(stack);
  if (team.target !== "docker")
    throw new UserError(`A compose file is for the docker target; this one is ${team.target}.`);
  const exported = await exportStack(stack);
  // npm starts its scripts in the project's root; a file name is meant from where the user is.
  const file = output === undefined ? composeFile(stack) : resolve(process.env.INIT_CWD ?? ".", output);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, exported.yaml);
  ensureSecrets(secretsFile(stack), exported.secrets);

  console.log(`Compose file: ${file}`);
  console.log(`Passwords: ${secretsFile(stack)} (the file refers to them as \${NAME})`);
  const engine = stack.explicit ? `--stack ${stack.shortName} --engine compose` : "--engine compose";
  console.log(`\nnpm run up -- ${engine} builds the images and applies it. By hand, once they are built:`);
  console.log(`  docker compose ${projectArgs(stack, team.id, file).join(" ")} up --detach --remove-orphans`);
}
