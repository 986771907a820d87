import { runCommand, STACK_HELP, STACK_OPTION } from "../cli/command";
import { down } from "../cli/commands/down";

void runCommand({
  usage: "down -- [--stack NAME] [--volumes [--yes]] [--images]",
  help: `Takes the team's environment down. Data volumes stay.\n\n${STACK_HELP}
  --volumes      also remove the data volumes, after naming them
  --yes          do not ask before that
  --images       also remove the images that Muster built`,
  options: {
    ...STACK_OPTION,
    volumes: { type: "boolean" },
    images: { type: "boolean" },
    yes: { type: "boolean", short: "y" },
  },
  run: (values, _, project) => down(project, values),
});
