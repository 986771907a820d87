import { dirname } from "node:path";
import { runMain } from "../cli/command";
import { findProject, findStack } from "../cli/project";
import { installedCli } from "../cli/pulumi/cli";
import { adoptStackFile, prepareEnvironment, pulumiEnvironment } from "../cli/pulumi/environment";
import { dockerEnvironment } from "../cli/tools/docker-host";
import { foreground } from "../cli/tools/process";

/**
 * `npx pulumi …`: the CLI, with the project's own state folder, its passphrase and the Docker daemon filled in where the
 * user has not chosen others. Where the CLI is not installed, the npm package downloads it first.
 */
async function main(): Promise<number> {
  const project = findProject();
  const environment = pulumiEnvironment(project, await dockerEnvironment(process.env));
  adoptStackFile(findStack(project, undefined), environment);
  prepareEnvironment(environment);
  const { env } = environment;
  const args = process.argv.slice(2);
  const binary = installedCli(env);
  if (binary === undefined) return foreground(process.execPath, [require.resolve("pulumi/run.js"), ...args], { env });
  return foreground(binary, args, { env: { ...env, PATH: `${dirname(binary)}:${env.PATH ?? ""}` } });
}

void runMain(main);
