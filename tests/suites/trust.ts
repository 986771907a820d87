import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Ci, Terminal } from "../support/delivery";
import type { EngineCase } from "../support/engines";
import type { TestEnvironment } from "../support/environment";
import { eventually } from "../support/poll";
import { type Harm, Trials } from "../support/trials";
import { TRICKS } from "./tricks";

/** After so many tricks main is pushed. */
const GROUP = 13;

/** Plays each trick on a branch, and compares the next release of main with its commit, byte by byte. */
export function trustSuite({ engine, unavailable, create }: EngineCase): void {
  if (unavailable !== undefined) {
    test.skip(`skipped: ${unavailable}`, () => {});
    return;
  }

  let muster: TestEnvironment;
  let trials: Trials;

  beforeAll(async () => {
    muster = await create("trust");
    muster.configure({ members: [{ id: "alice", name: "Alice", email: "alice@example.org" }] });
    await muster.succeed("up");
    trials = new Trials(muster);
    await trials.begin();
  });
  afterAll(() => muster?.dispose());

  describe("nothing of a branch's build reaches a later one, or what goes live", () => {
    const harm = new Map<string, Harm>();

    beforeAll(async () => {
      for (let start = 0; start < TRICKS.length; start += GROUP) {
        const found = await trials.playAndRelease(TRICKS.slice(start, start + GROUP));
        for (const [name, each] of found) harm.set(name, each);
      }
    });

    test.each(TRICKS)("%s", (name) => {
      expect(harm.get(name)).toEqual([]);
    });
  });

  test("whoever pushes many branches at once keeps nobody else waiting for all of them", async () => {
    const ci = new Ci(muster);
    const revisions = await trials.push(Array.from({ length: 5 }, () => ["nothing", "true"] as const));
    const [first = "", last = ""] = [revisions[0], revisions.at(-1)];
    const { CI_HOOK_SECRET } = await muster.settings("ci");
    const properties = JSON.stringify({ push: "", pusher: "bob" });
    await ci.hook({ project: "app", branch: "trick-00", revision: first, properties }, CI_HOOK_SECRET);
    const [alices] = await ci.finished(last);
    const [, bobs] = await ci.finished(first);
    expect(bobs?.buildid).toBeLessThan(alices?.buildid ?? 0);
  });

  test("a form that asks for main with a commit of a branch puts nothing live", async () => {
    const ci = new Ci(muster);
    const alice = new Terminal(muster, "alice");
    const revision = await alice.succeed("git rev-parse origin/trick-00");
    const before = await trials.released();
    const passwords = JSON.parse((await muster.succeed("credentials", "--json")).replace(/^[^{]*/, ""));
    const cookie = await ci.login("alice", passwords.alice.git);
    const form = { project: "app", branch: "main", revision };
    const { status, body } = await ci.force("build", form, cookie);
    expect(status).toBe(200);
    const [, requests] = JSON.parse(body).result as [number, Record<string, number>];
    const states = await eventually("the end of what was asked for", async () => {
      const found = await Promise.all(
        Object.values(requests).map((request) => ci.get(`/buildrequests/${request}/builds`)),
      );
      const builds = found.flatMap(({ builds }) => builds);
      return builds.length > 0 && builds.every(({ complete }) => complete) && builds.map((each) => each.state_string);
    });
    expect(states).toEqual([expect.stringContaining("is not on main")]);
    expect(await trials.released()).toEqual(before);
  });

  test(`only the deploy branch runs where ${engine} builds what goes live`, async () => {
    const ci = new Ci(muster);
    const { builders } = await ci.get("/builders?name=release");
    const { builds } = await ci.get(`/builders/${builders[0].builderid}/builds?property=branch`);
    for (const { properties } of builds) expect(properties.branch[0]).toBe("main");
  });
}
