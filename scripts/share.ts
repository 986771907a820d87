import { runCommand, STACK_HELP, STACK_OPTION } from "../cli/command";
import { share } from "../cli/commands/share";
import { UsageError } from "../cli/errors";

void runCommand({
  usage: "share -- SITE [--hours N] [--stop] [--stack NAME]",
  help: `Makes a link that opens one site to whoever has it: alice, blog--alice, live, blog--live.

  --hours N      hours until it ends, 1 to 720; 24 by default
  --stop         end every link to the site, and who came by one\n${STACK_HELP}`,
  options: { ...STACK_OPTION, hours: { type: "string" }, stop: { type: "boolean" } },
  maxWords: 1,
  run: ({ stack, hours = "24", stop }, [site], project) => {
    if (site === undefined) throw new UsageError("share needs a site, such as alice");
    if (!/^[1-9]\d{0,2}$/.test(hours) || Number(hours) > 720) {
      throw new UsageError("--hours needs a number from 1 to 720");
    }
    return share(project, site, { stack, hours: Number(hours), stop });
  },
});
