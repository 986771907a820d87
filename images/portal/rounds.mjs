const MAX_PAUSE = 10_000;

/**
 * Repeats work when somebody wants to know its result, never on its own, and for all visitors together.
 *
 * @param {() => Promise<void>} run
 * @param {{now: () => number, freshFor: number}} options Milliseconds; the result of a round is fresh for that long.
 */
export function createRounds(run, { now, freshFor }) {
  /** @type {Promise<void> | undefined} */
  let round;
  let freshUntil = Number.NEGATIVE_INFINITY;

  async function once() {
    const started = now();
    try {
      await run();
    } finally {
      // A long round, hundreds of services or many that hang, is repeated less often.
      freshUntil = now() + Math.min(Math.max(freshFor, 2 * (now() - started)), MAX_PAUSE);
      round = undefined;
    }
  }

  /**
   * Starts a round, or joins the one under way; does nothing while the last one is fresh.
   *
   * @param {number} patience Milliseconds to wait for it at most.
   */
  return async function refresh(patience) {
    if (round === undefined && now() < freshUntil) return;
    round ??= once();
    /** @type {NodeJS.Timeout | undefined} */
    let timer;
    const given = new Promise((resolve) => {
      timer = setTimeout(resolve, patience);
    });
    await Promise.race([round, given]);
    clearTimeout(timer);
  };
}
