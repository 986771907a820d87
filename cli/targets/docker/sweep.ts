import { ROSTER } from "../../../platform/docker/render";
import type { Container, Docker, Network } from "../../tools/docker";

/** Seconds for a database to flush its buffers. */
const STOP_GRACE = 60;

export interface Swept {
  readonly containers: readonly string[];
  readonly networks: readonly string[];
  readonly stuck: readonly StuckNetwork[];
}

/** A network that Docker does not give up. */
export interface StuckNetwork {
  readonly id: string;
  readonly name: string;
  /** What keeps it, and the remedy. */
  readonly advice: string;
}

/** Of the volumes that hand out the roster: no data. */
export const rosterLabels = (team: string): string[] => [`muster.team=${team}`, `muster.component=${ROSTER}`];

/**
 * Removes what carries the team's label, whoever made it: the rest of an interrupted run, or an environment whose
 * engine has lost its state. Volumes stay, but for those with the roster, which no engine but Pulumi removes.
 *
 * @param known ids of containers and networks to leave alone
 */
export async function sweep(docker: Docker, team: string, known: ReadonlySet<string> = new Set()): Promise<Swept> {
  const isMeant = ({ id, labels }: { id: string; labels: Readonly<Record<string, string>> }) =>
    labels["muster.team"] === team && !known.has(id);
  const containers = (await docker.containers()).filter(isMeant);
  const names = containers.map(({ name }) => name);
  await endContainers(docker, containers);
  if (names.length > 0) await docker.run("rm", "--force", ...names);
  const roster = known.size === 0 ? await docker.volumes(...rosterLabels(team)) : [];
  if (roster.length > 0) await docker.run("volume", "rm", ...roster);
  // By id: two networks may have one name.
  const networks = (await docker.networks()).filter(isMeant);
  const removed: string[] = [];
  const stuck: StuckNetwork[] = [];
  for (const network of networks) {
    const advice = await removeNetwork(docker, network);
    if (advice === undefined) removed.push(network.name);
    else stuck.push({ id: network.id, name: network.name, advice });
  }
  return { containers: names, networks: removed, stuck };
}

/** All of them at once, each with as much time as the slowest may take. */
export async function endContainers(docker: Docker, containers: readonly Container[]): Promise<void> {
  const running = containers.filter(({ state }) => state === "running").map(({ name }) => name);
  if (running.length > 0) await docker.tryRun("stop", "-t", String(STOP_GRACE), ...running);
}

/** @returns what keeps it, and the remedy. It is no problem if the engine has just removed the network itself. */
async function removeNetwork(docker: Docker, { id, name }: Network): Promise<string | undefined> {
  const isGone = async () =>
    (await docker.tryRun("network", "rm", id)) !== undefined ||
    (await docker.networks()).every((network) => network.id !== id);
  if (await isGone()) return undefined;
  const existing = new Set((await docker.containers()).map((container) => container.id));
  const endpoints = Object.entries(await endpointsOf(docker, id));
  const dead = endpoints.filter(([container]) => !existing.has(container));
  // Some of these Docker lets go when it is told to, others only at its next start.
  for (const [, endpoint] of dead) await docker.tryRun("network", "disconnect", "--force", id, endpoint.Name);
  if (dead.length > 0 && (await isGone())) return undefined;
  const users = endpoints.filter(([container]) => existing.has(container)).map(([, endpoint]) => endpoint.Name);
  return users.length > 0
    ? `the network ${name} stays, because ${users.join(", ")} uses it: docker network disconnect ${name} ${users[0]}`
    : `the network ${name} stays: Docker holds a connection of a container that is gone. ` +
        "Its restart clears that (sudo systemctl restart docker), then run this again";
}

type Endpoints = Readonly<Record<string, { readonly Name: string }>>;

/** By the id of their containers. */
async function endpointsOf(docker: Docker, network: string): Promise<Endpoints> {
  const answer = await docker.tryRun("network", "inspect", "--format", "{{json .Containers}}", network);
  return answer === undefined ? {} : (JSON.parse(answer) ?? {});
}
