import { runCommand, STACK_HELP, STACK_OPTION } from "../cli/command";
import { releases } from "../cli/commands/releases";

void runCommand({
  usage: "releases -- [REPOSITORY] [--json] [--stack NAME]",
  help: `Shows who put what live when, who rolled back, and what was not put live and why; the oldest first.\n\n${STACK_HELP}
  --json         as JSON, with all that is known of each`,
  options: { ...STACK_OPTION, json: { type: "boolean" } },
  maxWords: 1,
  run: ({ stack, json }, [repository], project) => releases(project, { stack, repository, json }),
});
