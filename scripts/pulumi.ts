import { join } from "node:path";
import { dockerEnvironment } from "../engine/docker-host";
import { foreground } from "../engine/process";
import { findProject } from "../engine/project";
import { installedCli } from "../engine/pulumi-cli";
import { prepareEnvironment, pulumiEnvironment } from "../engine/pulumi-environment";

/**
 * `npx pulumi …`: the CLI, with the project's own state folder, its passphrase and the Docker daemon filled in where the
 * user has not chosen others. Where the CLI is not installed, the npm package downloads it first.
 */
async function main() {
  const environment = pulumiEnvironment(findProject(), await dockerEnvironment(process.env));
  prepareEnvironment(environment);
  const { env } = environment;
  const args = process.argv.slice(2);
  const binary = installedCli(env);
  process.exitCode =
    binary === undefined
      ? await foreground(process.execPath, [require.resolve("pulumi/run.js"), ...args], { env })
      : await foreground(binary, args, { env: { ...env, PATH: `${join(binary, "..")}:${env.PATH ?? ""}` } });
}

void main();
