import { request } from "node:http";
import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../cli/errors";
import type { Progress } from "../cli/progress";
import { formatTable } from "../cli/table";
import type { Docker } from "../cli/tools/docker";
import { PORT, TEAM } from "./team";

/** What ten pushes, one after the other, took. */
export interface DeliveryFigures {
  readonly repository: string;
  /** Branches that were built all the while. */
  readonly beside: number;
  /** Seconds from the start of `git push` until the gateway serves the change, in the order of the pushes. */
  readonly live: readonly number[];
  /** Seconds of `git push` itself. */
  readonly push: readonly number[];
  /** Load averages of one minute: before the first push and after the last. */
  readonly load: readonly [before: number, after: number];
}

interface Repository {
  readonly title: string;
  readonly name: string;
  /** Makes the clone in the current folder; the first commit comes later. */
  readonly prepare: string;
}

/** Milliseconds between two looks at the live page, and until a push counts as lost. */
const INTERVAL = 25;
const PATIENCE = 120_000;

const REPOSITORIES: readonly Repository[] = [
  {
    title: "PHP only",
    name: "plain",
    prepare: `git init --quiet --initial-branch=main . && git remote add origin "$GIT_URL/plain.git"
      mkdir -p public src tests
      echo '<?php require __DIR__ . "/../src/greeting.php"; echo greeting(), file_get_contents(__DIR__ . "/push.txt");' > public/index.php
      echo '<?php function greeting(): string { return "Hello"; }' > src/greeting.php
      echo '<?php require __DIR__ . "/../src/greeting.php"; final class GreetingTest extends PHPUnit\\Framework\\TestCase { public function testGreets(): void { self::assertSame("Hello", greeting()); } }' > tests/GreetingTest.php`,
  },
  {
    title: "starter, with front end",
    name: "app",
    prepare: `git clone --quiet "$GIT_URL/app.git" .
      echo '<?php echo file_get_contents(__DIR__ . "/push.txt");' >> public/index.php`,
  },
];

/** Branches that are built beside the second half of the pushes, one by each test worker. */
export const BRANCHES = 4;

/**
 * Pushes to each kind of repository and waits until each is live: alone, and while branches of the same repository are
 * built. The environment of `BenchTeam` is up, with a worker for each branch.
 */
export async function measureDelivery(docker: Docker, progress: Progress, pushes: number): Promise<DeliveryFigures[]> {
  const figures: DeliveryFigures[] = [];
  for (const repository of REPOSITORIES) {
    const title = `${pushes} pushes, ${repository.title}`;
    figures.push(await progress.step(title, () => measure(docker, repository, pushes, 0)));
    const busy = keepBusy(docker, repository.name);
    try {
      await until("the branches' builds", async () => (await building("pipeline")) === BRANCHES);
      const beside = `${title}, ${BRANCHES} branches beside`;
      figures.push(await progress.step(beside, () => measure(docker, repository, pushes, BRANCHES)));
    } finally {
      await docker.run("exec", `${TEAM}-m1-code`, "rm", "-f", BUSY);
      await busy;
    }
  }
  return figures;
}

/** In the editor's container, as long as branches are to be built. */
const BUSY = "/tmp/bench-busy";

/** Pushes to each branch again as soon as its build has ended. */
const keepBusy = (docker: Docker, name: string): Promise<string> =>
  inTerminal(
    docker,
    `touch ${BUSY}
    branch() {
      rm -rf /tmp/bench-branch-$1; git clone --quiet /tmp/bench-${name} /tmp/bench-branch-$1; cd /tmp/bench-branch-$1
      git remote set-url origin "$GIT_URL/${name}.git"
      while [ -e ${BUSY} ]; do
        git commit --quiet --allow-empty --message=beside
        git push --quiet --force -o ci.wait origin HEAD:branch-$1
      done
    }
    for n in $(seq ${BRANCHES}); do branch $n > /dev/null 2>&1 & done; wait`,
  );

