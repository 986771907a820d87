import { createProgress } from "../cli/progress";
import { foreground } from "../cli/tools/process";
import { buildClusterProgram, unsupported } from "../tests/support/cluster-own";

/** `npm run cluster -- up | down [--wipe] | status | restart COMPONENT`: the cluster of the tests, to work with by hand. */
async function main(): Promise<number> {
  const reason = unsupported();
  if (reason !== undefined) {
    console.error(`This machine cannot run the test cluster: ${reason}.`);
    return 1;
  }
  return foreground(await buildClusterProgram(createProgress()), process.argv.slice(2));
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
