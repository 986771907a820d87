import { describe, expect, jest, test } from "@jest/globals";
import { publishedAddresses } from "../../platform/docker/addresses";
import { environmentSuite } from "../suites/environment";
import type { DockerEnvironment } from "../support/docker-environment";
import { onDocker } from "../support/engines";
import { placeOf } from "../support/environment";
import { everyFlowOnDocker, lacking, openFlows, title } from "../support/flows";

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
        name === "gateway"
          ? publishedAddresses("127.0.0.1").map((HostIp) => ({ HostIp, HostPort: String(muster.port) }))
          : [],
      );
    }
  });

  test("containers reach what they need, and of the rest only what shares a network with them", async () => {
    const muster = environment();
    const flows = await everyFlowOnDocker(muster);
    const open = await openFlows(muster, flows);
    expect(lacking(flows, open)).toEqual([]);
    /** Addresses by network, of each container. */
    const networks = new Map<string, Map<string, string>>();
    for (const name of Object.keys(await muster.containers())) {
      const { Networks } = (await muster.inspect(name)).NetworkSettings;
      networks.set(name, new Map(Object.entries(Networks).map(([network, { IPAddress }]) => [network, IPAddress])));
    }
    const shared = flows.filter(({ from, to, host }) =>
      [...(networks.get(to) ?? [])].some(
        ([network, address]) => networks.get(from)?.has(network) && (host ?? address) === address,
      ),
    );
    expect(open).toEqual(shared.map(title).sort());
    // Where workers ask for work, nobody else comes near.
    expect(open.filter((flow) => flow.endsWith(" → ci:9989"))).toEqual(
      ["live-deployer", "release-worker", "worker-1"].map((from) => `${from} → ci:9989`),
    );
    const closed = (from: RegExp, to: RegExp) =>
      expect(open.filter((flow) => from.test(flow) && to.test(flow.replace(/^.* → /, "")))).toEqual([]);
    // What builds and deploys, and where git listens, is out of reach for sites; so are editors.
    closed(/^alice-web /, /^(ci|git|worker-1|release-worker|live-deployer|bob-code):/);
    closed(/^live-web /, /^(ci|git|\w+-code):/);
    // Editors reach git, and neither the CI nor other members' sites.
    closed(/^\w+-code /, /^(ci|live-web):/);
    closed(/^alice-code /, /^bob-web:/);
    // Tests reach neither sites nor editors.
    closed(/^(worker-1|release-worker) /, /-(web|code|db|cache):/);
    // Databases begin no connection but to what shares their own network.
    closed(/^alice-(db|cache) /, /^(?!alice-)/);
  });
}
