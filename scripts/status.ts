import { runCommand, STACK_HELP, STACK_OPTION } from "../engine/command";
import { status } from "../engine/status";

void runCommand({
  usage: "status -- [--stack NAME]",
  help: `Shows the environment's containers, and which services answer.\n\n${STACK_HELP}`,
  options: STACK_OPTION,
  run: ({ stack }, _, project) => status(project, stack),
});
