import { countedVolumes, DISK_LEVELS } from "../../config/catalogue";
import { formatTable } from "../table";
import type { Instance, Target } from "../targets/target";

/** How full a volume is, in bytes. */
export interface Usage {
  /** Undefined for the team's own. */
  readonly member: string | undefined;
  /** `workspace`, `home`, `database`, … */
  readonly purpose: string;
  /** What its files take; undefined where counting takes too long. */
  readonly used: number | undefined;
  /** Of the disk that it is on, its own or the machine's. */
  readonly size: number;
  readonly free: number;
}

/** Containers that count at a time: it is work for the disk. */
const AT_ONCE = 6;

/** Counts every volume that a running container has; those of others are not told. */
export async function diskUsage(target: Pick<Target, "exec">, instances: readonly Instance[]): Promise<Usage[]> {
  const waiting = instances.filter(
    ({ running, component }) => running && Object.keys(countedVolumes(component)).length,
  );
  const found: Usage[] = [];
  const queue = waiting.values();
  const count = async () => {
    for (const instance of queue) {
      const volumes = countedVolumes(instance.component);
      // Of an image from before this command there are no figures.
      const { stdout } = await target.exec(instance, ["disk-usage", ...Object.values(volumes)], "");
      found.push(...readUsage(instance.member, volumes, stdout));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, count));
  const key = ({ member, purpose }: Usage) => `${member ?? ""} ${purpose}`;
  return found.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** Reads the answer of images/base/disk-usage. */
export function readUsage(member: string | undefined, volumes: Record<string, string>, text: string): Usage[] {
  return text.split("\n").flatMap((line) => {
    const [path, used, size, free] = line.trim().split(" ");
    const purpose = Object.keys(volumes).find((key) => volumes[key] === path);
    if (purpose === undefined || size === undefined || free === undefined) return [];
    return [{ member, purpose, used: used === "-" ? undefined : Number(used), size: Number(size), free: Number(free) }];
  });
}

const MB = 1e6;
const GB = 1e9;
const amount = (bytes: number): string =>
  bytes < GB ? `${(bytes / MB).toFixed(bytes < 10 * MB ? 1 : 0)} MB` : `${(bytes / GB).toFixed(1)} GB`;

/** Per cent of its disk that are in use, rounded down. */
export const fullness = ({ size, free }: Pick<Usage, "size" | "free">): number =>
  size === 0 ? 0 : Math.floor((100 * (size - free)) / size);

export const usageTable = (usage: readonly Usage[]): string =>
  formatTable([
    ["MEMBER", "VOLUME", "HOLDS", "ITS DISK IS FULL"],
    ...usage.map((volume) => [
      volume.member ?? "(team)",
      volume.purpose,
      volume.used === undefined ? "?" : amount(volume.used),
      `${fullness(volume)} % of ${amount(volume.size)}`,
    ]),
  ]);

/** A line for each disk that fills up; volumes that say the same are on one disk. */
export function diskWarnings(usage: readonly Usage[]): string[] {
  const disks = new Map<string, Usage[]>();
  for (const volume of usage) {
    // Others write meanwhile, so what is free differs a little between two looks.
    const disk = `${volume.size} ${fullness(volume)}`;
    disks.set(disk, [...(disks.get(disk) ?? []), volume]);
  }
  return [...disks.values()].flatMap((volumes) => {
    const [first] = volumes;
    const level = first === undefined ? undefined : DISK_LEVELS.findLast((each) => fullness(first) >= each);
    if (first === undefined || level === undefined) return [];
    const names = volumes.map(title);
    const largest = [...volumes].sort((a, b) => (b.used ?? 0) - (a.used ?? 0))[0] as Usage;
    const most =
      volumes.length === 1 || largest.used === undefined ? "" : `; ${title(largest)} holds ${amount(largest.used)}`;
    const shown = names.length > 4 ? `${names.length} volumes` : names.join(", ");
    return [`Disk ${fullness(first)} % full, ${amount(first.free)} free: ${shown}${most}`];
  });
}

const title = ({ member, purpose }: Usage): string => (member === undefined ? purpose : `${member}'s ${purpose}`);
