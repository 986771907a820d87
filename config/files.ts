import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

/**
 * The text of a file.
 *
 * @throws the system's error, which names the file: Node leaves it out where a folder is in its place
 */
export function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw Object.assign(error as NodeJS.ErrnoException, { path });
  }
}

/**
 * Writes a file as a whole: what is there stays until all of the new text is on the disk.
 *
 * @param mode of the file
 * @throws the system's error, which names the file
 */
export function writeText(path: string, text: string, mode: number): void {
  const fresh = `${path}.new`;
  try {
    // One that exists would keep its mode.
    rmSync(fresh, { force: true, recursive: true });
    writeFileSync(fresh, text, { mode });
    renameSync(fresh, path);
  } catch (error) {
    try {
      rmSync(fresh, { force: true });
    } catch {
      // The first error says why.
    }
    throw Object.assign(error as NodeJS.ErrnoException, { path });
  }
}
