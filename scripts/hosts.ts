import { runCommand, STACK_HELP, STACK_OPTION } from "../cli/command";
import { hosts } from "../cli/commands/hosts";

void runCommand({
  usage: "hosts -- [ADDRESS] [--stack NAME]",
  help: `Prints the lines of /etc/hosts with which another machine knows the team's names, for its address or another.\n\n${STACK_HELP}`,
  options: STACK_OPTION,
  maxWords: 1,
  run: async ({ stack }, [address], project) => hosts(project, stack, address),
});
