import { runCommand, STACK_HELP, STACK_OPTION } from "../cli/command";
import { repository } from "../cli/commands/repository";

void runCommand({
  usage: "repository -- remove NAME --yes | move NAME [--stack NAME]",
  help: `remove: removes a repository from the team's git server, with all its history. Its live site stays.
move: copies what is live of it, files and database, from the first live server to its own live site. For a repository
that was live before the roster named it.\n\n${STACK_HELP}
  --yes          remove it; without, the command only says what it would remove`,
  options: { ...STACK_OPTION, yes: { type: "boolean" } },
  maxWords: 2,
  run: ({ stack, yes }, [action, name], project) => repository(project, { stack, action, name, yes }),
});
