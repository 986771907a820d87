import { expect, test } from "@jest/globals";
import type { TestEnvironment } from "../support/environment";
import { quantile, series } from "../support/series";

/** Seconds that a load lasts, and how often it alternates with quiet. */
const SECONDS = 3;
const ROUNDS = 3;

/** Milliseconds that a scheduler may add on a machine of a few cores. */
const SLACK = 100;

/** How often a machine that is busy otherwise may be in the way. */
const ATTEMPTS = 4;

const python = (...lines: string[]) => `python3 -c '${lines.join("\n")}' > /dev/null 2>&1`;
const again = (command: string) => `while [ $SECONDS -lt ${SECONDS} ]; do ${command}; done > /dev/null 2>&1`;

/** Each ends by itself: where nobody may start another process, nothing could end it. */
const LOADS = {
  "a fork storm": python(
    "import os, signal, time",
    "signal.signal(signal.SIGCHLD, signal.SIG_IGN)",
    `end = time.monotonic() + ${SECONDS}`,
    "while time.monotonic() < end:",
    "    try:",
    "        os.fork()",
    "    except OSError:",
    "        pass",
  ),
  "a memory hog": again(`python3 -c "x = [bytearray(200 << 20) for _ in range(20)]"`),
  "a full disk": again("head -c 1G /dev/zero > ~/fill; rm ~/fill"),
};

/**
 * One member's editor runs wild, and another member's site answers as before: loads alternate with quiet, so that
 * whatever else the machine does is in both series.
 *
 * @param wild the container that runs wild
 */
export function neighbourTests(environment: () => TestEnvironment, wild = "alice-code"): void {
  test.each(Object.entries(LOADS))("%s leaves another member's site", async (_, load) => {
    const muster = environment();
    const url = muster.url("bob");
    const measure = async () => {
      const quiet: number[] = [];
      const beside: number[] = [];
      let failed = 0;
      for (let round = 0; round < ROUNDS; round++) {
        let ended = false;
        const working = muster.shell(wild, load).finally(() => {
          ended = true;
        });
        const during = await series(url, () => ended);
        await working;
        const without = await series(url, (count) => count === during.times.length);
        beside.push(...during.times);
        quiet.push(...without.times);
        failed += during.failed + without.failed;
      }
      return { requests: beside.length, failed, quiet: quantile(quiet, 0.99), beside: quantile(beside, 0.99) };
    };

    const seen: Awaited<ReturnType<typeof measure>>[] = [];
    const isFelt = ({ quiet, beside }: (typeof seen)[number]) => beside > 2 * quiet && beside > quiet + SLACK;
    do seen.push(await measure());
    while (seen.length < ATTEMPTS && seen.every(isFelt));
    expect(seen.map(({ failed }) => failed)).toEqual(seen.map(() => 0));
    expect(Math.min(...seen.map(({ requests }) => requests))).toBeGreaterThan(50);
    // What a neighbour does comes back in every attempt.
    expect({ seen, isFelt: seen.every(isFelt) }).toEqual({ seen, isFelt: false });
  });
}
