import { bench } from "../bench/bench";
import { runCommand } from "../engine/command";
import { UsageError } from "../engine/errors";

void runCommand({
  usage: "bench -- [--members 2,20] [--engines pulumi,compose] [--cold]",
  help: `Measures up, up without changes, adding a member, and down, on a team of its own.

  --members LIST  team sizes (2,20)
  --engines LIST  engines (pulumi,compose); one that cannot be had here is left out
  --cold          also measure an up that builds every image; removes all Muster images first`,
  options: {
    members: { type: "string", default: "2,20" },
    engines: { type: "string", default: "pulumi,compose" },
    cold: { type: "boolean", default: false },
  },
  run: async ({ members, engines, cold }, _, project) => {
    const sizes = members.split(",").map(Number);
    if (!sizes.every((size) => Number.isInteger(size) && size > 0)) {
      throw new UsageError(`"${members}" is not a list of team sizes: write for example 2,20`);
    }
    const names = engines.split(",").map((name) => {
      if (name !== "pulumi" && name !== "compose")
        throw new UsageError(`"${name}" is not an engine: use pulumi or compose`);
      return name;
    });
    await bench(project, { sizes, engines: names, cold });
  },
});
