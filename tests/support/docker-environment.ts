import Docker from "dockerode";
import { type CommandResult, type Engine, run, TestEnvironment } from "./environment";
import { eventually } from "./poll";
import { freePort } from "./ports";

export const docker = new Docker();

/** Holds no data, and goes with the environment. */
const isRoster = ({ Labels }: { readonly Labels: Record<string, string> }) => Labels["muster.component"] === "roster";

/** On a Docker daemon of this machine; the gateway is published on a free port of the loopback. */
export class DockerEnvironment extends TestEnvironment {
  #docker = docker;
  #env: NodeJS.ProcessEnv = {};

  /**
   * @param team id of a team that nobody else uses; what an earlier run left of it is removed
   * @param socket of the daemon; the usual one without it
   */
  static async create(team: string, engine: Engine, socket?: string): Promise<DockerEnvironment> {
    const env = socket === undefined ? {} : { DOCKER_HOST: `unix://${socket}` };
    const environment = new DockerEnvironment(team, engine, await freePort(), { config: {}, env });
    environment.#env = env;
    if (socket !== undefined) environment.#docker = new Docker({ socketPath: socket });
    return await environment.begin();
  }

  readonly carriers = ["roster"];
  readonly reachesFurtherPort = true;
  furtherPort = freePort;

  /** `docker` on this environment's daemon. */
  docker = (...args: string[]): Promise<CommandResult> => run("docker", args, this.#env);

  #filters(member?: string) {
    return { label: [`muster.team=${this.team}`, ...(member === undefined ? [] : [`muster.member=${member}`])] };
  }

  async containers(): Promise<Record<string, string>> {
    return this.#containers();
  }

  async #containers(member?: string): Promise<Record<string, string>> {
    const containers = await this.#docker.listContainers({ all: true, filters: this.#filters(member) });
    return Object.fromEntries(
      containers
        .map(({ Id, Names }) => [(Names[0] ?? "").replace(`/${this.team}-`, ""), Id] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  }

  async objects(member?: string): Promise<string[]> {
    const networks = await this.#docker.listNetworks({ filters: this.#filters(member) });
    const roster = (await this.#volumes(member)).filter(isRoster);
    const names = [...networks, ...roster].map(({ Name }) => Name);
    return [...Object.keys(await this.#containers(member)), ...names].sort();
  }

  async volumes(): Promise<string[]> {
    return (await this.#volumes())
      .filter((volume) => !isRoster(volume))
      .map(({ Name }) => Name)
      .sort();
  }

  async #volumes(member?: string) {
    return (await this.#docker.listVolumes({ filters: this.#filters(member) })).Volumes;
  }

  protected async discard(): Promise<void> {
    const containers = Object.values(await this.containers());
    if (containers.length > 0) await this.docker("rm", "--force", ...containers);
    const networks = (await this.#docker.listNetworks({ filters: this.#filters() })).map(({ Id }) => Id);
    if (networks.length > 0) await this.docker("network", "rm", ...networks);
    const volumes = (await this.#volumes()).map(({ Name }) => Name);
    if (volumes.length > 0) await this.docker("volume", "rm", ...volumes);
    // Networks that Docker does not give up need more.
    if ((await this.objects()).length + (await this.#volumes()).length > 0)
      await this.muster("down", "--volumes", "--yes");
  }

  volume = (member: string | undefined, purpose: string) => [this.team, member, purpose].filter(Boolean).join("-");

  inspect = (container: string) => this.#docker.getContainer(`${this.team}-${container}`).inspect();

  async shell(container: string, line: string): Promise<CommandResult> {
    return await this.docker("exec", `${this.team}-${container}`, "bash", "-lc", line);
  }

  async started(container: string): Promise<string | undefined> {
    const { State } = await this.inspect(container);
    return State.Running ? State.StartedAt : undefined;
  }

  stop = (container: string) => this.#command("stop", container);
  start = (container: string) => this.#command("start", container);

  async crash(container: string): Promise<void> {
    const { HostConfig } = await this.inspect(container);
    const before = await this.started(container);
    if (HostConfig.Init) {
      // From inside, because Docker does not restart a container that its API has killed.
      await this.shell(container, "kill -9 -1");
    } else {
      // The kernel protects a container's first process from kills inside.
      await this.#command("kill", container);
      await this.#command("start", container);
    }
    await eventually(`the restart of ${container}`, async () => {
      const after = await this.started(container);
      return after !== undefined && after !== before;
    });
  }

  remove = (...containers: string[]) => this.#command("rm", "--force", ...containers);

  host = (member: string | undefined, component: string) => [this.team, member, component].filter(Boolean).join("-");

  async address(container: string): Promise<string> {
    const { NetworkSettings } = await this.inspect(container);
    const [network] = Object.values(NetworkSettings.Networks);
    if (network === undefined) throw new Error(`${container} is on no network`);
    return network.IPAddress;
  }

  async settings(container: string): Promise<Record<string, string>> {
    const { Config } = await this.inspect(container);
    return Object.fromEntries(Config.Env.map((line) => [line.split("=", 1)[0], line.slice(line.indexOf("=") + 1)]));
  }

  async mounts(container: string): Promise<string[]> {
    const { Mounts } = await this.inspect(container);
    return Mounts.map(({ Name, Source }) => Name ?? Source);
  }

  async memory(container: string): Promise<number> {
    const { HostConfig } = await this.inspect(container);
    return (HostConfig.Memory ?? 0) / 2 ** 20;
  }

  /** `docker <command>` on containers of the team; options begin with "-". */
  async #command(command: "kill" | "rm" | "start" | "stop", ...args: string[]): Promise<void> {
    const words = args.map((arg) => (arg.startsWith("-") ? arg : `${this.team}-${arg}`));
    const { code, output } = await this.docker(command, ...words);
    if (code !== 0) throw new Error(`docker ${command} ${words.join(" ")}\n${output}`);
  }
}
