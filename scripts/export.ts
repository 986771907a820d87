import { runCommand, STACK_HELP, STACK_OPTION } from "../cli/command";
import { exportEnvironment } from "../cli/commands/export";

void runCommand({
  usage: "export -- [--stack NAME] [--output PATH] [--secrets]",
  help: `Writes the environment as a compose file, or as Kubernetes manifests.\n\n${STACK_HELP}
  --output PATH  file, or folder for manifests; by default the one that npm run up uses
  --secrets      write passwords into the manifests, so that kubectl can apply them`,
  options: { ...STACK_OPTION, output: { type: "string" }, secrets: { type: "boolean" } },
  run: (values, _, project) => exportEnvironment(project, values),
});
