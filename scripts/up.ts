import { runCommand, STACK_HELP, STACK_OPTION } from "../engine/command";
import { UsageError } from "../engine/errors";
import { up } from "../engine/up";

void runCommand({
  usage: "up -- [--stack NAME] [--engine pulumi|compose]",
  help: `Brings the team's environment up, or changes it to what the roster says now.\n\n${STACK_HELP}
  --engine NAME  pulumi or compose; by default the one that is running, else Pulumi where it can be had`,
  options: { ...STACK_OPTION, engine: { type: "string" } },
  run: async ({ stack, engine }, _, project) => {
    if (engine !== undefined && engine !== "pulumi" && engine !== "compose") {
      throw new UsageError(`"${engine}" is not an engine: use pulumi or compose`);
    }
    await up(project, { stack, engine });
  },
});
