import { runCommand, STACK_HELP, STACK_OPTION } from "../engine/command";
import { credentials } from "../engine/credentials";

void runCommand({
  usage: "credentials -- [MEMBER] [--stack NAME]",
  help: `Prints the passwords of every member, or of one.\n\n${STACK_HELP}`,
  options: STACK_OPTION,
  maxWords: 1,
  run: ({ stack }, [member], project) => credentials(project, stack, member),
});
