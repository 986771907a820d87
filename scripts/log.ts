import { runCommand, STACK_HELP, STACK_OPTION } from "../cli/command";
import { signIns } from "../cli/commands/log";
import { UsageError } from "../cli/errors";

void runCommand({
  usage: "log -- sign-ins [--json] [--stack NAME]",
  help: `Prints who signed in, when and from where, in the last 90 days.\n\n  --json         for programs\n${STACK_HELP}`,
  options: { ...STACK_OPTION, json: { type: "boolean" } },
  maxWords: 1,
  run: ({ stack, json = false }, [what], project) => {
    if (what !== "sign-ins") throw new UsageError("log needs to know of what: sign-ins");
    return signIns(project, stack, json);
  },
});
