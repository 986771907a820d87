/** Built-in limits, in MiB and CPUs. */
export const DEFAULT_LIMITS = {
  web: { memory: 384, cpus: 1 },
  db: { memory: 384, cpus: 1 },
  cache: { memory: 96, cpus: 0.5 },
  code: { memory: 1536, cpus: 1 },
  worker: { memory: 1024, cpus: 1 },
} as const;

/** The images that workloads run on; the others are only built upon. */
export const WORKLOAD_IMAGES = [
  "apache-php",
  "ci-master",
  "ci-worker",
  "code-server",
  "gateway",
  "git-server",
  "mariadb",
  "portal",
  "redis",
] as const;

export type WorkloadImage = (typeof WORKLOAD_IMAGES)[number];
