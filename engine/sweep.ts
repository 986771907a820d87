import type { Docker } from "./docker";

/** Seconds that a database gets to write its buffers out. */
const STOP_GRACE = 60;

export interface Swept {
  readonly containers: readonly string[];
  readonly networks: readonly string[];
}

/**
 * Removes what carries the team's label, whoever made it: the rest of an interrupted run, or an environment whose
 * engine has lost its state. Volumes stay.
 */
export async function sweep(docker: Docker, team: string): Promise<Swept> {
  const isOwn = ({ labels }: { labels: Readonly<Record<string, string>> }) => labels["muster.team"] === team;
  const containers = (await docker.containers()).filter(isOwn);
  const names = containers.map(({ name }) => name);
  const running = containers.filter(({ state }) => state === "running").map(({ name }) => name);
  if (running.length > 0) await docker.tryRun("stop", "--time", String(STOP_GRACE), ...running);
  if (names.length > 0) await docker.run("rm", "--force", ...names);
  const networks = (await docker.networks()).filter(isOwn).map(({ name }) => name);
  if (networks.length > 0) await docker.run("network", "rm", ...networks);
  return { containers: names, networks };
}
