import { UserError } from "../errors";
import { capture } from "./process";

/** Labels that Docker Compose puts on what it creates. */
export const COMPOSE_PROJECT_LABEL = "com.docker.compose.project";
export const COMPOSE_FILES_LABEL = "com.docker.compose.project.config_files";

export interface Container {
  readonly id: string;
  readonly name: string;
  /** `running`, `exited`, `restarting`, … */
  readonly state: string;
  /** As `docker ps` words it: `Up 2 hours (healthy)`. */
  readonly status: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Host ports that it publishes. */
  readonly ports: readonly number[];
}

export interface Network {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly subnets: readonly string[];
}

/** Docker's command, with the daemon that `docker-host` found. */
export interface Docker {
  run(...args: string[]): Promise<string>;
  /** Standard output, or undefined when the command fails. */
  tryRun(...args: string[]): Promise<string | undefined>;
  containers(): Promise<Container[]>;
  networks(): Promise<Network[]>;
  /** Names of the volumes that carry each of some labels. */
  volumes(...labels: string[]): Promise<string[]>;
  hasImage(name: string): Promise<boolean>;
  /** The last lines of a container's log. */
  logs(container: string, tail: number): Promise<string[]>;
  readonly env: NodeJS.ProcessEnv;
}

export function dockerClient(env: NodeJS.ProcessEnv): Docker {
  async function run(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await capture("docker", args, { env });
    if (code !== 0) throw new UserError(`docker ${args.join(" ")}: ${stderr.trim() || `ended with status ${code}`}`);
    return stdout;
  }
  const tryRun = async (...args: string[]) => {
    const { code, stdout } = await capture("docker", args, { env });
    return code === 0 ? stdout : undefined;
  };
  return {
    env,
    run,
    tryRun,
    containers: async () =>
      parseJsonLines(await run("ps", "--all", "--no-trunc", "--format", CONTAINER_FORMAT)).map(toContainer),
    networks: async () => {
      const names = words(await run("network", "ls", "--format", "{{.ID}}"));
      // A network removed between the two commands is missing from the answer and makes the status an error.
      const { stdout } = await capture("docker", ["network", "inspect", ...names], { env });
      return (JSON.parse(stdout) as InspectedNetwork[]).map(({ Id, Name, Labels, IPAM }) => ({
        id: Id,
        name: Name,
        labels: Labels ?? {},
        subnets: (IPAM?.Config ?? []).flatMap(({ Subnet }) => (Subnet ? [Subnet] : [])),
      }));
    },
    volumes: async (...labels) => {
      const filters = labels.flatMap((label) => ["--filter", `label=${label}`]);
      return namesOfVolumes(await run("volume", "ls", "--format", "{{json .}}", ...filters), labels);
    },
    hasImage: async (name) => (await tryRun("image", "inspect", "--format", "{{.Id}}", name)) !== undefined,
    logs: async (container, tail) => {
      const { stdout, stderr } = await capture("docker", ["logs", "--tail", String(tail), container], { env });
      return `${stdout}${stderr}`.trimEnd().split("\n").slice(-tail);
    },
  };
}

/** By name: `{{json .}}` has the sizes too, for which the daemon looks through every container's files. */
const CONTAINER_FORMAT = `{${["ID", "Names", "State", "Status", "Labels", "Ports"]
  .map((field) => `"${field}":{{json .${field}}}`)
  .join(",")}}`;

interface InspectedNetwork {
  readonly Id: string;
  readonly Name: string;
  readonly Labels: Record<string, string> | null;
  readonly IPAM: { readonly Config: readonly { readonly Subnet?: string }[] | null } | null;
}

/** Podman's socket answers for Docker, and has neither BuildKit nor Docker's words for networks and containers. */
export const isPodman = async (docker: Pick<Docker, "run">): Promise<boolean> => (await podman(docker)) !== undefined;

/** Podman's version, where it answers in Docker's place. */
export const podmanVersion = async (docker: Pick<Docker, "run">): Promise<string | undefined> =>
  (await podman(docker))?.Version;

interface Component {
  readonly Name: string;
  readonly Version?: string;
}

/** A daemon stays what it is while a command runs: it is asked until it answers. */
const podmans = new WeakMap<object, Promise<Component | undefined>>();

function podman(docker: Pick<Docker, "run">): Promise<Component | undefined> {
  const asked = podmans.get(docker) ?? askForPodman(docker);
  podmans.set(docker, asked);
  asked.catch(() => podmans.delete(docker));
  return asked;
}

async function askForPodman(docker: Pick<Docker, "run">): Promise<Component | undefined> {
  const { Components } = JSON.parse(await docker.run("version", "--format", "{{json .Server}}")) as {
    Components?: readonly Component[] | null;
  };
  return Components?.find(({ Name }) => Name.startsWith("Podman"));
}

/** The parts of a text between its white space, as `--quiet` lists ids and names. */
export const words = (text: string): string[] => text.split(/\s+/).filter(Boolean);

/** Names of the volumes in a listing that carry each of the labels: several filters mean any of them to Podman. */
export const namesOfVolumes = (listing: string, labels: readonly string[]): string[] =>
  parseJsonLines(listing)
    .filter(({ Labels = "" }) => {
      const own = Object.entries(parseLabels(Labels)).map(([name, value]) => `${name}=${value}`);
      return labels.every((label) => own.includes(label));
    })
    .map(({ Name = "" }) => Name)
    .sort();

const parseJsonLines = (text: string): Record<string, string>[] =>
  text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));

function toContainer(row: Record<string, string>): Container {
  return {
    id: row.ID ?? "",
    name: row.Names ?? "",
    state: row.State ?? "",
    status: row.Status ?? "",
    labels: parseLabels(row.Labels ?? ""),
    ports: publishedPorts(row.Ports ?? ""),
  };
}

/** Docker lists labels as `a=1,b=2`; a part without "=" belongs to the value before it. */
export function parseLabels(text: string): Record<string, string> {
  const labels: [string, string][] = [];
  for (const part of text.split(",")) {
    const at = part.indexOf("=");
    const last = labels.at(-1);
    if (at > 0) labels.push([part.slice(0, at), part.slice(at + 1)]);
    else if (last && part) last[1] += `,${part}`;
  }
  return Object.fromEntries(labels);
}

/** Host ports in a listing such as `0.0.0.0:8080->8080/tcp, :::8080->8080/tcp, 127.0.0.1:90-91->90-91/tcp`. */
export function publishedPorts(listing: string): number[] {
  const ports = [...listing.matchAll(/:(\d+)(?:-(\d+))?->/g)].flatMap(([, first, last]) => {
    const from = Number(first);
    return Array.from({ length: Number(last ?? first) - from + 1 }, (_, index) => from + index);
  });
  return [...new Set(ports)];
}
