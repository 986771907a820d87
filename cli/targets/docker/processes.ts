import { processLimit } from "../../../config/catalogue";
import type { Container, Docker } from "../../tools/docker";

/** A container and how many processes it may have at once, by the catalogue. */
export interface ProcessLimit {
  readonly name: string;
  readonly limit: number;
}

/**
 * Those of a team's containers that lack the catalogue's limit on processes. Pulumi's provider has no such input, so plain
 * `npx pulumi up` makes them without one; Compose sets it itself.
 */
export async function unlimited(docker: Docker, containers: readonly Container[]): Promise<ProcessLimit[]> {
  if (containers.length === 0) return [];
  const ids = containers.map(({ id }) => id);
  const [answer, enforced] = await Promise.all([
    // Fails where one goes meanwhile: the next run looks again.
    docker.tryRun("inspect", "--format", "{{.Id}} {{json .HostConfig.PidsLimit}}", ...ids),
    docker.tryRun("info", "--format", "{{.PidsLimit}}"),
  ]);
  const current = new Map((answer ?? "").split("\n").map((line) => line.split(" ") as [string, string]));
  const lacking = containers.flatMap(({ id, name, labels }) => {
    const limit = processLimit(labels["muster.component"] ?? "");
    return limit === undefined || !current.has(id) || current.get(id) === String(limit) ? [] : [{ name, limit }];
  });
  // An engine without the controller refuses a limit; preflight warns of it.
  return enforced?.trim() === "false" ? [] : lacking;
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
