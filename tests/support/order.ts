import { availableParallelism, totalmem } from "node:os";
import type { Job } from "./lanes";

/** GiB that a lane's environment, its builds and its browser may take. */
const MEMORY = 3.5;

/** How many test files run side by side: one more than there are cores, because each waits for more than half of its time. */
export function lanes(env: NodeJS.ProcessEnv = process.env): number {
  const wanted = Number(env.MUSTER_TEST_LANES);
  if (wanted >= 1) return wanted;
  return Math.max(1, Math.min(4, availableParallelism() + 1, Math.floor(totalmem() / 2 ** 30 / MEMORY)));
}

/** Files that need the machine for themselves: what they do to it would be felt by others, or they would feel others. */
const ALONE = [
  // One member's processes, memory and disks, felt by another one.
  "tests/e2e/limits.test.ts",
  // Everything that an engine has, before and after.
  "tests/e2e/engines.test.ts",
  // Chromium drops its connections where Docker's networks come and go.
  "tests/browser/domain.test.ts",
];

/** Files that need the cluster for themselves: they restart the API server, and the second drains the node as well. */
const ALONE_ON_CLUSTER = ["tests/cluster/cluster.test.ts", "tests/cluster/disturbance.test.ts"];

/** Those that take longest, so that no lane is left with one at the end. */
const LONG = [
  "entrance",
  "environment",
  "delivery",
  "repositories",
  "trust",
  "upstream",
  "examples",
  "sign-in",
  "team",
];

/**
 * Alone on the machine first, while the cluster's program is built; then those on the cluster, which take longest in
 * all, with those on Docker beside them and behind them.
 *
 * @param most how many files may run side by side
 * @param onCluster how many of those on the cluster: the pods of an environment ask for the better part of a core
 */
export function inOrder<T extends { readonly file: string }>(
  parts: readonly T[],
  most = lanes(),
  onCluster = Math.min(most, availableParallelism()),
): (T & Job)[] {
  const rank = ({ file }: T): [stage: number, length: number] => {
    const place = LONG.indexOf(file.replace(/^.*\/|\.test\.ts$/g, ""));
    const length = place < 0 ? LONG.length : place;
    if (ALONE.includes(file)) return [0, length];
    if (!file.startsWith("tests/cluster/")) return [3, length];
    return [ALONE_ON_CLUSTER.includes(file) ? 2 : 1, length];
  };
  return parts
    .map((part) => {
      const atOnce = ALONE.includes(part.file) ? 1 : most;
      if (!part.file.startsWith("tests/cluster/")) return { ...part, atOnce };
      return { ...part, atOnce, onCluster: ALONE_ON_CLUSTER.includes(part.file) ? 1 : onCluster };
    })
    .sort((a, b) => rank(a)[0] - rank(b)[0] || rank(a)[1] - rank(b)[1]);
}

export const ALONE_FILES: readonly string[] = [...ALONE, ...ALONE_ON_CLUSTER];
