import { describe, expect, jest, test } from "@jest/globals";
import { environmentSuite } from "../suites/environment";
import type { DockerEnvironment } from "../support/docker-environment";
import { onDocker } from "../support/engines";
import { placeOf } from "../support/environment";

jest.setTimeout(20 * 60_000);

describe.each(onDocker())("an environment brought up by $engine", (engine) => environmentSuite(engine, ownTests));

/** On Docker only: confinement, networks and published ports of containers. */
function ownTests(environment: () => DockerEnvironment): void {
  test("every container is confined, limited and labelled; nothing but the gateway is published", async () => {
    const muster = environment();
    for (const name of Object.keys(await muster.containers())) {
      const { Config, HostConfig } = await muster.inspect(name);
      expect(HostConfig.CapDrop).toEqual(["ALL"]);
      expect(HostConfig.SecurityOpt).toEqual(["no-new-privileges:true"]);
      expect(HostConfig.Memory).toBeGreaterThan(0);
      expect(HostConfig.MemorySwap).toBe(HostConfig.Memory);
      expect(HostConfig.NanoCpus).toBeGreaterThan(0);
      const { member, component } = placeOf(name);
      expect(Config.Labels).toMatchObject({ "muster.team": muster.team, "muster.component": component });
      expect(Config.Labels["muster.member"]).toBe(member);
      expect(Object.values(HostConfig.PortBindings ?? {}).flat()).toEqual(
        name === "gateway" ? [{ HostIp: "127.0.0.1", HostPort: String(muster.port) }] : [],
      );
    }
  });

  test("workers are only on the team's network, and databases only on their scope's", async () => {
    const muster = environment();
    const networks = async (name: string) => Object.keys((await muster.inspect(name)).NetworkSettings.Networks);
    expect(await networks("worker-1")).toEqual([muster.team]);
    expect(await networks("alice-db")).toEqual([`${muster.team}-alice`]);
    expect(await networks("live-db")).toEqual([`${muster.team}-live`]);
  });
}
