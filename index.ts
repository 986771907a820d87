import * as pulumi from "@pulumi/pulumi";
import { TeamEnvironment } from "./components/team-environment";
import { loadTeam } from "./config/load";
import type { Team } from "./config/members";
import { databaseUrl, editorUrl, portalUrl, siteUrl } from "./config/naming";
import { ConfigError } from "./config/problems";
import { createPlatform } from "./platform";

function main(adapted: (team: Team) => Team) {
  const team = adapted(loadTeam());
  const environment = new TeamEnvironment(team.id, { platform: createPlatform(team), team });
  return {
    /** The portal's address. */
    url: portalUrl(team),
    /** Addresses by member id. */
    members: Object.fromEntries(
      team.members.map(({ id }) => [
        id,
        { site: siteUrl(team, id), editor: editorUrl(team, id), database: databaseUrl(team, id) },
      ]),
    ),
    /** Passwords by member id. */
    credentials: pulumi.secret(environment.credentials),
  };
}

/**
 * Config that cannot be used ends the run with its list of problems and without a stack trace.
 *
 * @param adapted changes the team of the config
 * @default the team as it is
 */
function program(adapted = (team: Team) => team) {
  try {
    return main(adapted);
  } catch (error) {
    throw error instanceof ConfigError ? new pulumi.RunError(error.message) : error;
  }
}

// Pulumi calls an exported function; `export/record` calls the same one under the mock runtime.
export = program;
