import { runCommand, STACK_HELP, STACK_OPTION, userPath } from "../cli/command";
import { projects } from "../cli/commands/projects";
import { UsageError } from "../cli/errors";

void runCommand({
  usage: "projects -- [--stack NAME] [--member ID] PATH...",
  help: `Pushes folders of this machine to the running environment as they are, and tells how their sites do.
Each becomes a repository named after its folder, and is cloned into the member's workspace.\n\n${STACK_HELP}
  --member ID    whose account pushes, and whose own sites are asked; by default the first on the roster`,
  options: { ...STACK_OPTION, member: { type: "string" } },
  maxWords: Number.POSITIVE_INFINITY,
  async run({ stack, member }, paths, project) {
    if (paths.length === 0) throw new UsageError("Name the folders to try");
    return projects(project, paths.map(userPath), { stack, member });
  },
});
