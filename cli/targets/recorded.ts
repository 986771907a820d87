import { join } from "node:path";
import { replaceSecrets } from "../../export/recording";
import { readSecrets } from "../../export/secrets";
import type { Stack } from "../project";
import type { Credentials } from "../pulumi/stack";

/** What the program registers, for the engines besides Pulumi. */

/** The values of secrets that these engines generate. */
export const secretsFile = ({ folder }: Stack): string => join(folder, "secrets.env");

/** The program recorded for `stack`. It runs here, under Pulumi's mock runtime: only this loads the SDK. */
export async function recordStack(stack: Stack) {
  const { recordProgram } = await import("../../export/record");
  return recordProgram({ project: stack.project.name, stack: stack.shortName, config: stack.config() });
}

/** Passwords of the last time that the export was applied. */
export async function recordedCredentials(stack: Stack): Promise<Credentials> {
  const secrets = readSecrets(secretsFile(stack));
  const { outputs } = await recordStack(stack);
  const recorded = await new Promise((resolve) => outputs.credentials.apply(resolve));
  return JSON.parse(replaceSecrets(JSON.stringify(recorded), (name) => secrets[name] ?? ""));
}
