import type { Team } from "../../config/members";
import { ciUrl, databaseUrl, editorUrl, gitUrl, liveUrl, portalUrl, siteUrl } from "../../config/naming";
import { formatTable } from "../table";

/**
 * What `npm run up` ends with.
 *
 * @param options follows `npm run credentials` to mean this stack
 * @param access how to reach the gateway, where its address alone does not tell
 */
export function summary(team: Team, options: string, access?: string): string {
  const table = formatTable([
    ["MEMBER", "SITE", "EDITOR", "DATABASE"],
    ...team.members.map(({ id }) => [id, siteUrl(team, id), editorUrl(team, id), databaseUrl(team, id)]),
  ]);
  const own = formatTable([
    ["Portal", portalUrl(team)],
    ["Git", gitUrl(team)],
    ["CI", ciUrl(team)],
    ["Live", liveUrl(team)],
  ]);
  const closing = [...(access === undefined ? [] : [access]), `Passwords: npm run credentials${options}`];
  return `\n${own}\n\n${table}\n\n${closing.join("\n")}`;
}
