import { scale } from "../bench/scale";
import { runCommand } from "../cli/command";
import { UsageError } from "../cli/errors";

void runCommand({
  usage: "scale -- [--members 50,100,200] [--cluster 25,50,100]",
  help: `Shows what grows with the number of members: the program's resources, CPU time and memory. Runs no engine.

  --members LIST  team sizes (50,100,200)
  --cluster LIST  also apply the objects of teams of these sizes to the kubeconfig's cluster, with pods that no node
                  takes, and remove them`,
  options: {
    members: { type: "string", default: "50,100,200" },
    cluster: { type: "string" },
  },
  run: async ({ members, cluster }, _, project) => {
    await scale(project, { sizes: sizesIn(members), clusterSizes: cluster === undefined ? [] : sizesIn(cluster) });
  },
});

function sizesIn(list: string): number[] {
  const sizes = list.split(",").map(Number);
  if (sizes.every((size) => Number.isInteger(size) && size > 0)) return sizes;
  throw new UsageError(`"${list}" is not a list of team sizes: write for example 50,100`);
}
