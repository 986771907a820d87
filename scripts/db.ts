import { runCommand, STACK_HELP, STACK_OPTION, userPath } from "../cli/command";
import { copyDatabase, exportDatabase, importDatabase } from "../cli/commands/db";
import { UsageError } from "../cli/errors";

void runCommand({
  usage:
    "db -- import FILE OWNER | export FILE OWNER | copy FROM TO [--repository NAME] [--database NAME] [--replace] [--stack NAME]",
  help: `Moves whole databases between files (*.sql, *.sql.gz), members and the live server. An owner is a member's id or live.

  --repository NAME  of the live databases, that of another repository than the first
  --database NAME  a database beside app, on the server of a member or of a repository of the roster; an import makes it
  --replace      replace the tables that are there, after they were saved, or the file of an export\n${STACK_HELP}`,
  options: {
    ...STACK_OPTION,
    repository: { type: "string" },
    database: { type: "string" },
    replace: { type: "boolean" },
  },
  maxWords: 3,
  run: (options, [action = "", first, second], project) => {
    const actions = { import: importDatabase, export: exportDatabase, copy: copyDatabase };
    const act = Object.hasOwn(actions, action) ? actions[action as keyof typeof actions] : undefined;
    if (act === undefined) throw new UsageError(`db takes import, export or copy, and not "${action}"`);
    if (first === undefined || second === undefined) throw new UsageError(`db ${action} needs two words after it`);
    return act(project, action === "copy" ? first : userPath(first), second, options);
  },
});
