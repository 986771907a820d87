import { gunzipSync } from "node:zlib";
import type { Team } from "../../config/members";
import { ConfigError } from "../../config/problems";
import type { Progress } from "../progress";
import { SUITE } from "./base";

const DEFAULT_MIRROR = "http://deb.debian.org/debian";
const PATIENCE = 30_000;

/**
 * Looks the team's packages up in the mirror's index, before anything is built. A mirror out of reach from here is left
 * to the build, whose own network may be another.
 *
 * @throws ConfigError that names each package that does not exist, with the nearest one that does
 */
export async function checkPackages({ packages, mirrors }: Pick<Team, "packages" | "mirrors">, progress: Progress) {
  if (packages.length === 0) return;
  const mirror = (mirrors.apt ?? DEFAULT_MIRROR).replace(/\/$/, "");
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  const index = `${mirror}/dists/${SUITE}/main/binary-${architecture}/Packages.gz`;
  const known = await progress.step("Looking for the packages on the Debian mirror", () => names(index));
  if (known !== undefined) refuseUnknown(packages, known);
}

async function names(index: string): Promise<Set<string> | undefined> {
  try {
    const response = await fetch(index, { signal: AbortSignal.timeout(PATIENCE) });
    if (!response.ok) return undefined;
    const text = gunzipSync(Buffer.from(await response.arrayBuffer())).toString("latin1");
    return new Set([...text.matchAll(/^Package: (.+)$/gm)].map(([, name = ""]) => name));
  } catch {
    return undefined;
  }
}

/** @throws ConfigError, see `checkPackages` */
export function refuseUnknown(packages: readonly string[], known: ReadonlySet<string>): void {
  const problems = packages.flatMap((name, index) =>
    known.has(name)
      ? []
      : `config/packages/${index}: "${name}" is not a package of Debian ${SUITE}: use ${nearest(name, known)}, or leave it out`,
  );
  if (problems.length > 0) throw new ConfigError(problems);
}

function nearest(name: string, known: ReadonlySet<string>): string {
  let best = "";
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    // Fewer edits than the difference in length are not possible.
    if (Math.abs(candidate.length - name.length) >= least) continue;
    const edits = distance(name, candidate);
    if (edits < least) [best, least] = [candidate, edits];
  }
  return best;
}

/** Characters to insert, delete or replace (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1);
    }
    row = next;
  }
  return row[b.length] as number;
}
