import { expect, test } from "@jest/globals";
import { cause, type Outcome, onceMore } from "../support/jest-run";

const outcome = (passed: number, failures: string[]): Outcome => ({
  passed,
  failed: failures.length,
  failures,
  flaky: [],
  skipped: [],
});

test("what passes at the second run counts, and is told with what failed before", () => {
  const first = outcome(1, ["opens: timeout"]);
  expect(onceMore(first, outcome(2, []))).toEqual({ ...outcome(2, []), flaky: ["opens: timeout"] });
  expect(onceMore({ ...first, failures: [] }, outcome(2, [])).flaky).toEqual(["the whole file"]);
});

test("what fails twice is a failure, as it was seen first", () => {
  const first = outcome(1, ["opens: timeout"]);
  expect(onceMore(first, outcome(0, ["opens: refused", "closes: refused"]))).toEqual(first);
});

test("a cause is told without colours, blank lines and stack", () => {
  const message =
    "Error: \u001b[2mexpect(\u001b[22mreceived).toBe(1)\n\nReceived: 2\n    at run (a.ts:1:1)\n    at b.ts:2:2";
  expect(cause(message)).toBe("Error: expect(received).toBe(1)\n    Received: 2");
  expect(cause(Array.from({ length: 40 }, (_, line) => `${line}`).join("\n")).split("\n")).toHaveLength(15);
});
