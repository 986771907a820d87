import { runCommand, STACK_HELP, STACK_OPTION } from "../cli/command";
import { rollback } from "../cli/commands/rollback";

void runCommand({
  usage: "rollback -- [REPOSITORY] [--release NAME] [--stack NAME]",
  help: `Puts the release before the current one live again, or the one that is named.\n\n${STACK_HELP}
  --release NAME a release of the repository, by its folder's name`,
  options: { ...STACK_OPTION, release: { type: "string" } },
  maxWords: 1,
  run: ({ stack, release }, [repository], project) => rollback(project, { stack, repository, release }),
});
