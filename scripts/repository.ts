import { runCommand, STACK_HELP, STACK_OPTION } from "../cli/command";
import { repository } from "../cli/commands/repository";

void runCommand({
  usage: "repository -- remove NAME --yes [--stack NAME]",
  help: `Removes a repository from the team's git server, with all its history. Its live site stays.\n\n${STACK_HELP}
  --yes          remove it; without, the command only says what it would remove`,
  options: { ...STACK_OPTION, yes: { type: "boolean" } },
  maxWords: 2,
  run: ({ stack, yes }, [action, name], project) => repository(project, { stack, action, name, yes }),
});
