import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { readText, writeText } from "../../config/files";
import type { Team } from "../../config/members";
import { publishedAddresses } from "../../platform/docker/addresses";
import type { ImageBuild } from "../../platform/images/plan";
import type { Stack } from "../project";

/** What the program is made of, besides the roster and the images' folders: their hashes are the images' names. */
const SOURCES = ["index.ts", "Pulumi.yaml", "package-lock.json", "components", "config", "platform"];

/** All that decides what Pulumi would do. */
export interface Update {
  readonly stack: Stack;
  readonly team: Team;
  readonly images: readonly Pick<ImageBuild, "name">[];
  /** The file with Pulumi's state; undefined where it is kept elsewhere. */
  readonly state: string | undefined;
  readonly env: NodeJS.ProcessEnv;
}

const recordOf = ({ folder }: Stack): string => join(folder, "unchanged");

/**
 * Whether Pulumi has brought up just this, and its state is as it was then: it would find no difference.
 *
 * It is never asked to look at what runs, so neither is that looked at here.
 */
export function isUnchanged(update: Update): boolean {
  const record = recordOf(update.stack);
  return existsSync(record) && readText(record) === fingerprint(update);
}

/** Whether the last update from this folder came to its end: one that was killed has left nothing noted. */
export const hasEnded = ({ stack }: Pick<Update, "stack">): boolean => existsSync(recordOf(stack));

/** Notes that Pulumi has brought up just this. */
export function noteUpdate(update: Update): void {
  const mark = fingerprint(update);
  if (mark === undefined) return;
  mkdirSync(update.stack.folder, { recursive: true, mode: 0o700 });
  writeText(recordOf(update.stack), mark, 0o600);
}

/** Whatever was noted does not count any more. */
export const forgetUpdate = ({ stack }: Pick<Update, "stack">): void => rmSync(recordOf(stack), { force: true });

/** A hash; undefined where Pulumi's state cannot be read here. */
function fingerprint({ stack, team, images, state, env }: Update): string | undefined {
  if (state === undefined || !existsSync(state)) return undefined;
  const hash = createHash("sha256");
  const add = (...parts: (string | Buffer)[]) => {
    for (const part of parts) hash.update(`${part.length}\0`).update(part);
  };
  // Certificates that the roster names are in the team; encrypted values are in the file alone.
  add(JSON.stringify(team), readFileSync(stack.file), readFileSync(state));
  for (const { name } of images) add(name);
  for (const file of SOURCES.flatMap((path) => filesIn(join(stack.project.root, path)))) add(file, readFileSync(file));
  const addresses = publishedAddresses(team.listen, { env, interfaces: networkInterfaces() });
  add(process.version, env.DOCKER_HOST ?? "", ...addresses);
  return hash.digest("hex");
}

/** A file, or all that are in a folder. */
function filesIn(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesIn(join(path, name)));
}
