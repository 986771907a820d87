import type { Team } from "../config/members";
import { ciUrl, databaseUrl, editorUrl, gitUrl, liveUrl, portalUrl, siteUrl } from "../config/naming";
import { formatTable } from "./table";

/** What `npm run up` ends with. `options` follows `npm run credentials` to mean this stack. */
export function summary(team: Team, options: string): string {
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
  return `\n${own}\n\n${table}\n\nPasswords: npm run credentials${options}`;
}
