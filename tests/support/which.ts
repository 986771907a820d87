import { capture } from "../../cli/tools/process";

/** The path of a program in PATH. */
export async function which(name: string): Promise<string | undefined> {
  const { code, stdout } = await capture("sh", ["-c", `command -v ${name}`]);
  return code === 0 ? stdout.trim() : undefined;
}
