/** A piece of work that runs beside others. */
export interface Job {
  /** How many jobs may run while this one does, itself included: 1 for one that needs the machine for itself. */
  readonly atOnce: number;
  /** As `atOnce`, among the jobs that need the cluster; undefined for one that needs none. */
  readonly onCluster?: number;
}

/**
 * Starts jobs in their order, as many at a time as each of them allows. One that has to wait for the cluster lets those
 * behind it go first.
 *
 * @param cluster the jobs that need it start once this has ended, however it did
 * @throws the first error of `run`, once the jobs that had begun have ended
 */
export async function inLanes<T extends Job>(
  jobs: readonly T[],
  run: (job: T) => Promise<void>,
  cluster: Promise<unknown> = Promise.resolve(),
) {
  const waiting = [...jobs];
  const running = new Map<Promise<void>, Job>();
  const failures: unknown[] = [];
  let isReady = false;
  const ready = cluster
    .catch(() => undefined)
    .then(() => {
      isReady = true;
    });

  /** How many of those that run count for `limit`, and whether that is as many as they and `next` allow. */
  const isFull = (next: Job, limit: (job: Job) => number | undefined): boolean => {
    const limits = [...running.values()].map(limit).filter((own) => own !== undefined);
    return limits.length >= Math.min(limit(next) ?? Number.POSITIVE_INFINITY, ...limits);
  };
  const waitsForCluster = (job: Job): boolean =>
    job.onCluster !== undefined && (!isReady || isFull(job, ({ onCluster }) => onCluster));

  while (waiting.length > 0 && failures.length === 0) {
    const index = waiting.findIndex((job) => !waitsForCluster(job));
    const job = waiting[index];
    if (job === undefined || isFull(job, ({ atOnce }) => atOnce)) {
      await Promise.race([...running.keys(), ...(isReady ? [] : [ready])]);
      continue;
    }
    waiting.splice(index, 1);
    const work: Promise<void> = run(job)
      .catch((error) => void failures.push(error))
      .finally(() => running.delete(work));
    running.set(work, job);
  }
  await Promise.all(running.keys());
  if (failures.length > 0) throw failures[0];
}
