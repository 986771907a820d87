import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../cli/command";
import { INTERRUPTED, UsageError } from "../cli/errors";
import { createProgress, type Progress } from "../cli/progress";
import { formatTable } from "../cli/table";
import { aptAccess, aptInstall } from "../cli/tools/apt";
import { findDocker } from "../cli/tools/docker-host";
import { chromiumPath } from "./support/browser";
import { ensureCluster, prebuildCluster } from "./support/cluster";
import { findPython } from "./support/python";
import { CERTUTIL } from "./support/trusted-domain";
import { which } from "./support/which";

/** In the order in which they run: the cheapest tier that can show a fault comes first. */
const TIERS = ["unit", "component", "e2e", "browser", "cluster"] as const;
type Tier = (typeof TIERS)[number];

/** Their files share the machine and names on Docker, so they run one after the other. */
const ON_DOCKER: readonly Tier[] = ["e2e", "browser", "cluster"];

const HELP = `Installs what the tests need, runs the tiers one after the other, and counts passed, failed and skipped tests.

Tiers, the cheapest first; all of them unless some are named:
  unit           pure code, files of the images, and the Python of the CI; needs Node and Python 3.11
  component      the whole program under Pulumi's mocks; needs Node
  e2e            a team on real Docker, through Compose, and through Pulumi where its CLI and plugins are installed
  browser        a member's day in Chromium; needs Docker and Chromium
  cluster        the same as e2e on a real Kubernetes, and the tests of the one-node cluster in Go; needs Docker, and the
                 cluster of KUBECONFIG, kind, or root on Debian or Ubuntu for a cluster of the repository's own

The last three work on teams, ports, state and volumes of their own. On Debian and Ubuntu, root gets Docker, Chromium
and the cluster's packages installed. A test that lacks something is skipped, says why, and is counted.

Options:
  -h, --help     this text

Environment variables:
  CHROMIUM               path of the browser; otherwise that of Debian, Ubuntu or macOS
  DOCKER_HOST            the Docker daemon; otherwise the one of Docker's context, or of a usual socket
  KUBECONFIG             a cluster that the tests may fill; otherwise they start one, and stop it at the end
  MUSTER_TEST_REGISTRY   host:port of a registry that "docker push" and the nodes of KUBECONFIG's cluster know alike
  MUSTER_TEST_KUBECTL    path of a kubectl that fits KUBECONFIG's cluster; otherwise the one in PATH
  PULUMI_HOME            where Pulumi's CLI and plugins are looked for (~/.pulumi)

Exit status: 0 when no test failed, 1 when some did, 2 for a command line that cannot be understood.`;

interface Outcome {
  readonly passed: number;
  readonly failed: number;
  /** Full names of the skipped tests; they tell the reason. */
  readonly skipped: readonly string[];
}

void runCommand({
  usage: "test -- [TIER…]",
  help: HELP,
  options: {},
  maxWords: TIERS.length,
  run: async (_, words) => {
    const unknown = words.find((word) => !(TIERS as readonly string[]).includes(word));
    if (unknown !== undefined) throw new UsageError(`There is no tier "${unknown}": use ${TIERS.join(", ")}`);
    return await runTiers(TIERS.filter((tier) => words.length === 0 || words.includes(tier)));
  },
});

/** Runs tiers one after the other and prints their outcomes; resolves to the exit status. */
async function runTiers(tiers: readonly Tier[]): Promise<number> {
  const progress = createProgress();
  const env = await prepare(tiers, progress);
  // Half of the machine for as long as it takes: without a cache it is the longest build of all.
  const prebuilt = tiers.includes("cluster") && tiers.length > 1 ? prebuildCluster(createProgress()) : undefined;
  const rows: [tier: Tier, outcome: Outcome, seconds: number][] = [];
  for (const tier of tiers) {
    console.log(`\n== ${tier} ==`);
    const started = performance.now();
    if (tier === "cluster") await prebuilt;
    const outcome = tier === "cluster" ? await onCluster(env, progress) : await runTier(tier, env);
    rows.push([tier, outcome, Math.round((performance.now() - started) / 1000)]);
  }
  const skipped = rows.flatMap(([, outcome]) => outcome.skipped);
  if (skipped.length > 0) console.log(`\nSkipped:\n${skipped.map((name) => `  ${name}`).join("\n")}`);
  const table = rows.map(([tier, outcome, seconds]) =>
    [tier, outcome.passed, outcome.failed, outcome.skipped.length, seconds].map(String),
  );
  console.log(`\n${formatTable([["TIER", "PASSED", "FAILED", "SKIPPED", "SECONDS"], ...table])}`);
  const sum = (key: "passed" | "failed") => rows.reduce((total, [, outcome]) => total + outcome[key], 0);
  console.log(`\n${sum("passed")} passed, ${sum("failed")} failed, ${skipped.length} skipped`);
  return sum("failed") === 0 ? 0 : 1;
}

/** Installs what the tiers need; where no browser can be installed, its tests say that they are skipped. */
async function prepare(tiers: readonly Tier[], progress: Progress): Promise<NodeJS.ProcessEnv> {
  const { debianLike, root } = aptAccess();
  if (tiers.includes("browser") && debianLike && root) {
    if (chromiumPath() === undefined) await aptInstall(progress, ["chromium", "fonts-dejavu-core"]);
    if ((await which(CERTUTIL)) === undefined) await aptInstall(progress, ["libnss3-tools"]);
  }
  if (tiers.includes("unit") && findPython() === undefined && debianLike && root) {
    await aptInstall(progress, ["python3", "python3-yaml"]);
  }
  const onDocker = tiers.some((tier) => ON_DOCKER.includes(tier));
  return onDocker ? { ...process.env, ...(await findDocker(progress)).env } : process.env;
}

/** Runs the cluster tier, and stops the cluster at the end unless it ran before. */
async function onCluster(env: NodeJS.ProcessEnv, progress: Progress): Promise<Outcome> {
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

/** The parts of jest's report that are used. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

async function runTier(tier: Tier, env: NodeJS.ProcessEnv): Promise<Outcome> {
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
  const result: Report | undefined = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")) : undefined;
  rmSync(folder, { recursive: true });
  const tests = result?.testResults.flatMap(({ assertionResults }) => assertionResults) ?? [];
  return {
    passed: result?.numPassedTests ?? 0,
    // A file that does not even load has no test that could fail.
    failed: (result?.numFailedTests ?? 0) + (result?.numRuntimeErrorTestSuites ?? 0) || Number(code !== 0),
    skipped: tests.filter(({ status }) => status === "pending").map(({ fullName }) => fullName),
  };
}
