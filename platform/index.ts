import type { Team } from "../config/members";
import { liveSites } from "../config/workloads";
import { createDockerPlatform } from "./docker/platform";
import { networkOwners } from "./docker/subnets";
import { createKubernetesPlatform } from "./kubernetes/platform";
import type { Platform, PlatformArgs } from "./platform";

/**
 * The platform that the team's `target` names.
 *
 * @param options the prefix of resources' names, which each of several teams in one program needs
 */
export function createPlatform(team: Team, options: Pick<PlatformArgs, "prefix"> = {}): Platform {
  const { id, listenPort, httpPort, mirrors, certificates, packages } = team;
  const args = { team: id, port: listenPort, httpPort, mirrors, certificates, packages, ...options };
  switch (team.target) {
    case "docker":
      return createDockerPlatform({
        ...args,
        listen: team.listen,
        subnets: team.docker.subnets,
        owners: networkOwners(team),
      });
    case "kubernetes": {
      const { domain, registry, images, kubernetes: cluster } = team;
      const owners = [...team.members, ...liveSites(team).map(({ owner }) => owner)];
      return createKubernetesPlatform({ ...args, domain, registry, images, cluster, owners });
    }
    default: {
      const exhaustive: never = team.target;
      return exhaustive;
    }
  }
}
