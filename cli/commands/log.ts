import { findStack, type Project, stackTeam } from "../project";
import { formatTable } from "../table";
import { askAccess } from "../targets/access";
import { openSession } from "./session";

/** Something that somebody did to sign in or out. */
export interface SignIn {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly event: string;
  /** A member's id, or the host of a shared site. */
  readonly name: string;
  readonly address: string;
  /** How the browser calls itself. */
  readonly agent: string;
}

/** Prints who signed in, when and from where, in the last 90 days. */
export async function signIns(project: Project, stack: string | undefined, json: boolean): Promise<void> {
  const session = await openSession(findStack(project, stack));
  const entries = await askAccess<SignIn[]>(session, stackTeam(session.stack), "log", {});
  console.log(json ? JSON.stringify(entries, undefined, 2) : signInTable(entries));
}

/** The oldest first, as logs are read. */
export const signInTable = (entries: readonly SignIn[]): string =>
  formatTable([
    ["WHEN (UTC)", "WHO", "WHAT", "FROM", "WITH"],
    ...[...entries].reverse().map(({ at, name, event, address, agent }) => [
      new Date(at).toISOString().slice(0, 19).replace("T", " "),
      name,
      event,
      address,
      // A browser may call itself anything.
      agent.replace(/[^\x20-\x7e]/g, "?").slice(0, 60),
    ]),
  ]);
