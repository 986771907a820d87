import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { buildImages, missingImages } from "../../cli/images/build";
import { createProgress } from "../../cli/progress";
import { dockerClient } from "../../cli/tools/docker";
import { buildOrder, imageBuild, imageOptions } from "../../platform/images/plan";
import { run } from "../support/environment";
import { acceptedRosters } from "../support/rosters";
import { type Start, startsOf } from "../support/starts";

/**
 * Accepted rosters, really started: of each, one of the containers whose settings a roster varies, another one for each
 * roster, until it answers its own health check. tests/component/accepted.test.ts gives all of them to the images' checks.
 */
const COUNT = Number(process.env.MUSTER_TEST_STARTS ?? 40);
const SEED = Number(process.env.MUSTER_TEST_SEED ?? 13);
const AT_ONCE = 4;
/** Until the answer, on a machine that is busy otherwise: one that refuses its settings ends at once. */
const SECONDS = 300;
const UNTIL = 'until "$@" > /dev/null 2>&1; do sleep 0.1; done';

jest.setTimeout(COUNT * 30_000 + 20 * 60_000);

const VARIED = ["portal", "git", "gateway", "ci", "web", "code", "db", "cache"] as const;

const root = resolve(__dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "muster-accepted-"));
const names = new Map<string, string>();
let starts: Start[];

beforeAll(async () => {
  const rosters = acceptedRosters(COUNT, SEED);
  const all = await startsOf(rosters);
  starts = rosters.map((roster, index) => {
    const own = all.filter((start) => start.roster === roster);
    const wanted = VARIED.map((_, step) => VARIED[(index + step) % VARIED.length]);
    const component = wanted.find((each) => own.some((start) => start.component === each));
    return own.find((start) => start.component === component) as Start;
  });
  const options = imageOptions({ mirrors: {}, certificates: undefined, packages: [] }, root);
  const builds = buildOrder(starts.map(({ image }) => image)).map((image) => imageBuild(image, options));
  for (const { image, name } of builds) names.set(image, name);
  const docker = dockerClient(process.env);
  await buildImages(docker, await missingImages(docker, builds), root, createProgress());
});
afterAll(() => rmSync(folder, { recursive: true }));

/** @returns what went wrong */
async function fault({ image, env, spec }: Start, index: number): Promise<string | undefined> {
  const name = `muster-accepted-${process.pid}-${index}`;
  // One variable a line, and values may hold several: these go by name through this process's environment.
  // There are no workers, on no network; and an editor would wait a minute for a git server that is not there.
  const { GIT_URL, CI_WORKERS_HOST: _, ...others } = env;
  const settings = spec.component === "code" || GIT_URL === undefined ? others : { ...others, GIT_URL };
  const list = join(folder, String(index));
  writeFileSync(list, Object.keys(settings).join("\n"));
  const scratch = (spec.scratch ?? []).flatMap((path) => ["--tmpfs", `${path}:uid=1000,gid=1000`]);
  const started = await run(
    "docker",
    [
      ...["run", "--detach", "--init", "--name", name, "--network", "none", "--env-file", list],
      ...[...scratch, names.get(image) as string],
    ],
    settings,
  );
  try {
    if (started.code !== 0) return started.output;
    const probe =
      spec.probe.kind === "http" ? ["http-healthcheck", spec.probe.path, String(spec.port)] : ["healthcheck"];
    // Ends with the container, too.
    const { code } = await run("docker", [
      "exec",
      name,
      "timeout",
      String(SECONDS),
      "sh",
      "-c",
      UNTIL,
      "until",
      ...probe,
    ]);
    if (code === 0) return undefined;
    const { output } = await run("docker", ["inspect", "--format", "{{.State.Status}} {{.State.ExitCode}}", name]);
    return `${output}${(await run("docker", ["logs", "--tail", "20", name])).output}`;
  } finally {
    await run("docker", ["rm", "--force", "--volumes", name]);
  }
}

test(`${COUNT} accepted rosters start`, async () => {
  const failed: (readonly [index: number, start: Start])[] = [];
  const queue = starts.entries();
  const one = async () => {
    for (const entry of queue) {
      if ((await fault(entry[1], entry[0])) !== undefined) failed.push(entry);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  // Once more, alone: settings are refused every time, and code-server only gives itself ten seconds.
  const faults: { says: string; component: string; roster: unknown }[] = [];
  for (const [index, start] of failed) {
    const says = await fault(start, index);
    if (says !== undefined) faults.push({ says, component: start.component, roster: start.roster });
  }
  expect(starts).toHaveLength(COUNT);
  expect({ count: faults.length, first: faults.slice(0, 3) }).toEqual({ count: 0, first: [] });
});