const inTerminal = (docker: Docker, script: string): Promise<string> =>
  docker.run("exec", `${TEAM}-m1-code`, "bash", "-lc", script);

async function measure(
  docker: Docker,
  { title, name, prepare }: Repository,
  pushes: number,
  beside: number,
): Promise<DeliveryFigures> {
  const folder = `/tmp/bench-${name}`;
  const shell = (script: string) => inTerminal(docker, `set -e; mkdir -p ${folder}; cd ${folder}\n${script}`);
  const push = async (mark: string) => {
    const output =
      await shell(`echo ' push ${mark}.' > public/push.txt; git add --all; git commit --quiet --message='${mark}'
      date +%s%3N; git push --quiet origin main >/dev/null; date +%s%3N`);
    const [begin = 0, end = 0] = output.trim().split("\n").map(Number);
    const live = await untilLive(name, ` push ${mark}.`);
    await untilIdle();
    return { push: (end - begin) / 1000, live: (live - begin) / 1000 };
  };

  if (beside === 0) await shell(prepare);
  // The first release of a repository takes longer, and nobody waits for it twice.
  await push(`${beside}-0`);
  const before = loadavg()[0] as number;
  const taken = [];
  for (let count = 1; count <= pushes; count += 1) taken.push(await push(`${beside}-${count}`));
  return {
    repository: title,
    beside,
    live: taken.map(({ live }) => live),
    push: taken.map((one) => one.push),
    load: [before, loadavg()[0] as number],
  };
}

/** When the live page first showed the text. @throws UserError when it never does */
async function untilLive(repository: string, text: string): Promise<number> {
  const host = repository === "app" ? "live" : `${repository}--live`;
  return await until(`"${text.trim()}" on ${host}`, async () => (await get(host, "/")).includes(text));
}

/** Waits until what goes live is built, so that the next push does not queue. */
const untilIdle = () => until("the CI's rest", async () => (await building("release")) === 0);

/** How many builds of a builder are running. */
async function building(builder: string): Promise<number> {
  const { builders } = JSON.parse(await get("ci", `/api/v2/builders?name=${builder}`));
  const { builds } = JSON.parse(await get("ci", "/api/v2/builds?complete=false"));
  const requests = await Promise.all(
    builds.map(async ({ buildrequestid }: { buildrequestid: number }) =>
      JSON.parse(await get("ci", `/api/v2/buildrequests/${buildrequestid}`)),
    ),
  );
  return requests.filter(({ buildrequests: [request] }) => request.builderid === builders[0].builderid).length;
}

async function until(what: string, holds: () => Promise<boolean>): Promise<number> {
  const begun = Date.now();
  while (Date.now() < begun + PATIENCE) {
    if (await holds()) return Date.now();
    await sleep(INTERVAL);
  }
  throw new UserError(`${what}: did not come in ${PATIENCE / 1000} s`);
}

/** A page of the team, through the gateway. */
const get = (host: string, path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const headers = { host: `${host}.localhost:${PORT}` };
    request({ host: "127.0.0.1", port: PORT, path, headers }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve(Buffer.concat(chunks).toString());
    })
      .on("error", reject)
      .end();
  });

export function reportDelivery(figures: readonly DeliveryFigures[]): string {
  const rows = figures.map(({ repository, beside, live, push, load }) => [
    repository,
    String(beside),
    String(live.length),
    median(live).toFixed(2),
    Math.max(...live).toFixed(2),
    median(push).toFixed(2),
    Math.max(...push).toFixed(2),
    load.map((value) => value.toFixed(1)).join("–"),
  ]);
  return formatTable([
    ["REPOSITORY", "BRANCHES BESIDE", "PUSHES", "LIVE, MEDIAN s", "WORST s", "git push, MEDIAN s", "WORST s", "LOAD"],
    ...rows,
  ]);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}
