/** Purposes of the volumes that several workloads of a scope share. */
export const SHARED_VOLUMES = { member: ["workspace"], live: ["releases", "shared"] } as const;

/** Where volumes are in their containers, by purpose. A worker's is named after the worker. */
export const VOLUME_PATHS = {
  workspace: "/workspace",
  home: "/home/muster",
  database: "/var/lib/mysql",
  repositories: "/srv/git",
  ci: "/var/lib/buildbot",
  worker: "/var/lib/worker",
  releases: "/srv/live",
  shared: "/srv/shared",
} as const;

/** What a disk that fills up is said of: per cent in use. */
export const DISK_LEVELS = [85, 95] as const;

/** Which volumes a component can count, by purpose: its own, and those that its scope shares and no other counts. */
export function countedVolumes(component: string): Record<string, string> {
  switch (component) {
    case "code":
      return { home: VOLUME_PATHS.home, workspace: VOLUME_PATHS.workspace };
    case "deployer":
      return { releases: VOLUME_PATHS.releases, shared: VOLUME_PATHS.shared };
    case "db":
      return { database: VOLUME_PATHS.database };
    case "git":
      return { repositories: VOLUME_PATHS.repositories };
    case "ci":
      return { ci: VOLUME_PATHS.ci };
    default:
      return /^(release-worker|worker-\d+)$/.test(component) ? { [component]: VOLUME_PATHS.worker } : {};
  }
}
