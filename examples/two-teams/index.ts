import { createPlatform, parseTeamConfig, resolveTeam, TeamEnvironment, teamUrl } from "muster";

const teams = [
  { team: "red", port: 8092, members: [{ id: "alice" }] },
  { team: "blue", port: 8093, members: [{ id: "bob", cache: "redis" }] },
].map((config) => resolveTeam(parseTeamConfig(config)));

const environments = teams.map((team) => {
  const platform = createPlatform(team, { prefix: team.id });
  return [team.id, new TeamEnvironment(team.id, { platform, team }).credentials] as const;
});

export const urls = Object.fromEntries(teams.map((team) => [team.id, teamUrl(team, "portal")]));
export const credentials = Object.fromEntries(environments);
