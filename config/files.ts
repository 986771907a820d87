import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, resolve } from "node:path";

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
 * Writes a file as a whole: what is there stays until all of the new text is on the disk. Of a symbolic link, the file
 * that it leads to is written.
 *
 * @param mode of the file. Default that of the file that is there, and what the umask says for a new one.
 * @throws the system's error, which names the file
 */
export const writeText = (path: string, text: string, mode?: number): void =>
  place(path, text, mode, (fresh, target) => renameSync(fresh, target));

/**
 * Writes a file as a whole, unless there is one: what another process has written meanwhile stays.
 *
 * @param mode of the file
 * @throws the system's error, which names the file
 */
export const createText = (path: string, text: string, mode: number): void =>
  place(path, text, mode, (fresh, target) => {
    nameIfFree(fresh, target);
    rmSync(fresh);
  });

/** Gives a file a second name, unless something has that name. */
export function nameIfFree(file: string, name: string): void {
  try {
    try {
      linkSync(file, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") throw error;
      // Not every file system has hard links.
      copyFileSync(file, name, constants.COPYFILE_EXCL);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

/** @param put gives a file with the new text, which is in the same folder, the name that the text belongs under */
function place(
  path: string,
  text: string,
  mode: number | undefined,
  put: (fresh: string, target: string) => void,
): void {
  let target = path;
  try {
    target = behindLinks(path);
    const old = statSync(target, { throwIfNoEntry: false });
    // Nobody else's file has that name.
    const fresh = `${target}.${process.pid}-${randomBytes(6).toString("hex")}`;
    const file = openSync(fresh, "wx", mode ?? old?.mode ?? 0o666);
    try {
      try {
        if (old !== undefined && mode === undefined) fchmodSync(file, old.mode & 0o777);
        writeFileSync(file, text);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      put(fresh, target);
    } catch (error) {
      rmSync(fresh, { force: true });
      throw error;
    }
  } catch (error) {
    throw Object.assign(error as NodeJS.ErrnoException, { path: target });
  }
}

/** Where a file is or, behind a link that leads to nothing, where it is to be. */
function behindLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return path;
    return behindLinks(resolve(realpathSync(dirname(path)), readlinkSync(path)));
  }
}
