import { runMain } from "../cli/command";
import { UserError } from "../cli/errors";
import { createProgress } from "../cli/progress";
import { foreground } from "../cli/tools/process";
import { buildClusterProgram, unsupported } from "./support/cluster-own";

/** `npm run cluster -- up | down [--wipe] | status | restart COMPONENT`: the cluster of the tests, by hand. */
async function main(): Promise<number> {
  const reason = unsupported();
  if (reason !== undefined) throw new UserError(`This machine cannot run the test cluster: ${reason}.`);
  return foreground(await buildClusterProgram(createProgress()), process.argv.slice(2));
}

void runMain(main);
