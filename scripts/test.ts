import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { INTERRUPTED } from "../cli/errors";
import { createProgress, type Progress } from "../cli/progress";
import { aptAccess, aptInstall } from "../cli/tools/apt";
import { findDocker } from "../cli/tools/docker-host";
import { chromiumPath } from "../tests/support/browser";
import { ensureCluster } from "../tests/support/cluster";
import { findPython } from "../tests/support/python";

/** In the order in which they run: a fault shows at the cheapest tier that can see it. */
const TIERS = ["unit", "component", "e2e", "browser", "cluster"] as const;
type Tier = (typeof TIERS)[number];

/** They share the machine and names on Docker: one file after the other. */
const ON_DOCKER: readonly Tier[] = ["e2e", "browser", "cluster"];

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * `npm test [-- TIER…]`: installs what the tests need, runs the tiers one after the other, and ends with one line of
 * counts. The end-to-end tiers work on teams, ports and volumes of their own.
 */
async function main(): Promise<number> {
  const { positionals } = parseArgs({ allowPositionals: true });
  const unknown = positionals.filter((name) => !(TIERS as readonly string[]).includes(name));
  if (unknown.length > 0) {
    console.error(`There is no tier "${unknown[0]}": use ${TIERS.join(", ")}.`);
    return 2;
  }
  const tiers = TIERS.filter((tier) => positionals.length === 0 || positionals.includes(tier));
  const progress = createProgress();
  const env = await prepare(tiers, progress);

  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const tier of tiers) {
    console.log(`\n== ${tier} ==`);
    const counts = tier === "cluster" ? await onCluster(env, progress) : await runTier(tier, env);
    for (const key of Object.keys(total) as (keyof Counts)[]) total[key] += counts[key];
  }
  console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return total.failed === 0 ? 0 : 1;
}

/** What the tiers need on a new machine; a browser that cannot be installed makes its tests say that they are skipped. */
async function prepare(tiers: readonly Tier[], progress: Progress): Promise<NodeJS.ProcessEnv> {
  const { debianLike, root } = aptAccess();
  if (tiers.includes("browser") && chromiumPath() === undefined && debianLike && root) {
    await aptInstall(progress, ["chromium", "fonts-dejavu-core"]);
  }
  if (tiers.includes("unit") && findPython() === undefined && debianLike && root) {
    await aptInstall(progress, ["python3", "python3-yaml"]);
  }
  const onDocker = tiers.some((tier) => ON_DOCKER.includes(tier));
  return onDocker ? { ...process.env, ...(await findDocker(progress)).env } : process.env;
}

/** Runs the cluster tier on a cluster that is up for no longer than that, unless it was up before. */
async function onCluster(env: NodeJS.ProcessEnv, progress: Progress): Promise<Counts> {
  const cluster = await ensureCluster(progress, env);
  const interrupted = () => void cluster.stop().finally(() => process.exit(INTERRUPTED));
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  try {
    return await runTier("cluster", { ...env, ...cluster.env });
  } finally {
    process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
    await cluster.stop();
  }
}

async function runTier(tier: Tier, env: NodeJS.ProcessEnv): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), "muster-jest-"));
  const report = join(folder, "report.json");
  const args = ["--selectProjects", tier, "--verbose", "--json", "--outputFile", report];
  if (ON_DOCKER.includes(tier)) args.push("--runInBand");
  const code = await new Promise<number>((resolve, reject) => {
    const child = spawn(process.execPath, [require.resolve("jest/bin/jest"), ...args], {
      env,
      // The report goes to the file; on standard output it would only repeat what jest prints.
      stdio: ["ignore", "ignore", "inherit"],
    });
    child.on("error", reject);
    child.on("exit", (status) => resolve(status ?? 1));
  });
  const result = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")) : undefined;
  rmSync(folder, { recursive: true });
  return {
    passed: result?.numPassedTests ?? 0,
    // A file that does not even load has no test that could fail.
    failed: (result?.numFailedTests ?? 0) + (result?.numRuntimeErrorTestSuites ?? 0) || Number(code !== 0),
    skipped: result?.numPendingTests ?? 0,
  };
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
