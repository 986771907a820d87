import { stringify } from "yaml";
import { processLimit } from "../config/catalogue";
import type { ImageBuild } from "../platform/images/plan";
import { type RecordedResource, type Recording, replaceSecrets } from "./recording";
import { type SecretSpec, secretSpecs } from "./secrets";

type Inputs = RecordedResource["inputs"];

/** An image to build under `name` from the folder `context`. */
export type ImageSpec = Pick<ImageBuild, "name" | "context" | "args">;

/** The environment as Docker Compose wants it. */
export interface ComposeExport {
  /** compose.yaml; a secret is written as `${NAME}`. */
  readonly yaml: string;
  /** What to build first, parents before children. */
  readonly images: readonly ImageSpec[];
  readonly secrets: readonly SecretSpec[];
}

/**
 * Writes a recording of the docker target as a compose file with the names, labels, limits and networks that
 * Pulumi would give the same resources.
 *
 * Volumes outlive the environment here too: `docker compose down` keeps them, and a name that exists is adopted.
 *
 * @throws Error for a resource type that has no counterpart in Compose
 */
export function renderCompose(recording: Recording): ComposeExport {
  const services: Record<string, unknown> = {};
  const networks: Record<string, unknown> = {};
  const volumes: Record<string, unknown> = {};
  const images: ImageSpec[] = [];

  for (const { type, name, inputs } of recording.resources) {
    switch (type) {
      case "docker:index/container:Container":
        services[name] = renderService(inputs);
        break;
      case "docker:index/network:Network":
        networks[inputs.name] = renderNetwork(inputs);
        break;
      case "docker:index/volume:Volume":
        volumes[inputs.name] = {
          name: inputs.name,
          ...(inputs.driver === undefined ? {} : { driver: inputs.driver, driver_opts: inputs.driverOpts }),
          labels: renderLabels(inputs.labels),
        };
        break;
      case "docker:index/remoteImage:RemoteImage":
        images.push({ name: inputs.name, context: inputs.build.context, args: inputs.build.buildArgs });
        break;
      case "random:index/randomPassword:RandomPassword":
        break;
      default:
        if (!type.startsWith("muster:")) throw new Error(`${type} "${name}" has no counterpart in Compose`);
    }
  }
  return {
    yaml: stringify({ services, networks, volumes }, { lineWidth: 0 }),
    images: parentsFirst(images),
    secrets: secretSpecs(recording),
  };
}

/** A container's inputs, as `platform/docker` writes them, in Compose's terms. */
function renderService(inputs: Inputs): object {
  const { healthcheck } = inputs;
  return {
    container_name: inputs.name,
    hostname: inputs.hostname,
    image: inputs.image,
    environment: inputs.envs.map(interpolation),
    labels: renderLabels(inputs.labels),
    ...(inputs.networkMode === undefined
      ? { networks: renderNetworks(inputs.networksAdvanced) }
      : { network_mode: inputs.networkMode }),
    ...ifAny(
      "volumes",
      inputs.volumes.map(
        ({ volumeName, containerPath, readOnly }: Inputs) => `${volumeName}:${containerPath}${readOnly ? ":ro" : ""}`,
      ),
    ),
    ...ifAny(
      "ports",
      inputs.ports.map(
        ({ ip, external, internal }: Inputs) => `${ip.includes(":") ? `[${ip}]` : ip}:${external}:${internal}`,
      ),
    ),
    ...(healthcheck
      ? {
          healthcheck: {
            test: healthcheck.tests,
            interval: healthcheck.interval,
            timeout: healthcheck.timeout,
            retries: healthcheck.retries,
            start_period: healthcheck.startPeriod,
          },
        }
      : {}),
    mem_limit: `${inputs.memory}m`,
    memswap_limit: `${inputs.memorySwap}m`,
    cpus: Number(inputs.cpus),
    ...(inputs.cpuShares === undefined ? {} : { cpu_shares: inputs.cpuShares }),
    ...(inputs.sysctls === undefined ? {} : { sysctls: inputs.sysctls }),
    ...processesOf(inputs),
    cap_drop: inputs.capabilities.drops,
    security_opt: inputs.securityOpts,
    init: inputs.init,
    restart: inputs.restart,
    stop_grace_period: `${inputs.destroyGraceSeconds}s`,
    logging: { driver: inputs.logDriver, options: inputs.logOpts },
  };
}

/** Names alone where nothing is said of any of them. */
function renderNetworks(networks: Inputs[]): object {
  const said = networks.some(({ aliases }) => aliases !== undefined);
  return said
    ? Object.fromEntries(networks.map(({ name, aliases }) => [name, aliases === undefined ? {} : { aliases }]))
    : networks.map(({ name }) => name);
}

/** Pulumi's provider has no such input: `npm run up` sets it there. */
function processesOf({ labels }: Inputs): object {
  const component = labels.find(({ label }: Inputs) => label === "muster.component")?.value ?? "";
  const limit = processLimit(component);
  return limit === undefined ? {} : { pids_limit: limit };
}

function renderNetwork(inputs: Inputs): object {
  return {
    name: inputs.name,
    labels: renderLabels(inputs.labels),
    ...(inputs.internal ? { internal: true } : {}),
    ...(inputs.ipamConfigs ? { ipam: { config: inputs.ipamConfigs.map(({ subnet }: Inputs) => ({ subnet })) } } : {}),
  };
}

const renderLabels = (labels: Inputs[]): object => Object.fromEntries(labels.map(({ label, value }) => [label, value]));

const ifAny = (key: string, values: unknown[]): object => (values.length === 0 ? {} : { [key]: values });

/** Compose replaces `$NAME` in values: a secret becomes such a reference, every other dollar sign is doubled. */
const interpolation = (text: string): string => replaceSecrets(text.replaceAll("$", "$$$$"), (name) => `\${${name}}`);

/** Each image once, in build order: the one that a `PARENT` argument names comes first. */
function parentsFirst(images: readonly ImageSpec[]): ImageSpec[] {
  const byName = new Map(images.map((image) => [image.name, image]));
  const ordered = new Set<ImageSpec>();
  const add = (image: ImageSpec): void => {
    const parent = byName.get(image.args.PARENT ?? "");
    if (parent) add(parent);
    ordered.add(image);
  };
  byName.forEach(add);
  return [...ordered];
}
