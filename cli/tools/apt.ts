import { existsSync, readFileSync } from "node:fs";
import type { Progress } from "../progress";
import { capture, failure, follow } from "./process";

/** What the machine offers for installing packages. */
export interface AptAccess {
  /** Debian, Ubuntu, or a system that calls itself like one of them. */
  readonly debianLike: boolean;
  readonly root: boolean;
}

export function aptAccess(): AptAccess {
  const osRelease = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  return {
    debianLike: isDebianLike(osRelease) && existsSync("/usr/bin/apt-get"),
    root: process.getuid?.() === 0,
  };
}

/** Whether an os-release file is that of Debian, Ubuntu or one of their relatives. */
export function isDebianLike(osRelease: string): boolean {
  const values = /^(?:ID|ID_LIKE)=["']?([^"'\n]*)/gm;
  return [...osRelease.matchAll(values)].some(([, ids = ""]) =>
    ids.split(/\s+/).some((id) => /^(debian|ubuntu)$/.test(id)),
  );
}

const ENVIRONMENT = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };

let updated = false;

/**
 * Installs Debian packages, as root. The package lists are updated once in a run.
 *
 * @param optional names that not every release has; those that exist are installed too
 * @throws UserError with apt's own message
 */
export async function aptInstall(progress: Progress, packages: readonly string[], optional: readonly string[] = []) {
  await progress.step(`Installing ${packages.join(", ")} (apt-get)`, async (detail) => {
    if (!updated) await apt(["update"], detail);
    updated = true;
    const known = await Promise.all(optional.map(async (name) => ((await isInstallable(name)) ? [name] : [])));
    await apt(["install", "-y", "--no-install-recommends", ...packages, ...known.flat()], detail);
  });
}

/** Whether the package lists offer `name`. */
export async function isInstallable(name: string): Promise<boolean> {
  const { stdout } = await capture("apt-cache", ["policy", name]);
  return /^\s*Candidate: (?!\(none\))/m.test(stdout);
}

async function apt(args: readonly string[], detail: (text: string) => void): Promise<void> {
  const options = ["-o", "DPkg::Lock::Timeout=120"];
  const { code, said } = await follow("apt-get", [...options, ...args], detail, { env: ENVIRONMENT });
  if (code !== 0) throw failure(`apt-get ${args.join(" ")}`, said, 15);
}
