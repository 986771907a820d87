import { UserError } from "../../errors";
import type { Docker } from "../../tools/docker";

/** Seconds for a database to flush its buffers. */
const STOP_GRACE = 60;

export interface Swept {
  readonly containers: readonly string[];
  readonly networks: readonly string[];
}

/**
 * Removes what carries the team's label, whoever made it: the rest of an interrupted run, or an environment whose
 * engine has lost its state. Volumes stay.
 *
 * @param known ids of containers and networks to leave alone
 */
export async function sweep(docker: Docker, team: string, known: ReadonlySet<string> = new Set()): Promise<Swept> {
  const isMeant = ({ id, labels }: { id: string; labels: Readonly<Record<string, string>> }) =>
    labels["muster.team"] === team && !known.has(id);
  const containers = (await docker.containers()).filter(isMeant);
  const names = containers.map(({ name }) => name);
  const running = containers.filter(({ state }) => state === "running").map(({ name }) => name);
  if (running.length > 0) await docker.tryRun("stop", "--time", String(STOP_GRACE), ...running);
  if (names.length > 0) await docker.run("rm", "--force", ...names);
  // By id: two networks may have one name.
  const networks = (await docker.networks()).filter(isMeant);
  for (const { id, name } of networks) await removeNetwork(docker, id, name);
  return { containers: names, networks: networks.map(({ name }) => name) };
}

/** It is no problem if the engine has just removed the network itself. */
async function removeNetwork(docker: Docker, id: string, name: string): Promise<void> {
  if ((await docker.tryRun("network", "rm", id)) !== undefined) return;
  if ((await docker.networks()).some((network) => network.id === id)) {
    throw new UserError(
      `The network ${name} cannot be removed: docker network inspect ${name} shows what still uses it.`,
    );
  }
}
