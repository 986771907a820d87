import { setTimeout as pause } from "node:timers/promises";

/**
 * Repeats `attempt` until it returns a value other than undefined and false.
 *
 * @param what completes "… did not happen in N s" when the time is up; the last error is its cause
 */
export async function eventually<T>(
  what: string,
  attempt: () => Promise<T | undefined | false>,
  seconds = 60,
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  let cause: unknown;
  do {
    try {
      const value = await attempt();
      if (value !== undefined && value !== false) return value;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await pause(200);
  } while (Date.now() < end);
  throw new Error(`${what} did not happen in ${seconds} s`, { cause });
}
