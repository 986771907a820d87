import { memberAddresses, teamAddresses } from "../../config/catalogue";
import type { Team } from "../../config/members";
import { memberUrls, teamUrl } from "../../config/naming";
import { formatTable } from "../table";

/**
 * What `npm run up` ends with.
 *
 * @param options follows `npm run credentials` to mean this stack
 * @param access how to reach the gateway, where its address does not say it
 */
export function summary(team: Team, options: string, access?: string): string {
  const table = formatTable([
    ["MEMBER", ...memberAddresses().map(([, { title }]) => title.toUpperCase())],
    ...team.members.map(({ id }) => [id, ...Object.values(memberUrls(team, id))]),
  ]);
  const own = formatTable(teamAddresses().map(([kind, { title }]) => [title, teamUrl(team, kind)]));
  // Options of the command that they follow come first.
  const invite = `npm run invite -- --all${options.replace(" --", "")}`;
  const closing = [
    ...(access === undefined ? [] : [access]),
    ...(team.visibility === undefined ? [] : [`Links by which members sign in: ${invite}`]),
    `Passwords: npm run credentials${options}`,
  ];
  return `\n${own}\n\n${table}\n\n${closing.join("\n")}`;
}
