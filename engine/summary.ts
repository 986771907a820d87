import type { Team } from "../config/members";
import { databaseUrl, editorUrl, portalUrl, siteUrl } from "../config/naming";
import { formatTable } from "./table";

/** What `npm run up` ends with. `options` follows `npm run credentials` to mean this stack. */
export function summary(team: Team, options: string): string {
  const table = formatTable([
    ["MEMBER", "SITE", "EDITOR", "DATABASE"],
    ...team.members.map(({ id }) => [id, siteUrl(team, id), editorUrl(team, id), databaseUrl(team, id)]),
  ]);
  return `\nPortal: ${portalUrl(team)}\n\n${table}\n\nPasswords: npm run credentials${options}`;
}
