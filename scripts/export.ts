import { runCommand, STACK_HELP, STACK_OPTION } from "../engine/command";
import { exportCompose } from "../engine/export";

void runCommand({
  usage: "export -- [--stack NAME] [--output FILE]",
  help: `Writes the environment as a compose file.\n\n${STACK_HELP}
  --output FILE  where to; by default the file that npm run up -- --engine compose uses`,
  options: { ...STACK_OPTION, output: { type: "string" } },
  run: ({ stack, output }, _, project) => exportCompose(project, stack, output),
});
