import { setTimeout as sleep } from "node:timers/promises";
import type { Team } from "../../config/members";
import { rosterFollowers } from "../../config/workloads";
import { UserError } from "../errors";
import type { Progress } from "../progress";
import { listed } from "../table";
import type { Instance, Target } from "./target";

/** Milliseconds. A kubelet that nobody hurries looks for changed Secrets about once a minute. */
const PATIENCE = 180_000;
const INTERVAL = 250;
const HURRY = 3_000;

/** Where each workload that follows the roster writes what it has taken by now, as sha256sum prints it. */
const TAKEN = "/tmp/muster/roster";

/**
 * Waits until everything that follows the roster has taken it: whoever left can neither push nor sign in from then on,
 * whoever is new can, and names and roles are the new ones.
 *
 * @throws UserError that names what has not
 */
export async function waitForRoster(
  team: Pick<Team, "visibility" | "target">,
  target: Pick<Target, "handedOut" | "instances" | "exec" | "hurryRoster">,
  progress: Progress,
): Promise<void> {
  let waiting = rosterFollowers(team);
  await progress.step("Handing out the roster", async (detail) => {
    const end = performance.now() + PATIENCE;
    let hurried = Number.NEGATIVE_INFINITY;
    for (;;) {
      const [handed, instances] = await Promise.all([target.handedOut(), target.instances()]);
      const done = await Promise.all(
        waiting.map(async (component) => {
          const running = instances.filter((each) => isFollower(each, component));
          const taken = await Promise.all(running.map((instance) => takenBy(target, instance)));
          const wanted = handed.filter((line) => line.includes(`  ${component}/`));
          const roster = sorted(wanted.map((line) => line.replace(`${component}/`, "")));
          return wanted.length > 0 && taken.length > 0 && taken.every((one) => one === roster);
        }),
      );
      waiting = waiting.filter((_, index) => !done[index]);
      if (waiting.length === 0) return;
      if (performance.now() > end) {
        throw new UserError(
          `${listed(waiting)} ${waiting.length === 1 ? "does" : "do"} not take the roster: npm run status, and their logs`,
        );
      }
      detail(`not yet ${listed(waiting)}`);
      if (performance.now() > hurried + HURRY) {
        await target.hurryRoster(waiting);
        hurried = performance.now();
      }
      await sleep(INTERVAL);
    }
  });
}

const isFollower = ({ member, component, running }: Instance, follower: string): boolean =>
  member === undefined && component === follower && running;

async function takenBy(target: Pick<Target, "exec">, instance: Instance): Promise<string | undefined> {
  const { code, stdout } = await target.exec(instance, ["cat", TAKEN], "");
  return code === 0 ? sorted(stdout.trim().split("\n")) : undefined;
}

const sorted = (lines: readonly string[]): string => [...lines].sort().join("\n");
