import { runCommand, STACK_HELP, STACK_OPTION } from "../cli/command";
import { credentials } from "../cli/commands/credentials";

void runCommand({
  usage: "credentials -- [MEMBER] [--json] [--stack NAME]",
  help: `Prints the passwords of every member, or of one.\n\n  --json         for programs\n${STACK_HELP}`,
  options: { ...STACK_OPTION, json: { type: "boolean" } },
  maxWords: 1,
  run: ({ stack, json = false }, [member], project) => credentials(project, stack, member, json),
});
