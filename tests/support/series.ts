import { setTimeout as pause } from "node:timers/promises";
import { request } from "./http";

/** How a page answers, asked again and again. */
export interface Series {
  /** Milliseconds of each answer. */
  readonly times: readonly number[];
  /** Answers other than 200, and none at all. */
  readonly failed: number;
}

/** Milliseconds between two requests. */
const BETWEEN = 20;

/** @param isEnough is asked before each request, with the number of those before it */
export async function series(url: string, isEnough: (count: number) => boolean): Promise<Series> {
  const times: number[] = [];
  let failed = 0;
  while (!isEnough(times.length)) {
    const begin = performance.now();
    const status = await request(url).then(
      (answer) => answer.status,
      () => 0,
    );
    times.push(performance.now() - begin);
    if (status !== 200) failed++;
    await pause(BETWEEN);
  }
  return { times, failed };
}

/** The value that `share` of all do not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
