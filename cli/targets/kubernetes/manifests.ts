import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeText } from "../../../config/files";
import type { ManifestExport, NamespaceManifests } from "../../../export/manifests";
import type { Stack } from "../../project";
import { recordStack, stackSecrets } from "../recorded";

/** Where the manifests of a stack are written, a file for each namespace. */
export const manifestFolder = ({ folder }: Stack): string => join(folder, "manifests");

export interface FilledExport extends ManifestExport {
  /** `namespaces` with the secrets' values. */
  readonly filled: readonly NamespaceManifests[];
}

/** The program exported for `stack`; secrets that have no value yet get one. */
export async function exportManifests(stack: Stack): Promise<FilledExport> {
  const { fillSecrets, renderManifests } = await import("../../../export/manifests");
  const exported = renderManifests(await recordStack(stack));
  const values = stackSecrets(stack, exported.secrets);
  return {
    ...exported,
    filled: exported.namespaces.map(({ namespace, objects }) => ({ namespace, objects: fillSecrets(objects, values) })),
  };
}

/** First line of every file written here; it tells them from others in the folder. */
const HEADER = "# Written by Muster (npm run export)";

/**
 * Writes a file for each namespace, and removes those of namespaces that are gone.
 *
 * @param secrets `shown` writes their values, for `kubectl apply`
 */
export async function writeManifests(
  folder: string,
  { namespaces, filled }: FilledExport,
  secrets: "hidden" | "shown" = "hidden",
): Promise<void> {
  const { concealSecrets, manifestYaml } = await import("../../../export/manifests");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files = filled.map(({ namespace, objects }, index) => ({
    name: `${namespace}.yaml`,
    yaml: manifestYaml(secrets === "shown" ? objects : concealSecrets(namespaces[index]?.objects ?? [], objects)),
  }));
  removeOldFiles(folder, new Set(files.map(({ name }) => name)));
  for (const { name, yaml } of files) {
    writeText(join(folder, name), `${HEADER}\n${yaml}`, secrets === "shown" ? 0o600 : 0o644);
  }
}

function removeOldFiles(folder: string, current: ReadonlySet<string>): void {
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".yaml") && !current.has(file))) {
    if (readFileSync(join(folder, name), "utf8").startsWith(HEADER)) rmSync(join(folder, name));
  }
}
