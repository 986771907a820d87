import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type Mount, ROSTER_FOLDER, type Scope, scopedName, type WorkloadSpec } from "../platform";
import { containerName, type DockerNames, ROSTER, renderLabels } from "./render";

/** In memory: no password stays on a disk. Whoever mounts it may write, and the files' modes say who reads. */
const IN_MEMORY = { type: "tmpfs", device: "tmpfs", o: "size=4m,mode=1777" };

/** Where the carrier has each workload's volume, a folder for each. */
const FOLDER = "/roster";

/** Settings as a workload's `roster` has them. */
type Settings = Required<WorkloadSpec>["roster"];

interface Follower {
  readonly settings: Settings;
  readonly volume: docker.Volume;
}

/** What the container is made with that hands out the settings. */
export interface Carried {
  readonly env: pulumi.Output<string[]>;
  readonly volumes: pulumi.Output<docker.types.input.ContainerVolume[]>;
}

/**
 * Hands settings to workloads that follow them: one container for the whole team writes those of each workload into a
 * volume that nobody else mounts, and is all that a change replaces.
 *
 * @param resourceName the platform's
 * @param start makes that container, when the first workload asks for it
 * @returns makes the volume with a workload's settings, for it to mount
 */
export function createCarrier(
  names: DockerNames,
  resourceName: (...parts: readonly (string | undefined)[]) => string,
  start: (carried: Carried) => void,
) {
  const followers = new Map<string, Follower>();
  let isStarted = false;
  let isClosed = false;

  /** The program describes one workload after the other: all of them are known when it is through. */
  function carry(): void {
    isStarted = true;
    const all = new Promise((resolve) => setImmediate(resolve)).then(() => {
      isClosed = true;
      return [...followers].sort(([a], [b]) => (a < b ? -1 : 1));
    });
    start({
      env: pulumi.output(all.then((sorted) => environment(sorted))),
      volumes: pulumi.output(
        all.then((sorted) =>
          sorted.map(([folder, { volume }]) => ({ volumeName: volume.name, containerPath: `${FOLDER}/${folder}` })),
        ),
      ),
    });
  }

  return function follow(
    scope: Scope,
    component: WorkloadSpec["component"],
    settings: Settings,
    opts: pulumi.ComponentResourceOptions,
  ): Mount {
    const folder = scopedName(scope.member, component);
    if (isClosed) {
      throw new Error(`"${folder}" follows the roster: describe it together with the team's other workloads`);
    }
    const purpose = `${component}-${ROSTER}`;
    const volume = new docker.Volume(
      resourceName(scope.member, purpose),
      {
        name: containerName(names, scope.member, purpose),
        driver: "local",
        driverOpts: IN_MEMORY,
        labels: renderLabels(names, scope.member, ROSTER),
      },
      { ...opts, ignoreChanges: ["driver", "driverOpts", "labels"] },
    );
    followers.set(folder, { settings, volume });
    if (!isStarted) carry();
    return { volume, path: ROSTER_FOLDER, readOnly: true };
  };
}

/** `ROSTER` lists the files as `folder/NAME`; each one's text is in a variable of its own. */
function environment(all: readonly (readonly [folder: string, follower: Follower])[]): pulumi.Input<string>[] {
  const files = all.flatMap(([folder, { settings }]) =>
    Object.entries(settings).map(([name, text]) => ({ path: `${folder}/${name}`, text })),
  );
  return [
    `ROSTER=${files
      .map(({ path }) => path)
      .sort()
      .join(" ")}`,
    ...files.map(({ path, text }) => pulumi.interpolate`${variableOf(path)}=${text}`),
  ];
}

/** `git/GIT_ACCOUNTS` → `GIT_GIT_ACCOUNTS`, as the image reads it. */
const variableOf = (path: string): string => path.toUpperCase().replace(/[^A-Z0-9]/g, "_");
