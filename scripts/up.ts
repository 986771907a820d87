import { runCommand, STACK_HELP, STACK_OPTION } from "../cli/command";
import { up } from "../cli/commands/up";
import { UsageError } from "../cli/errors";
import { isEngine } from "../cli/targets/engines";

void runCommand({
  usage: "up -- [--stack NAME] [--engine pulumi|compose|kubectl]",
  help: `Brings the team's environment up, or changes it to what the roster says now.\n\n${STACK_HELP}
  --engine NAME  pulumi, compose (target docker) or kubectl (target kubernetes); by default the one that is running,
                 else Pulumi where it can be had`,
  options: { ...STACK_OPTION, engine: { type: "string" } },
  run: async ({ stack, engine }, _, project) => {
    if (engine !== undefined && !isEngine(engine)) {
      throw new UsageError(`"${engine}" is not an engine: use pulumi, compose or kubectl`);
    }
    await up(project, { stack, engine });
  },
});
