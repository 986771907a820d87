import { isLocalDomain } from "../../config/naming";
import { UserError } from "../errors";
import { findStack, type Project, stackTeam } from "../project";
import { hostsLines, publishedAt } from "../targets/reach";

/**
 * Prints the lines of `/etc/hosts` with which another machine knows the team's names.
 *
 * @param address that they lead to; by default this machine's own
 * @throws UserError where no lines are needed, or no address is known
 */
export function hosts(project: Project, requested: string | undefined, address: string | undefined): void {
  const team = stackTeam(findStack(project, requested));
  if (isLocalDomain(team.domain)) {
    throw new UserError(
      `Names below ${team.domain} lead to each machine itself: set muster:domain to reach it from others.`,
    );
  }
  const own = team.target === "docker" ? publishedAt(team)[0] : undefined;
  const target = address ?? own;
  if (target === undefined) {
    throw new UserError("This machine does not know where others reach the gateway: npm run hosts -- ADDRESS");
  }
  console.log(hostsLines(team, target).join("\n"));
}
