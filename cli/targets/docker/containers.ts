import type { Team } from "../../../config/members";
import { workloads } from "../../../config/workloads";
import { containerName } from "../../../platform/docker/render";
import { COMPOSE_PROJECT_LABEL, type Container } from "../../tools/docker";
import type { EngineName } from "../engines";

/** Containers of a team, whichever engine made them. */
export const teamContainers = (containers: readonly Container[], team: string): Container[] =>
  containers.filter(({ labels }) => labels["muster.team"] === team);

/** The engine that made the team's containers, or undefined when there are none. */
export function runningEngine(containers: readonly Container[], team: string): EngineName | undefined {
  const own = teamContainers(containers, team);
  if (own.length === 0) return undefined;
  return own.some(({ labels }) => COMPOSE_PROJECT_LABEL in labels) ? "compose" : "pulumi";
}

/** Names of the containers that a team's environment has. */
export const teamContainerNames = (team: Team): string[] =>
  workloads(team).map(({ member, component }) => containerName({ team: team.id }, member, component));
