import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { UserError } from "../cli/errors";
import { createProgress, type Progress } from "../cli/progress";
import { findStack, type Project } from "../cli/project";
import { formatTable } from "../cli/table";
import { applyManifests } from "../cli/targets/kubernetes/apply";
import { exportManifests } from "../cli/targets/kubernetes/manifests";
import { removeNamespaces, teamStorage } from "../cli/targets/kubernetes/sweep";
import { type Kubectl, kubectlClient } from "../cli/tools/kubectl";
import { capture } from "../cli/tools/process";
import type { Manifest, NamespaceManifests } from "../export/manifests";
import type { Recorded } from "./record";

export interface ScaleOptions {
  /** Team sizes that the program is run for, without an engine. */
  readonly sizes: readonly number[];
  /** Team sizes whose objects are applied to the kubeconfig's cluster, with pods that no node takes; none by default. */
  readonly clusterSizes: readonly number[];
}

const STACK = "test-scale";
const TEAM = "scale";

/** Shows what grows with the number of members, and that it grows linearly. */
export async function scale(project: Project, { sizes, clusterSizes }: ScaleOptions): Promise<void> {
  const progress = createProgress();
  for (const target of ["docker", "kubernetes"]) {
    const recorded: Recorded[] = [];
    for (const members of sizes) {
      await progress.step(`The program for ${members} members on ${target}`, async () => {
        recorded.push(await recordInProcess(project, target, members));
      });
    }
    console.log(`\n${recordedTable(target, recorded)}\n`);
  }
  if (clusterSizes.length > 0) await measureCluster(project, clusterSizes, progress);
}

/** As `pulumi up` runs the program: Pulumi.yaml has the same options for Node. */
async function recordInProcess({ root }: Project, target: string, members: number): Promise<Recorded> {
  const args = ["--require", "sucrase/register/ts", "--stack-trace-limit=0", "bench/record.ts", target, `${members}`];
  const { code, stdout, stderr } = await capture(process.execPath, args, { cwd: root });
  if (code !== 0) throw new UserError(`The program failed:\n${stderr.slice(-2000)}`);
  return JSON.parse(stdout) as Recorded;
}

const total = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);

function recordedTable(target: string, recorded: readonly Recorded[]): string {
  const rows = recorded.map(({ members, resources, cpuSeconds, memory }) => [
    String(members),
    String(total(resources)),
    cpuSeconds.toFixed(1),
    ((1000 * cpuSeconds) / members).toFixed(0),
    memory.toFixed(0),
  ]);
  return formatTable([[`MEMBERS (${target})`, "RESOURCES", "CPU s", "CPU ms A MEMBER", "MEMORY MiB"], ...rows]);
}

/** For each size: applies it to an empty cluster, applies it again without changes, and removes it. */
async function measureCluster(project: Project, sizes: readonly number[], progress: Progress): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "muster-scale-"));
  const stack = findStack({ ...project, home }, STACK);
  const kubectl = kubectlClient(undefined);
  const rows: string[][] = [];
  try {
    for (const members of sizes) {
      const roster = Array.from({ length: members }, (_, index) => ({ id: `m${index + 1}` }));
      const config = {
        "muster:team": TEAM,
        "muster:target": "kubernetes",
        "muster:registry": { push: "registry.example.org" },
        "muster:members": roster,
      };
      writeFileSync(stack.file, stringify({ config }));
      const namespaces = (await exportManifests(stack)).filled.map(unschedulable);
      const seconds = async (work: () => Promise<void>) => {
        const started = performance.now();
        await work();
        return ((performance.now() - started) / 1000).toFixed(1);
      };
      const apply = () => applyManifests(kubectl, namespaces, progress);
      const first = await seconds(apply);
      const again = await seconds(apply);
      const gone = await seconds(() => clear(kubectl));
      rows.push([String(members), String(namespaces.flatMap(({ objects }) => objects).length), first, again, gone]);
    }
  } finally {
    await clear(kubectl).catch((error) => progress.warn((error as Error).message));
    rmSync(stack.file, { force: true });
    rmSync(home, { recursive: true, force: true });
  }
  console.log(`\n${formatTable([["MEMBERS (cluster)", "OBJECTS", "APPLY s", "AGAIN s", "REMOVE s"], ...rows])}`);
}

async function clear(kubectl: Kubectl): Promise<void> {
  await removeNamespaces(kubectl, (await teamStorage(kubectl, TEAM)).namespaces);
}

/** Loads the API server and the controllers as usual, but not the node. */
const unschedulable = ({ namespace, objects }: NamespaceManifests): NamespaceManifests => ({
  namespace,
  objects: objects.map((object) => (object.spec?.template === undefined ? object : onNoNode(object))),
});

function onNoNode({ spec, ...object }: Manifest): Manifest {
  const { template } = spec;
  const pod = { ...template.spec, nodeSelector: { "muster.test/no-node": "true" } };
  return { ...(object as Manifest), spec: { ...spec, template: { ...template, spec: pod } } };
}
