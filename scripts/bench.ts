import { bench } from "../bench/bench";
import { runCommand } from "../cli/command";
import { UsageError } from "../cli/errors";
import { ENGINES, isEngine } from "../cli/targets/engines";

void runCommand({
  usage:
    "bench -- [--members 2,20] [--engines LIST] [--pushes 10] [--neighbours] [--gateway] [--cold] [--registry HOST]",
  help: `Times up, up without changes, adding a member, and down, on a team of its own; and how long a push takes to go live.

  --members LIST  team sizes (2,20); "none" measures pushes only
  --engines LIST  engines (pulumi,compose; on a cluster pulumi,kubectl); those that this machine lacks are left out
  --pushes N      pushes to a repository of PHP only, and to one with a front end (10), alone and with four branches that
                  are built beside; 0 for none
  --neighbours    also one member's site while another one has a fork storm, a memory hog or a full disk
  --gateway       also requests a second and p99 through the gateway with TLS and sign-in, beside the container directly,
                  and with 500 slow clients; needs wrk
  --cold          also measure an up that builds every image; removes all Muster images first
  --registry HOST on the kubeconfig's cluster instead of Docker, with images from that registry; without pushes`,
  options: {
    members: { type: "string", default: "2,20" },
    engines: { type: "string" },
    pushes: { type: "string" },
    neighbours: { type: "boolean", default: false },
    gateway: { type: "boolean", default: false },
    cold: { type: "boolean", default: false },
    registry: { type: "string" },
  },
  run: async ({ members, engines, pushes, neighbours, gateway, cold, registry }, _, project) => {
    const target = registry === undefined ? "docker" : "kubernetes";
    if (target === "kubernetes" && (cold || neighbours || gateway || pushes !== undefined)) {
      throw new UsageError("--cold, --neighbours, --gateway and --pushes measure on Docker: leave --registry out");
    }
    const sizes = members === "none" ? [] : members.split(",").map(Number);
    if (!sizes.every((size) => Number.isInteger(size) && size > 0)) {
      throw new UsageError(`"${members}" is not a list of team sizes: write for example 2,20`);
    }
    const count = pushes ?? (target === "docker" ? "10" : "0");
    if (!/^\d{1,4}$/.test(count)) throw new UsageError(`"${count}" is not a number of pushes: write for example 10`);
    const names = (engines?.split(",") ?? ENGINES[target]).map((name) => {
      if (!isEngine(name) || !ENGINES[target].includes(name))
        throw new UsageError(`"${name}" is not an engine of ${target}: use ${ENGINES[target].join(" or ")}`);
      return name;
    });
    await bench(project, { target, registry, sizes, engines: names, cold, pushes: Number(count), neighbours, gateway });
  },
});
