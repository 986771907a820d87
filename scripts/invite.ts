import { runCommand, STACK_HELP, STACK_OPTION, userPath } from "../cli/command";
import { invite } from "../cli/commands/invite";
import { UsageError } from "../cli/errors";

const DAYS = 7;

void runCommand({
  usage: "invite -- MEMBER | --all [--days N] [--csv FILE] [--html FILE] [--stack NAME]",
  help: `Makes a link by which a member sets a password and is signed in, on any device, once.

  --all          for every member
  --days N       days until the link ends, 1 to 60; ${DAYS} by default
  --csv FILE     write a table
  --html FILE    write a page with a QR code for each member, to print and to cut\n${STACK_HELP}`,
  options: {
    ...STACK_OPTION,
    all: { type: "boolean" },
    days: { type: "string" },
    csv: { type: "string" },
    html: { type: "string" },
  },
  maxWords: 1,
  run: ({ stack, all, days = String(DAYS), csv, html }, [member], project) => {
    if ((member === undefined) !== (all === true)) throw new UsageError("invite needs a member's id, or --all");
    if (!/^[1-9]\d?$/.test(days) || Number(days) > 60) throw new UsageError("--days needs a number from 1 to 60");
    const file = (path: string | undefined) => path && userPath(path);
    if (csv !== undefined && file(csv) === file(html)) throw new UsageError("--csv and --html need two files");
    return invite(project, member, { stack, all, days: Number(days), csv: file(csv), html: file(html) });
  },
});
