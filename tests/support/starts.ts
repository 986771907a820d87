import * as pulumi from "@pulumi/pulumi";
import { TeamEnvironment } from "../../components/team-environment";
import type { Component, ImageName } from "../../config/catalogue";
import { resolveTeam } from "../../config/members";
import { parseTeamConfig } from "../../config/schema/team";
import { containerName, renderContainer, zoneAlias } from "../../platform/docker/render";
import { type Platform, resourceNames, type WorkloadSpec } from "../../platform/platform";
import { register } from "./program";

/** A container of a roster, and what it is started with. */
export interface Start {
  readonly image: ImageName;
  readonly component: Component;
  readonly roster: unknown;
  readonly env: Record<string, string>;
  readonly spec: WorkloadSpec;
}

/** What each container of each roster is started with, on Docker. */
export async function startsOf(rosters: readonly unknown[]): Promise<Start[]> {
  const found: Start[] = [];
  await register(() => {
    for (const [index, roster] of rosters.entries()) {
      const team = resolveTeam(parseTeamConfig(roster));
      const names = { team: team.id };
      const platform: Platform = {
        kind: "docker",
        name: resourceNames(`roster${index}`),
        image: (name) => ({ name, id: name }),
        scope: (member) => ({ member }),
        volume: (_, purpose) => ({ name: purpose }),
        workload: (scope, spec) => {
          const { name, env } = renderContainer(names, scope, spec, { addresses: [team.listen], port: team.port });
          // In the place of files, which hold the same texts.
          pulumi.output({ ...spec.secrets, ...spec.roster }).apply((secrets) => {
            const image = spec.image.name as ImageName;
            found.push({ image, component: spec.component, roster, env: { ...env, ...real(secrets) }, spec });
          });
          return { host: name, port: spec.port };
        },
        insideHost: (scope, component) => containerName(names, scope.member, component),
        zoneHost: (scope, component, zone) => zoneAlias(names, scope.member, component, zone),
        host: (scope, component) => containerName(names, scope.member, component),
        memberEndpoint: (component, port) => `${containerName(names, "{member}", component)}:${port}`,
      };
      new TeamEnvironment(`roster${index}`, { platform, team });
    }
  });
  return found;
}

/** Generated secrets as they really are: letters and digits. The mocks' own tell which is which. */
const real = (secrets: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(secrets).map(([name, value]) => [
      name,
      value.replace(/\bgenerated-[a-z0-9-]+/g, (text) => text.replaceAll("-", "")),
    ]),
  );
