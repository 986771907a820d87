import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { UserError } from "../errors";

/**
 * Looks whether a command can write a file of the user's, before it does what the file is for.
 *
 * @throws UserError for a folder, and for a file in one that is not there; the system's own where it may not be written
 */
export function checkWritable(file: string): void {
  if (existsSync(file) && statSync(file).isDirectory()) throw new UserError(`${file} is a folder: name a file in it.`);
  if (!existsSync(dirname(file))) throw new UserError(`There is no folder ${dirname(file)}: make it first.`);
  accessSync(dirname(file), constants.W_OK);
}
