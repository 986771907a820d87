import { rmSync, writeFileSync } from "node:fs";
import { renderSVG } from "uqr";
import { UserError } from "../errors";
import { findStack, type Project, stackTeam } from "../project";
import { formatTable } from "../table";
import { askAccess } from "../targets/access";
import { openSession } from "./session";
import { checkWritable } from "./written-file";

export interface InviteOptions {
  readonly stack?: string | undefined;
  readonly all?: boolean | undefined;
  /** Days until the links end. */
  readonly days: number;
  /** Files that are written in the place of the table. */
  readonly csv?: string | undefined;
  readonly html?: string | undefined;
}

/** A link by which a member sets a password and is signed in, once. */
export interface Invitation {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/**
 * Makes invitation links; earlier ones of the same members end.
 *
 * @throws UserError for somebody who is not on the roster, or was not there at the last `up`
 */
export async function invite(project: Project, member: string | undefined, options: InviteOptions): Promise<void> {
  // Earlier links end with new ones: not for a file that cannot be written.
  for (const file of [options.csv, options.html]) if (file !== undefined) checkWritable(file);
  const session = await openSession(findStack(project, options.stack));
  const team = stackTeam(session.stack);
  const ids = team.members.map(({ id }) => id);
  if (member !== undefined && !ids.includes(member)) {
    throw new UserError(`"${member}" is not on the roster: use one of ${ids.join(", ")}.`);
  }
  const members = options.all ? ids : [member as string];
  const invitations = await askAccess<Invitation[]>(session, team, "invite", { members, days: options.days });
  if (options.csv !== undefined) write(options.csv, csv(invitations));
  if (options.html !== undefined) write(options.html, sheet(team.id, invitations));
  if (options.csv !== undefined || options.html !== undefined) return;
  console.log(
    options.all
      ? formatTable([["MEMBER", "LINK"], ...invitations.map(({ id, url }) => [id, url])])
      : (invitations[0] as Invitation).url,
  );
  console.log(`\n${options.all ? "Each" : "It"} works once, until ${date(invitations[0] as Invitation)} UTC.`);
}

/** Only its owner may read the file: whoever has a link is that member. */
function write(file: string, text: string): void {
  // One that exists would keep its mode.
  rmSync(file, { force: true });
  writeFileSync(file, text, { mode: 0o600 });
  console.log(`Wrote ${file}.`);
}

/** In UTC. */
const date = ({ expires }: Invitation): string => new Date(expires).toISOString().slice(0, 16).replace("T", " ");

/** A spreadsheet takes a cell that begins with one of these for a formula. */
const cell = (text: string): string => `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;

export const csv = (invitations: readonly Invitation[]): string =>
  [["member", "name", "link", "until (UTC)"], ...invitations.map((each) => [each.id, each.name, each.url, date(each)])]
    .map((row) => `${row.map(cell).join(",")}\r\n`)
    .join("");

const html = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** A page to print and cut: a card for each member. */
export const sheet = (team: string, invitations: readonly Invitation[]): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${html(team)}</title>
<style>
body { margin: 1rem; font: 11pt/1.4 system-ui, sans-serif; }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5cm, 1fr)); }
section { display: flex; gap: 0.5cm; padding: 0.5cm; border: 1px dashed #999; break-inside: avoid; }
svg { flex: none; width: 3.2cm; height: 3.2cm; }
h2 { margin: 0; font-size: 13pt; }
p { margin: 0.2cm 0 0; overflow-wrap: anywhere; }
small { font-size: 6.5pt; }
</style>
<main>
${invitations
  .map(
    (each) => `<section>${renderSVG(each.url, { border: 0 })}<div><h2>${html(each.name)}</h2>
<p>${html(team)}, ${html(each.id)}. Scan it once, until ${date(each)} UTC. / 한 번만 쓸 수 있습니다.</p>
<p><small>${html(each.url)}</small></p></div></section>`,
  )
  .join("\n")}
</main>
</html>
`;
