import * as pulumi from "@pulumi/pulumi";
import { TeamEnvironment } from "./components/team-environment";
import { loadTeam } from "./config/load";
import type { Team } from "./config/members";
import { memberUrls, teamUrl } from "./config/naming";
import { ConfigError } from "./config/problems";
import { createPlatform } from "./platform";

function main(conceal: (team: Team) => Team) {
  const team = conceal(loadTeam());
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
 * @default the team as it is
 */
function program(conceal = (team: Team) => team) {
  try {
    return main(conceal);
  } catch (error) {
    throw error instanceof ConfigError ? new pulumi.RunError(error.message) : error;
  }
}

// Pulumi calls an exported function; `export/record` calls the same one under the mock runtime.
export = program;
