import { runCommand, STACK_HELP, STACK_OPTION } from "../cli/command";
import { status } from "../cli/commands/status";

void runCommand({
  usage: "status -- [--stack NAME]",
  help: `Shows the environment's containers, and which services answer.\n\n${STACK_HELP}`,
  options: STACK_OPTION,
  run: ({ stack }, _, project) => status(project, stack),
});
