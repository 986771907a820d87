import { processLimit } from "../../../config/catalogue";
import type { Docker } from "../../tools/docker";
import { teamContainers } from "./containers";

/** A container and how many processes it may have at once, by the catalogue. */
export interface ProcessLimit {
  readonly name: string;
  readonly limit: number;
}

/**
 * The team's containers without the catalogue's limit on processes. Pulumi's provider has no such input, so plain
 * `npx pulumi up` makes them without one; Compose sets it itself.
 */
export async function unlimited(docker: Docker, team: string): Promise<ProcessLimit[]> {
  const containers = teamContainers(await docker.containers(), team);
  if (containers.length === 0) return [];
  const ids = containers.map(({ id }) => id);
  // Fails where one goes meanwhile: the next run looks again.
  const answer = await docker.tryRun("inspect", "--format", "{{.Id}} {{json .HostConfig.PidsLimit}}", ...ids);
  const current = new Map((answer ?? "").split("\n").map((line) => line.split(" ") as [string, string]));
  const lacking = containers.flatMap(({ id, name, labels }) => {
    const limit = processLimit(labels["muster.component"] ?? "");
    return limit === undefined || !current.has(id) || current.get(id) === String(limit) ? [] : [{ name, limit }];
  });
  // An engine without the controller refuses a limit; preflight warns of it.
  const canLimit =
    lacking.length === 0 || (await docker.tryRun("info", "--format", "{{.PidsLimit}}"))?.trim() !== "false";
  return canLimit ? lacking : [];
}

/** Gives them their limits: without a restart, and no difference that Pulumi sees. */
export async function limitProcesses(docker: Docker, containers: readonly ProcessLimit[]): Promise<void> {
  const limits = [...new Set(containers.map((container) => container.limit))];
  await Promise.all(
    limits.map((limit) => {
      const names = containers.filter((container) => container.limit === limit).map(({ name }) => name);
      return docker.run("update", "--pids-limit", String(limit), ...names);
    }),
  );
}
