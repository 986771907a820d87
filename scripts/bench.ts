import { bench } from "../bench/bench";
import { runCommand } from "../engine/command";
import { UsageError } from "../engine/errors";

void runCommand({
  usage: "bench -- [--members 2,20] [--engines pulumi,compose] [--pushes 10] [--cold]",
  help: `Measures up, up without changes, adding a member, and down, on a team of its own; and how long a push takes to be live.

  --members LIST  team sizes (2,20); "none" for the pushes alone
  --engines LIST  engines (pulumi,compose); one that cannot be had here is left out
  --pushes N      pushes to a repository of PHP alone, and to one with a front end (10); 0 for none
  --cold          also measure an up that builds every image; removes all Muster images first`,
  options: {
    members: { type: "string", default: "2,20" },
    engines: { type: "string", default: "pulumi,compose" },
    pushes: { type: "string", default: "10" },
    cold: { type: "boolean", default: false },
  },
  run: async ({ members, engines, pushes, cold }, _, project) => {
    const sizes = members === "none" ? [] : members.split(",").map(Number);
    if (!sizes.every((size) => Number.isInteger(size) && size > 0)) {
      throw new UsageError(`"${members}" is not a list of team sizes: write for example 2,20`);
    }
    if (!/^\d{1,4}$/.test(pushes)) throw new UsageError(`"${pushes}" is not a number of pushes: write for example 10`);
    const names = engines.split(",").map((name) => {
      if (name !== "pulumi" && name !== "compose")
        throw new UsageError(`"${name}" is not an engine: use pulumi or compose`);
      return name;
    });
    await bench(project, { sizes, engines: names, cold, pushes: Number(pushes) });
  },
});
