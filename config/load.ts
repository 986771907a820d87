import * as pulumi from "@pulumi/pulumi";
import { resolveTeam, type Team } from "./members";
import { readTeamConfig, type TeamConfig } from "./schema/team";

/**
 * The stack's config as a team. The only reader of Pulumi config: it hands every value on, unknown keys included, so
 * that the schema can name them.
 *
 * @param conceal hides the secrets of the config
 * @throws ConfigError that lists every problem at once
 */
export function loadTeam(conceal: (config: TeamConfig) => TeamConfig): Team {
  return resolveTeam(conceal(readTeamConfig(pulumi.runtime.allConfig(), pulumi.getProject())));
}
