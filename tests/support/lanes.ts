/** A piece of work that runs beside others. */
export interface Job {
  /** How many jobs may run while this one does, itself included: 1 for one that needs the machine for itself. */
  readonly atOnce: number;
}

/**
 * Starts jobs in their order, as many at a time as each of them allows.
 *
 * @throws the first error of `run`, once the jobs that had begun have ended
 */
export async function inLanes<T extends Job>(jobs: readonly T[], run: (job: T) => Promise<void>) {
  const running = new Map<Promise<void>, Job>();
  const failures: unknown[] = [];
  const isFull = (next: Job) => running.size >= Math.min(...[next, ...running.values()].map(({ atOnce }) => atOnce));
  for (const job of jobs) {
    while (isFull(job)) await Promise.race(running.keys());
    if (failures.length > 0) break;
    const work: Promise<void> = run(job)
      .catch((error) => void failures.push(error))
      .finally(() => running.delete(work));
    running.set(work, job);
  }
  await Promise.all(running.keys());
  if (failures.length > 0) throw failures[0];
}
