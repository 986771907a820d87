/** A piece of work that runs beside others, unless it needs the machine for itself. */
export interface Job {
  readonly alone: boolean;
}

/**
 * Starts jobs in their order, `lanes` at a time; one that runs alone waits for those before it, and those after it wait.
 *
 * @throws the first error of `run`, once the jobs that had begun have ended
 */
export async function inLanes<T extends Job>(jobs: readonly T[], lanes: number, run: (job: T) => Promise<void>) {
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const roomFor = async (others: number) => {
    while (running.size > others) await Promise.race(running);
  };
  for (const job of jobs) {
    await roomFor(job.alone ? 0 : lanes - 1);
    if (failures.length > 0) break;
    const work: Promise<void> = run(job)
      .catch((error) => void failures.push(error))
      .finally(() => running.delete(work));
    running.add(work);
    if (job.alone) await work;
  }
  await roomFor(0);
  if (failures.length > 0) throw failures[0];
}
