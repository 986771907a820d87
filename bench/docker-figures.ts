import { teamContainers } from "../cli/targets/docker/containers";
import type { Docker } from "../cli/tools/docker";

/** What one workload uses. */
export interface WorkloadMemory {
  /** `muster.component` */
  readonly component: string;
  readonly mebibytes: number;
}

export interface ImageSize {
  readonly name: string;
  /** Includes layers shared with other images. */
  readonly megabytes: number;
}

/** The newest version of each of Muster's images. */
export async function imageSizes(docker: Docker): Promise<ImageSize[]> {
  const listing = await docker.run(
    "image",
    "ls",
    "--filter",
    "reference=muster/*",
    "--format",
    "{{.Repository}} {{.ID}}",
  );
  const newest = new Map<string, string>();
  for (const line of listing.split("\n").filter(Boolean)) {
    const [name = "", id = ""] = line.split(" ");
    if (!newest.has(name)) newest.set(name, id);
  }
  const sizes = await Promise.all(
    [...newest].map(async ([name, id]) => {
      const bytes = Number(await docker.run("image", "inspect", "--format", "{{.Size}}", id));
      return { name, megabytes: bytes / 1e6 };
    }),
  );
  return sizes.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Memory in use by a team's containers. */
export async function containerMemory(docker: Docker, team: string): Promise<WorkloadMemory[]> {
  const own = teamContainers(await docker.containers(), team);
  const names = own.map(({ name }) => name);
  const listing = await docker.run("stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}", ...names);
  const used = new Map(listing.split("\n").map((line) => line.split(" ") as [string, string]));
  return own.map(({ name, labels }) => ({
    component: labels["muster.component"] ?? name,
    mebibytes: parseMebibytes(used.get(name) ?? ""),
  }));
}

const UNITS: Record<string, number> = { B: 1 / 1024 ** 2, KiB: 1 / 1024, MiB: 1, GiB: 1024 };

/** Parses sizes such as `61.3MiB`. */
export function parseMebibytes(text: string): number {
  const match = /^([\d.]+)([KMG]?i?B)/.exec(text);
  return match ? Number(match[1]) * (UNITS[match[2] as string] ?? 0) : 0;
}
