import { cpSync, existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Of the project, beside its stack files: extensions (`*.vsix`) that every editor gets. */
export const EXTENSIONS_FOLDER = "extensions";

/** Where the editor's build context is put together with them, relative to the project's root. */
const TOGETHER = join(".muster", "contexts", "code-server");

/** Paths of the project's own extensions, sorted. */
export function ownExtensions(root: string): string[] {
  const folder = join(root, EXTENSIONS_FOLDER);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith(".vsix"));
  return names.sort().map((name) => join(folder, name));
}

/**
 * The editor's build context with the project's own extensions in it. A build takes one folder, so the two are put
 * together in a new one.
 *
 * @param context of the image, relative to `root`
 * @returns `context` itself when there are none
 */
export function withExtensions(root: string, context: string): string {
  const own = ownExtensions(root);
  if (own.length === 0) return context;
  const folder = join(root, TOGETHER);
  rmSync(folder, { recursive: true, force: true });
  cpSync(join(root, context), folder, { recursive: true });
  for (const path of own) cpSync(path, join(folder, path.slice(root.length + 1)));
  return TOGETHER;
}
