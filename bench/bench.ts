import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../cli/errors";
import { createProgress, type Progress } from "../cli/progress";
import type { Project } from "../cli/project";
import { ensurePulumi } from "../cli/pulumi/cli";
import { formatTable } from "../cli/table";
import type { EngineName } from "../cli/targets/engines";
import { dockerClient } from "../cli/tools/docker";
import { findDocker } from "../cli/tools/docker-host";
import { kubectlClient } from "../cli/tools/kubectl";
import type { Team } from "../config/members";
import { BRANCHES, type DeliveryFigures, measureDelivery, reportDelivery } from "./delivery";
import { containerMemory, type ImageSize, imageSizes, type WorkloadMemory } from "./docker-figures";
import { gatewaySummary, gatewayTable, type LoadFigures, measureGateway } from "./gateway";
import { podMemory } from "./kubernetes-figures";
import { measureNeighbours, type NeighbourFigures, reportNeighbours } from "./neighbours";
import { BenchTeam, TEAM } from "./team";

export interface BenchOptions {
  readonly target: Team["target"];
  /** Registry of the kubernetes target's images. */
  readonly registry: string | undefined;
  readonly sizes: readonly number[];
  readonly engines: readonly EngineName[];
  readonly cold: boolean;
  /** Pushes that are followed to the live site, to each kind of repository; 0 for none. */
  readonly pushes: number;
  /** Whether to measure one member's site while another runs wild, on a team of two. */
  readonly neighbours: boolean;
  /** Whether to measure the gateway with TLS and sign-in, on a team of one with a domain. */
  readonly gateway: boolean;
}

/** One measured command. */
interface Timing {
  readonly engine: EngineName;
  readonly members: number;
  readonly step: string;
  /** From the command's start until it ends, readiness included. */
  readonly seconds: number;
}

/** Milliseconds after which a new environment has come to rest. */
const SETTLE = 20_000;

/**
 * Times the commands as a user runs them. Each engine gets the same rosters on the same machine, one after the other;
 * the first up of a pair warms the images, so that `up` compares only the engines.
 */
export async function bench(
  project: Project,
  { target, registry, sizes, engines, cold, pushes, neighbours, gateway }: BenchOptions,
): Promise<void> {
  const progress = createProgress();
  const docker = dockerClient((await findDocker(progress)).env);
  const usable = await usableEngines(target, engines, progress);
  const home = mkdtempSync(join(tmpdir(), "muster-bench-"));
  const team = new BenchTeam(project, home, { target, registry });
  const memoryNow = () =>
    target === "docker" ? containerMemory(docker, TEAM) : podMemory(kubectlClient(undefined), TEAM);
  const time = async (engine: EngineName, members: number, step: string, work: () => Promise<void>) => {
    const started = performance.now();
    await progress.step(`${engine}, ${members} members, ${step}`, work);
    timings.push({ engine, members, step, seconds: (performance.now() - started) / 1000 });
  };
  const timings: Timing[] = [];
  const delivery: DeliveryFigures[] = [];
  const beside: NeighbourFigures[] = [];
  const loads: LoadFigures[] = [];
  const memory: Record<string, number> = {};

  const print = (text: string) => console.log(`\n${text}`);

  try {
    if (cold) {
      await team.run("down", "--images");
      for (const engine of usable) {
        await time(engine, 2, "up, no images", () => team.up(engine, 2));
        await team.run("down", "--volumes", "--images");
      }
    }
    if (pushes > 0 || neighbours || sizes.length > 0) {
      await progress.step("Warming the images", () =>
        team.up(usable[0] as EngineName, 1, pushes > 0 ? BRANCHES : undefined),
      );
    }
    if (pushes > 0) {
      delivery.push(...(await measureDelivery(docker, progress, pushes)));
      print(reportDelivery(delivery));
    }
    if (neighbours) {
      await team.up(usable[0] as EngineName, 2);
      beside.push(...(await measureNeighbours(docker, progress)));
      print(reportNeighbours(beside));
    }
    await team.run("down", "--volumes");
    if (gateway) {
      await progress.step("A team with a domain", () => team.upWithDomain(usable[0] as EngineName));
      for await (const figures of measureGateway(docker, progress)) {
        loads.push(...figures);
        print(gatewayTable(figures));
      }
      print(gatewaySummary(loads));
      await team.run("down", "--volumes");
    }

    for (const members of sizes) {
      for (const engine of usable) {
        await time(engine, members, "first up", () => team.up(engine, members));
        if (engine === usable[0]) {
          await sleep(SETTLE);
          Object.assign(memory, byComponent(await memoryNow()));
        }
        await time(engine, members, "up without changes", () => team.up(engine, members));
        await time(engine, members, "add one member", () => team.up(engine, members + 1));
        await time(engine, members, "down", () => team.run("down"));
        await team.run("down", "--volumes");
      }
    }
  } finally {
    await team.run("down", "--volumes").catch((error) => progress.warn((error as Error).message));
    rmSync(team.stackFile, { force: true });
    rmSync(home, { recursive: true, force: true });
  }
  const images = await imageSizes(docker);
  console.log(report(timings, memory, images, usable));
  const results = join(project.root, "bench/results");
  mkdirSync(results, { recursive: true });
  const machine = { cpus: cpus().length, memoryMiB: Math.round(totalmem() / 1024 ** 2) };
  writeFileSync(
    join(results, "latest.json"),
    `${JSON.stringify({ machine, target, timings, delivery, beside, loads, memory, images }, undefined, 2)}\n`,
  );
}

