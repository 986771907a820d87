import type { Team } from "../config/members";
import { createDockerPlatform } from "./docker/platform";
import { createKubernetesPlatform } from "./kubernetes/platform";
import type { Platform } from "./platform";

/** The platform that the team's `target` names. */
export function createPlatform(team: Team): Platform {
  switch (team.target) {
    case "docker":
      return createDockerPlatform(team);
    case "kubernetes":
      return createKubernetesPlatform(team);
    default: {
      const exhaustive: never = team.target;
      return exhaustive;
    }
  }
}
