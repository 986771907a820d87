import { LIVE } from "../../config/catalogue";
import type { Team } from "../../config/members";
import { UserError } from "../errors";
import { findStack, type Project, stackTeam } from "../project";
import { askAccess } from "../targets/access";
import { openSession } from "./session";

export interface ShareOptions {
  readonly stack?: string | undefined;
  readonly hours: number;
  readonly stop?: boolean | undefined;
}

/**
 * Makes a link that opens one site to whoever has it, or ends those that there are.
 *
 * @param site what stands before the domain: a member's id, `blog--alice`, `live`
 * @throws UserError for what is nobody's site
 */
export async function share(project: Project, site: string, { stack, hours, stop }: ShareOptions): Promise<void> {
  const session = await openSession(findStack(project, stack));
  const team = stackTeam(session.stack);
  checkSite(team, site);
  if (stop) {
    const { ended } = await askAccess<{ ended: number }>(session, team, "unshare", { label: site });
    console.log(ended === 0 ? `${site} was not shared.` : `${site} is no longer shared.`);
    return;
  }
  const order = { label: site, hours };
  const { url, expires } = await askAccess<{ url: string; expires: number }>(session, team, "share", order);
  console.log(`${url}\n\nIt works until ${new Date(expires).toISOString().slice(0, 16).replace("T", " ")} UTC.`);
}

/** @throws UserError for what is nobody's site */
export function checkSite({ members }: Pick<Team, "members">, site: string): void {
  const [owner = "", ...repository] = site.split("--").reverse();
  const label = repository.join("--");
  const known = [...members.map(({ id }) => id), LIVE];
  if (known.includes(owner) && (repository.length === 0 || /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(label))) return;
  throw new UserError(
    `"${site}" is nobody's site: use one of ${known.join(", ")}, or a repository's, such as blog--alice.`,
  );
}
