import { runCommand } from "../cli/command";
import { INTERRUPTED, UsageError } from "../cli/errors";
import { createProgress, type Progress } from "../cli/progress";
import { formatTable } from "../cli/table";
import { aptAccess, aptInstall } from "../cli/tools/apt";
import { findDocker } from "../cli/tools/docker-host";
import { chromiumPath } from "./support/browser";
import { type ClusterSession, ensureCluster } from "./support/cluster";
import { type Outcome, onceMore, runTests, testFiles } from "./support/jest-run";
import { inLanes } from "./support/lanes";
import { inOrder } from "./support/order";
import { prebuild } from "./support/prebuild";
import { findPython } from "./support/python";
import { CERTUTIL } from "./support/trusted-domain";
import { which } from "./support/which";

/** In the order in which they run: the cheapest tier that can show a fault comes first. */
const TIERS = ["unit", "component", "e2e", "browser", "cluster"] as const;
type Tier = (typeof TIERS)[number];

/** Their files run side by side, each with a team, ports and state of its own. */
const ON_DOCKER: readonly Tier[] = ["e2e", "browser", "cluster"];

const HELP = `Installs what the tests need, runs the tiers, and counts passed, failed and skipped tests.

Tiers, the cheapest first; all of them unless some are named:
  unit           pure code, files of the images, and the Python of the CI; needs Node and Python 3.11
  component      the whole program under Pulumi's mocks; needs Node
  e2e            a team on real Docker, through Compose, and through Pulumi where its CLI and plugins are installed
                 (what containers do by themselves through Compose alone)
  browser        a member's day in Chromium; needs Docker and Chromium
  cluster        the same as e2e on a real Kubernetes, and the tests of the one-node cluster in Go; needs Docker, and the
                 cluster of KUBECONFIG, kind, or root on Debian or Ubuntu for a cluster of the repository's own

The last three work on teams, ports, state and volumes of their own, several files side by side. On Debian and Ubuntu, root gets Docker, Chromium
and the cluster's packages installed. A test that lacks something is skipped, says why, and is counted.

Options:
  -h, --help     this text

Environment variables:
  CHROMIUM               path of the browser; otherwise that of Debian, Ubuntu or macOS
  DOCKER_HOST            the Docker daemon; otherwise the one of Docker's context, or of a usual socket
  KUBECONFIG             a cluster that the tests may fill; otherwise they start one, and stop it at the end
  MUSTER_TEST_REGISTRY   host:port of a registry that "docker push" and the nodes of KUBECONFIG's cluster know alike
  MUSTER_TEST_LANES      how many files of the last three run side by side; otherwise one more than there are cores, while
                         3.5 GiB of memory are there for each, and at most 4
  MUSTER_TEST_PHP_DEBUG  file of the extension PHP Debug (*.vsix), in place of the small debugger of the tests
  MUSTER_TEST_KUBECTL    path of a kubectl that fits KUBECONFIG's cluster; otherwise the one in PATH
  PULUMI_HOME            where Pulumi's CLI and plugins are looked for (~/.pulumi)

Exit status: 0 when no test failed, 1 when some did, 2 for a command line that cannot be understood.`;

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

/** A tier without Docker, or a file of one with it. */
interface Part {
  readonly tier: Tier;
  readonly file?: string;
}

interface Row extends Part, Outcome {
  readonly seconds: number;
}

/** As many failed files run once more, alone: more than that is no coincidence. */
const MOST_AGAIN = 4;

/** Runs tiers and prints their outcomes; resolves to the exit status. */
async function runTiers(tiers: readonly Tier[]): Promise<number> {
  const progress = createProgress();
  const env = await prepare(tiers, progress);
  const onDocker = tiers.filter((tier) => ON_DOCKER.includes(tier));
  const wanted = { acme: onDocker.includes("e2e"), cluster: onDocker.includes("cluster") };
  const built = onDocker.length > 0 ? await prebuild(wanted, env, progress) : undefined;
  const rows: Row[] = [];
  const run = async (part: Part, partEnv: NodeJS.ProcessEnv, title = part.file ?? part.tier): Promise<Row> => {
    progress.note(`\n== ${title} ==`);
    const started = performance.now();
    const outcome = await runTests(part.tier, partEnv, part.file);
    return { ...part, ...outcome, seconds: Math.round((performance.now() - started) / 1000) };
  };
  for (const tier of tiers) if (!onDocker.includes(tier)) rows.push(await run({ tier }, env));
  if (built !== undefined) {
    await built.images;
    const files = await Promise.all(
      onDocker.map(async (tier) => (await testFiles(tier)).map((file) => ({ tier, file }))),
    );
    const cluster = lazyCluster(built.cluster, env, progress);
    const envOf = async ({ tier }: Part) => (tier === "cluster" ? await cluster.env() : env);
    try {
      await inLanes(
        inOrder(files.flat()),
        async (part) => void rows.push(await run(part, await envOf(part))),
        built.cluster,
      );
      const failed = rows.filter(({ file, failed }) => file !== undefined && failed > 0);
      for (const first of failed.length > MOST_AGAIN ? [] : failed) {
        const second = await run(first, await envOf(first), `${first.file}, once more and alone`);
        rows[rows.indexOf(first)] = { ...first, ...onceMore(first, second), seconds: first.seconds + second.seconds };
      }
    } finally {
      await cluster.stop();
    }
  }
  return report(tiers, rows);
}

/** The cluster of the tests, started when the first of them needs it; it is stopped unless it ran before. */
function lazyCluster(built: Promise<unknown>, env: NodeJS.ProcessEnv, progress: Progress) {
  let session: Promise<ClusterSession> | undefined;
  const stop = async () => (await session)?.stop();
  const interrupted = () => void stop().finally(() => process.exit(INTERRUPTED));
  return {
    env: async () => {
      if (session === undefined) process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
      session ??= built.then(() => ensureCluster(progress, env));
      return { ...env, ...(await session).env };
    },
    stop: async () => {
      process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
      await stop();
    },
  };
}

/** Prints what became of the tests; the counts are the last line. */
function report(tiers: readonly Tier[], rows: readonly Row[]): number {
  const skipped = rows.flatMap((row) => row.skipped);
  const files = rows.filter(({ file }) => file !== undefined).sort((a, b) => b.seconds - a.seconds);
  if (files.length > 0) {
    const lines = files.map(({ file, passed, failed, skipped, seconds }) =>
      [file, passed, failed, skipped.length, seconds].map(String),
    );
    console.log(`\n${formatTable([["FILE", "PASSED", "FAILED", "SKIPPED", "SECONDS"], ...lines])}`);
  }
  const named = (key: "skipped" | "failures" | "flaky") =>
    rows.flatMap((row) => row[key].map((name) => `  ${row.file ?? row.tier}: ${name}`));
  for (const [title, names] of [
    ["Skipped", named("skipped")],
    ["Passed at the second run, alone; at the first failed", named("flaky")],
    ["Failed", named("failures")],
  ] as const) {
    if (names.length > 0) console.log(`\n${title}:\n${names.join("\n")}`);
  }
  const sum = (key: "passed" | "failed" | "seconds", of = rows) => of.reduce((total, row) => total + row[key], 0);
  const table = tiers.map((tier) => {
    const own = rows.filter((row) => row.tier === tier);
    const count = own.flatMap((row) => row.skipped).length;
    return [tier, sum("passed", own), sum("failed", own), count, sum("seconds", own)].map(String);
  });
  console.log(`\n${formatTable([["TIER", "PASSED", "FAILED", "SKIPPED", "SECONDS"], ...table])}`);
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
