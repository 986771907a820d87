import * as pulumi from "@pulumi/pulumi";
import { decodeConfig } from "./decode";
import { resolveTeam, type Team } from "./members";
import { parseTeamConfig } from "./schema/team";

/**
 * The stack's config as a team. The only reader of Pulumi config: it hands every value on, unknown keys included, so
 * that the schema can name them.
 *
 * @throws ConfigError that lists every problem at once
 */
export function loadTeam(): Team {
  return resolveTeam(parseTeamConfig(decodeConfig(pulumi.runtime.allConfig(), pulumi.getProject())));
}
