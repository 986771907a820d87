import { readFileSync } from "node:fs";

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
