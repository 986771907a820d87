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

/** Where each workload that follows the roster writes whom it knows by now, an id a line. */
const MEMBERS = "/tmp/muster/members";

/**
 * Waits until everything that follows the roster has taken it: whoever left can neither push nor sign in from then on,
 * and whoever is new can.
 *
 * @throws UserError that names what has not
 */
export async function waitForRoster(
  team: Pick<Team, "members" | "visibility" | "target">,
  target: Pick<Target, "instances" | "exec" | "hurryRoster">,
  progress: Progress,
): Promise<void> {
  const roster = ids(team.members.map(({ id }) => id));
  let waiting = rosterFollowers(team);
  await progress.step("Handing out the roster", async (detail) => {
    const end = performance.now() + PATIENCE;
    let hurried = Number.NEGATIVE_INFINITY;
    for (;;) {
      const instances = await target.instances();
      const taken = await Promise.all(
        waiting.map(async (component) => {
          const running = instances.filter((each) => isFollower(each, component));
          const known = await Promise.all(running.map((instance) => membersOf(target, instance)));
          return known.length > 0 && known.every((members) => members === roster);
        }),
      );
      waiting = waiting.filter((_, index) => !taken[index]);
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

async function membersOf(target: Pick<Target, "exec">, instance: Instance): Promise<string | undefined> {
  const { code, stdout } = await target.exec(instance, ["cat", MEMBERS], "");
  return code === 0 ? ids(stdout.split("\n").filter(Boolean)) : undefined;
}

const ids = (members: readonly string[]): string => [...members].sort().join(" ");
