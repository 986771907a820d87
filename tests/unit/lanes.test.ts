import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "@jest/globals";
import { inLanes } from "../support/lanes";
import { ALONE_FILES, inOrder, lanes } from "../support/order";
import { freePort } from "../support/ports";

test("jobs run side by side in their order, and those that are alone with nobody", async () => {
  const events: string[] = [];
  const ends = new Map<string, () => void>();
  const run = inLanes(
    ["a", "b", "c", "Alone", "d"].map((name) => ({ name, atOnce: name === "Alone" ? 1 : 2 })),
    async ({ name }) => {
      events.push(`+${name}`);
      await new Promise<void>((end) => ends.set(name, end));
      events.push(`-${name}`);
    },
  );
  for (const name of ["b", "a", "c", "Alone", "d"]) {
    await new Promise(setImmediate);
    ends.get(name)?.();
  }
  await run;
  expect(events.join(" ")).toBe("+a +b -b +c -a -c +Alone -Alone +d -d");
});

test("one that fails ends those that wait, after those that run", async () => {
  const ended: string[] = [];
  const jobs = ["fails", "runs", "waits"].map((name) => ({ name, atOnce: 2 }));
  const run = inLanes(jobs, async ({ name }) => {
    await new Promise(setImmediate);
    if (name === "fails") throw new Error("no report");
    await new Promise(setImmediate);
    ended.push(name);
  });
  await expect(run).rejects.toThrow("no report");
  expect(ended).toEqual(["runs"]);
});

test("those that wait for the cluster, or for a place on it, let others go first", async () => {
  const events: string[] = [];
  const ends = new Map<string, () => void>();
  let built = () => {};
  const run = inLanes(
    [
      ...["k", "l", "m"].map((name) => ({ name, atOnce: 3, onCluster: 2 })),
      { name: "K", atOnce: 3, onCluster: 1 },
      ...["a", "b", "c", "d"].map((name) => ({ name, atOnce: 3 })),
    ],
    async ({ name }) => {
      events.push(`+${name}`);
      await new Promise<void>((end) => ends.set(name, end));
      events.push(`-${name}`);
    },
    new Promise<void>((_, fail) => {
      built = () => fail(new Error("no compiler"));
    }),
  );
  const step = () => new Promise(setImmediate);
  await step();
  built();
  for (const name of ["a", "b", "k", "l", "c", "d", "m", "K"]) {
    await step();
    ends.get(name)?.();
  }
  await run;
  expect(events.join(" ")).toBe("+a +b +c -a +k -b +l -k +m -l +d -c -d -m +K -K");
});

test("files run alone, then long ones first, those of the cluster before the others", () => {
  const files = ["cluster/cluster", "cluster/delivery", "e2e/acme", "e2e/limits", "browser/team", "e2e/trust"];
  const parts = files.map((name) => ({ file: `tests/${name}.test.ts` }));
  expect(inOrder(parts, 3, 2).map(({ file, atOnce, onCluster }) => [file.slice(6, -8), atOnce, onCluster])).toEqual([
    ["e2e/limits", 1, undefined],
    ["cluster/delivery", 3, 2],
    ["cluster/cluster", 3, 1],
    ["e2e/trust", 3, undefined],
    ["browser/team", 3, undefined],
    ["e2e/acme", 3, undefined],
  ]);
  for (const file of ALONE_FILES) expect([file, existsSync(resolve(__dirname, "../..", file))]).toEqual([file, true]);
});

test("the number of lanes", () => {
  expect(lanes({ MUSTER_TEST_LANES: "3" })).toBe(3);
  expect(lanes({})).toBeGreaterThanOrEqual(1);
});

test("no two environments get the same ports", async () => {
  const ports = await Promise.all(Array.from({ length: 200 }, () => freePort()));
  expect(new Set(ports).size).toBe(200);
});
