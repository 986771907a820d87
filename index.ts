import * as pulumi from "@pulumi/pulumi";
import { TeamEnvironment } from "./components/team-environment";
import { loadTeam } from "./config/load";
import { memberUrls, teamUrl } from "./config/naming";
import { ConfigError } from "./config/problems";
import type { TeamConfig } from "./config/schema/team";
import { createPlatform } from "./platform";

function main(conceal: (config: TeamConfig) => TeamConfig) {
  const team = loadTeam(conceal);
  const environment = new TeamEnvironment(team.id, { platform: createPlatform(team), team });
  return {
    /** The portal's address. */
    url: teamUrl(team, "portal"),
    /** Addresses by member id. */
    members: Object.fromEntries(team.members.map(({ id }) => [id, memberUrls(team, id)])),
    /** Passwords by member id. */
    credentials: pulumi.secret(environment.credentials),
  };
}

/**
 * Config that cannot be used ends the run with its list of problems and without a stack trace.
 *
 * @param conceal puts stand-ins in the place of the secrets that the config gives
 * @default the config as it is
 */
function program(conceal = (config: TeamConfig) => config) {
  try {
    return main(conceal);
  } catch (error) {
    throw error instanceof ConfigError ? new pulumi.RunError(error.message) : error;
  }
}

// Pulumi calls an exported function; `export/record` calls the same one under the mock runtime.
export = program;