async function usableEngines(
  target: Team["target"],
  engines: readonly EngineName[],
  progress: Progress,
): Promise<EngineName[]> {
  const pulumi = engines.includes("pulumi") ? await ensurePulumi(target, progress) : undefined;
  if (pulumi && "unavailable" in pulumi) progress.warn(`without Pulumi: ${pulumi.unavailable}`);
  const usable = engines.filter((engine) => engine !== "pulumi" || (pulumi && "binary" in pulumi));
  if (usable.length === 0) throw new UserError("None of these engines can be used here.");
  return usable;
}

/** MiB by component: the mean over the members and the live server; the team's own as they are. */
function byComponent(workloads: readonly WorkloadMemory[]): Record<string, number> {
  const components = [...new Set(workloads.map(({ component }) => component))];
  const mean = (component: string) => {
    const own = workloads.filter((workload) => workload.component === component);
    return own.reduce((sum, { mebibytes }) => sum + mebibytes, 0) / own.length;
  };
  return Object.fromEntries(components.map((component) => [component, mean(component)]));
}

function report(
  timings: readonly Timing[],
  memory: Readonly<Record<string, number>>,
  images: readonly ImageSize[],
  engines: readonly EngineName[],
): string {
  const cases = [...new Map(timings.map(({ members, step }) => [`${members} ${step}`, { members, step }])).values()];
  const seconds = (engine: EngineName, { members, step }: { members: number; step: string }) =>
    timings.find((timing) => timing.engine === engine && timing.members === members && timing.step === step)?.seconds;
  const rows = cases.map((one) => [
    String(one.members),
    one.step,
    ...engines.map((engine) => seconds(engine, one)?.toFixed(1) ?? ""),
  ]);
  const table = (head: readonly string[], body: readonly (readonly string[])[]) =>
    body.length === 0 ? [] : ["", formatTable([head, ...body])];
  return [
    ...table(["MEMBERS", "STEP", ...engines.map((engine) => `${engine.toUpperCase()} s`)], rows),
    ...table(
      ["COMPONENT", "IDLE MiB"],
      Object.entries(memory).map(([name, mib]) => [name, mib.toFixed(0)]),
    ),
    ...table(
      ["IMAGE", "MB"],
      images.map(({ name, megabytes }) => [name, megabytes.toFixed(0)]),
    ),
  ].join("\n");
}
