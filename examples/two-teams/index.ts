import * as pulumi from "@pulumi/pulumi";
import { createPlatform, parseTeamConfig, resolveTeam, TeamEnvironment, teamUrl } from "muster";

const port = new pulumi.Config().getNumber("port") ?? 8092;
const teams = [
  { team: "red", port, members: [{ id: "alice" }] },
  { team: "blue", port: port + 1, members: [{ id: "bob", cache: "redis" }] },
].map((config) => resolveTeam(parseTeamConfig(config)));

const environments = teams.map((team) => {
  const platform = createPlatform(team, { prefix: team.id });
  return [team.id, new TeamEnvironment(team.id, { platform, team }).credentials] as const;
});

export const urls = Object.fromEntries(teams.map((team) => [team.id, teamUrl(team, "portal")]));
export const credentials = Object.fromEntries(environments);
