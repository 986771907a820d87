import { cpuUsage, memoryUsage } from "node:process";
import { recordProgram } from "../export/record";

/** `record.ts TARGET MEMBERS` prints a Recorded. One run to a process: Pulumi's runtime keeps what it has registered. */

/** What the program registers for a roster, and what that takes. */
export interface Recorded {
  readonly members: number;
  /** Number of resources by type. */
  readonly resources: Readonly<Record<string, number>>;
  /** CPU seconds of the program, once its modules are loaded. */
  readonly cpuSeconds: number;
  /** MiB at the end. */
  readonly memory: number;
}

async function record(target: string, members: number): Promise<Recorded> {
  const config = {
    "muster:team": "scale",
    "muster:target": target,
    "muster:registry": JSON.stringify({ push: "registry.example.org" }),
    "muster:members": JSON.stringify(Array.from({ length: members }, (_, index) => ({ id: `m${index + 1}` }))),
  };
  const before = cpuUsage();
  const { resources } = await recordProgram({ project: "muster", stack: "scale", config });
  const { user, system } = cpuUsage(before);
  const counts: Record<string, number> = {};
  for (const { type } of resources) counts[type] = (counts[type] ?? 0) + 1;
  return { members, resources: counts, cpuSeconds: (user + system) / 1e6, memory: memoryUsage.rss() / 2 ** 20 };
}

const [target = "docker", members = "2"] = process.argv.slice(2);
void record(target, Number(members)).then((recorded) => console.log(JSON.stringify(recorded)));
