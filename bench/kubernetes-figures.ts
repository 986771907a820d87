import type { Kubectl, KubernetesObject } from "../cli/tools/kubectl";
import type { WorkloadMemory } from "./docker-figures";

/** The two versions of control groups name their files differently. */
const READ_USAGE = `cd /sys/fs/cgroup; [ -e memory.current ] || cd memory
  cat memory.current memory.usage_in_bytes 2> /dev/null; sed -n 's/^\\(total_\\)\\?inactive_file //p' memory.stat | tail -n 1`;

/** Memory in use by a team's pods, without the file cache that the kernel would give up first; Docker counts the same way. */
export async function podMemory(kubectl: Kubectl, team: string): Promise<WorkloadMemory[]> {
  const pods = await kubectl.list("pods", "--all-namespaces", "--selector", `muster.team=${team}`);
  const figures: WorkloadMemory[] = [];
  for (const { metadata } of pods) {
    const component = metadata.labels?.["muster.component"] ?? metadata.name;
    figures.push({ component, mebibytes: await usage(kubectl, metadata, component) });
  }
  return figures;
}

async function usage(kubectl: Kubectl, { namespace = "", name }: KubernetesObject["metadata"], container: string) {
  const pod = ["--namespace", namespace, name, "--container", container];
  const output = await kubectl.run("exec", ...pod, "--", "sh", "-c", READ_USAGE);
  const [used = 0, inactive = 0] = output.trim().split("\n").map(Number);
  return (used - inactive) / 1024 ** 2;
}
