import { expect, test } from "@jest/globals";
import { diskUsage, diskWarnings, readUsage, type Usage, usageTable } from "../../../cli/commands/disk";
import type { Instance } from "../../../cli/targets/target";

const instance = (member: string | undefined, component: string, running = true): Instance => ({
  ...{ member, component, running, status: "", name: [member, component].filter(Boolean).join("-") },
});
const usage = (member: string | undefined, purpose: string, percent: number, used = 1e6, size = 100e9): Usage => ({
  ...{ member, purpose, used, size },
  free: size * (1 - percent / 100),
});

test("every running container counts the volumes that it has", async () => {
  const asked: string[] = [];
  const target = {
    exec: async ({ name }: Instance, command: readonly string[]) => {
      asked.push([name, ...command].join(" "));
      const stdout = command.slice(1).map((folder) => `${folder} 10 100 40\n`);
      return { code: 0, stdout: stdout.join(""), stderr: "" };
    },
  };
  const found = await diskUsage(target, [
    instance("alice", "code"),
    instance("alice", "web"),
    instance("bob", "code", false),
    instance(undefined, "worker-2"),
    instance("live", "deployer"),
  ]);
  expect(asked.sort()).toEqual([
    "alice-code disk-usage /home/muster /workspace",
    "live-deployer disk-usage /srv/live /srv/shared",
    "worker-2 disk-usage /var/lib/worker",
  ]);
  expect(usageTable(found).split("\n")).toEqual([
    "MEMBER  VOLUME     HOLDS   ITS DISK IS FULL",
    "(team)  worker-2   0.0 MB  60 % of 0.0 MB",
    "alice   home       0.0 MB  60 % of 0.0 MB",
    "alice   workspace  0.0 MB  60 % of 0.0 MB",
    "live    releases   0.0 MB  60 % of 0.0 MB",
    "live    shared     0.0 MB  60 % of 0.0 MB",
  ]);
});

test("what was not counted in time, and what is no answer", () => {
  const volumes = { home: "/home/muster" };
  expect(readUsage("alice", volumes, "/home/muster - 5 4\nsh: disk-usage: not found\n/tmp 1 2 3\n")).toEqual([
    { member: "alice", purpose: "home", used: undefined, size: 5, free: 4 },
  ]);
});

test("a warning from 85 per cent on, once for each disk, with the largest on it", () => {
  expect(diskWarnings([usage("alice", "home", 84)])).toEqual([]);
  expect(
    diskWarnings([
      usage(undefined, "repositories", 90),
      usage("alice", "home", 90, 5e9),
      usage("bob", "database", 97, 1e9, 2e9),
    ]),
  ).toEqual([
    "Disk 90 % full, 10.0 GB free: repositories, alice's home; alice's home holds 5.0 GB",
    "Disk 97 % full, 60 MB free: bob's database",
  ]);
});
