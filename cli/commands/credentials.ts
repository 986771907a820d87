import { existsSync } from "node:fs";
import { UserError } from "../errors";
import { findStack, type Project } from "../project";
import { installedCli } from "../pulumi/cli";
import { type Credentials, pulumiEngine } from "../pulumi/stack";
import { formatTable } from "../table";
import { recordedCredentials, secretsFile } from "../targets/recorded";
import { openSession, type Session } from "./session";

/** Prints what members log in with: everybody, or only `member`. */
export async function credentials(
  project: Project,
  requested: string | undefined,
  member: string | undefined,
  json: boolean,
) {
  const known = await read(await openSession(findStack(project, requested)));
  const own = member === undefined ? undefined : known[member];
  if (member !== undefined && own === undefined) {
    throw new UserError(
      `"${member}" is not a member of this environment: use one of ${Object.keys(known).join(", ")}.`,
    );
  }
  const shown = member === undefined || own === undefined ? known : { [member]: own };
  console.log(json ? JSON.stringify(shown, undefined, 2) : credentialsTable(shown));
}

/** The engine that made the environment also keeps its passwords. */
async function read({ stack, target, options }: Session): Promise<Credentials> {
  const { running, exporter } = target;
  if (running === exporter || (running === undefined && existsSync(secretsFile(stack)))) {
    return recordedCredentials(stack);
  }
  const env = await target.pulumiEnv();
  const binary = installedCli(env);
  if (binary === undefined && running) {
    throw new UserError("The passwords are in Pulumi's state, and the Pulumi CLI is not installed.");
  }
  const engine = binary === undefined ? undefined : pulumiEngine(binary, stack, env);
  if (engine === undefined || !(await engine.exists())) {
    throw new UserError(`There are no passwords yet: npm run up${options}`);
  }
  return engine.credentials();
}

/** A row for each member and a column for each service. */
export function credentialsTable(credentials: Credentials): string {
  const services = [...new Set(Object.values(credentials).flatMap((own) => Object.keys(own)))].sort().reverse();
  return formatTable([
    ["MEMBER", ...services.map((service) => service.toUpperCase())],
    ...Object.entries(credentials).map(([member, own]) => [member, ...services.map((service) => own[service] ?? "")]),
  ]);
}
