import { capture } from "../../cli/tools/process";
import type { TestCluster } from "./cluster";
import { freeNodePort, hasNodePorts, kubectlEnv, PortForward } from "./cluster-ports";
import { type CommandResult, containerOf, type Engine, placeOf, run, TestEnvironment } from "./environment";
import { eventually } from "./poll";
import { freePort } from "./ports";

/** An object as the API server returns it. */
export interface KubernetesObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly creationTimestamp: string;
    readonly deletionTimestamp?: string;
    readonly ownerReferences?: readonly { readonly kind: string }[];
  };
  // biome-ignore lint/suspicious/noExplicitAny: each kind has fields of its own.
  readonly [field: string]: any;
}

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef?: { readonly name: string } };
}

/** Kinds that the control plane derives from other objects, such as a Service's endpoints. */
const DERIVED = ["Endpoints", "EndpointSlice"];

/** In a cluster. The tests' own answers node ports on the loopback; otherwise kubectl forwards a port to the gateway. */
export class KubernetesEnvironment extends TestEnvironment {
  #forward: PortForward | undefined;

  private constructor(
    team: string,
    engine: Engine,
    port: number,
    readonly cluster: TestCluster,
  ) {
    const service = { type: hasNodePorts(cluster) ? "NodePort" : "ClusterIP" };
    const config = {
      target: "kubernetes",
      registry: { push: cluster.registry },
      kubernetes: { storage: 1, service },
    };
    super(team, engine, port, { config, env: kubectlEnv(cluster) });
  }

  /** @param team id of a team that nobody else uses; what an earlier run left of it is removed */
  static async create(team: string, engine: Engine, cluster: TestCluster): Promise<KubernetesEnvironment> {
    const nodePorts = hasNodePorts(cluster);
    const port = nodePorts ? await freeNodePort(cluster) : await freePort();
    const environment = await new KubernetesEnvironment(team, engine, port, cluster).begin();
    if (!nodePorts) environment.#forward = new PortForward(cluster, environment.namespace(undefined), port);
    return environment;
  }

  protected override async begin(): Promise<this> {
    await super.begin();
    await eventually("the end of an earlier run's namespaces", async () => (await this.namespaces()).length === 0, 180);
    return this;
  }

  get reachesFurtherPort() {
    return hasNodePorts(this.cluster);
  }

  furtherPort = () => (hasNodePorts(this.cluster) ? freeNodePort(this.cluster) : freePort());

  override async dispose() {
    this.#forward?.close();
    await super.dispose();
  }

  /** The cluster goes on with it when this has ended; whoever needs the names again waits for it. */
  protected async discard(): Promise<void> {
    const namespaces = await this.namespaces();
    if (namespaces.length === 0) return;
    await this.kubectl("delete", "namespaces", ...namespaces, "--wait=false");
    const now = ["--all", "--grace-period=0", "--force", "--wait=false"];
    await Promise.all(namespaces.map((name) => this.kubectl("delete", "pods", "--namespace", name, ...now)));
  }

  namespace = (member: string | undefined) => ["muster", this.team, member].filter(Boolean).join("-");

  async namespaces(): Promise<string[]> {
    const found = await this.list("namespaces", ...this.#selector());
    return found.map(({ metadata }) => metadata.name).sort();
  }

  /** `kubectl` to its end. */
  kubectl = (...args: string[]): Promise<CommandResult> => run("kubectl", args, kubectlEnv(this.cluster));

  /** As `kubectl`, but a failure ends the test with the command's output. */
  async kubectlSucceed(...args: string[]): Promise<string> {
    const { code, output } = await this.kubectl(...args);
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")} ended with ${code}:\n${output}`);
    return output.trim();
  }

  /** The items of `kubectl get`. */
  async list(...args: string[]): Promise<KubernetesObject[]> {
    const env = { ...process.env, ...kubectlEnv(this.cluster) };
    const { code, stdout, stderr } = await capture("kubectl", ["get", "--output", "json", ...args], { env });
    if (code !== 0) throw new Error(`kubectl get ${args.join(" ")} ended with ${code}:\n${stderr}`);
    return JSON.parse(stdout).items;
  }

  /** Every object that was created in a namespace, without those that controllers and the control plane derive. */
  async made(namespace: string, ...args: string[]): Promise<KubernetesObject[]> {
    const objects = await this.list(await this.#namespacedKinds(), "--namespace", namespace, ...args);
    return objects.filter(
      ({ kind, metadata }) =>
        (metadata.ownerReferences === undefined || kind === "Pod") &&
        !DERIVED.includes(kind) &&
        kind !== "Event" &&
        !isInEveryNamespace(kind, metadata.name),
    );
  }

  #kinds: Promise<string> | undefined;

  #namespacedKinds(): Promise<string> {
    this.#kinds ??= this.kubectlSucceed("api-resources", "--namespaced", "--verbs=list", "--output=name").then(
      (names) => names.split("\n").join(","),
    );
    return this.#kinds;
  }

  #selector(member?: string): string[] {
    const labels = [`muster.team=${this.team}`, ...(member === undefined ? [] : [`muster.member=${member}`])];
    return ["--selector", labels.join(",")];
  }

  /** The pod of a container: the newest, while an older one is still terminating. */
  async #pods(): Promise<Map<string, KubernetesObject>> {
    const pods = await this.list("pods", "--all-namespaces", ...this.#selector());
    const current = pods
      .filter(({ metadata, status }) => metadata.deletionTimestamp === undefined && status.phase !== "Failed")
      .sort((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1))
      .map((pod) => [containerOf(placeOfObject(pod)), pod] as const);
    return new Map(current);
  }

  async pod(container: string): Promise<KubernetesObject> {
    const pod = (await this.#pods()).get(container);
    if (pod === undefined) throw new Error(`${container} has no pod`);
    return pod;
  }

  readonly carriers = [];

  async containers(): Promise<Record<string, string>> {
    const pods = [...(await this.#pods())].map(([name, { metadata }]) => [name, metadata.uid] as const);
    return Object.fromEntries(pods.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  async objects(member?: string): Promise<string[]> {
    const namespaces = await this.list("namespaces", ...this.#selector(member));
    const found = await Promise.all(
      namespaces.map(async (namespace) => {
        const inside = await this.made(namespace.metadata.name);
        const rest = inside.filter(({ kind }) => kind !== "PersistentVolumeClaim");
        return rest.length < inside.length ? rest : [namespace, ...rest];
      }),
    );
    return found
      .flat()
      .map(({ kind, metadata }) => [kind, metadata.namespace, metadata.name].filter(Boolean).join("/"))
      .sort();
  }

  async volumes(): Promise<string[]> {
    const claims = await this.list("persistentvolumeclaims", "--all-namespaces", ...this.#selector());
    return claims.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).sort();
  }

  volume = (member: string | undefined, purpose: string) => `${this.namespace(member)}/${purpose}`;

  async shell(container: string, line: string): Promise<CommandResult> {
    const { component } = placeOf(container);
    const { metadata } = await this.pod(container);
    const { code, output } = await this.kubectl(
      ...["exec", "--namespace", metadata.namespace ?? "", metadata.name, "--container", component],
      ...["--", "bash", "-lc", line],
    );
    // kubectl's own last message, which may stand anywhere in the command's output.
    return { code, output: output.replace(/command terminated with exit code \d+\n/, "") };
  }

  async started(container: string): Promise<string | undefined> {
    const { status } = await this.pod(container);
    const [own] = status.containerStatuses ?? [];
    return own?.state.running ? own.containerID : undefined;
  }

  /** `deployment.apps/web` */
  async #controller(container: string): Promise<string> {
    const { member, component } = placeOf(container);
    return await this.kubectlSucceed(
      ...["get", "deployments,statefulsets", "--namespace", this.namespace(member), "--output", "name"],
      ...["--selector", `muster.component=${component}`],
    );
  }

  async #scale(container: string, replicas: 0 | 1): Promise<void> {
    const namespace = ["--namespace", this.namespace(placeOf(container).member)];
    const controller = await this.#controller(container);
    await this.kubectlSucceed("scale", ...namespace, controller, `--replicas=${replicas}`);
    await this.kubectlSucceed("rollout", "status", ...namespace, controller, "--timeout=3m");
  }

  async stop(container: string): Promise<void> {
    await this.#scale(container, 0);
    const { member, component } = placeOf(container);
    await eventually(`the end of ${container}`, async () => {
      const selector = ["--selector", `muster.component=${component}`];
      return (await this.list("pods", "--namespace", this.namespace(member), ...selector)).length === 0;
    });
  }

  start = (container: string) => this.#scale(container, 1);

  async crash(container: string): Promise<void> {
    const before = await this.started(container);
    const { metadata, spec } = await this.pod(container);
    if (spec.shareProcessNamespace) {
      await this.shell(container, "kill -9 -1");
    } else {
      // The kernel protects a container's first process from kills inside.
      const pod = ["--namespace", metadata.namespace ?? "", metadata.name];
      await this.kubectlSucceed("delete", "pod", ...pod, "--grace-period=0", "--force");
    }
    await eventually(`the restart of ${container}`, async () => {
      const after = await this.started(container);
      return after !== undefined && after !== before;
    });
  }

  async remove(...containers: string[]): Promise<void> {
    for (const container of containers) {
      const namespace = ["--namespace", this.namespace(placeOf(container).member)];
      await this.kubectlSucceed("delete", ...namespace, await this.#controller(container), "--cascade=foreground");
    }
  }

  host = (member: string | undefined, component: string) => `${component}.${this.namespace(member)}.svc.cluster.local`;

  address = async (container: string): Promise<string> => (await this.pod(container)).status.podIP;

  async settings(container: string): Promise<Record<string, string>> {
    const { metadata, spec } = await this.pod(container);
    const variables: Variable[] = spec.containers[0].env;
    const plain = variables.flatMap(({ name, value }) =>
      value === undefined ? [] : [[name, value.replaceAll("$$", "$")]],
    );
    const names = [
      ...(spec.volumes as { secret?: { secretName: string } }[]).map(({ secret }) => secret?.secretName),
      ...variables.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
    ];
    const secrets = await this.list("secrets", "--namespace", metadata.namespace ?? "");
    const given = secrets.filter((secret) => names.includes(secret.metadata.name));
    const values = given.flatMap(({ data }) => Object.entries<string>(data));
    const decoded = values.map(([name, value]) => [name, Buffer.from(value, "base64").toString()]);
    return Object.fromEntries([...plain, ...decoded]);
  }

  async mounts(container: string): Promise<string[]> {
    const { metadata, spec } = await this.pod(container);
    const volumes: { persistentVolumeClaim?: { claimName: string } }[] = spec.volumes ?? [];
    return volumes.flatMap(({ persistentVolumeClaim: claim }) =>
      claim ? [`${metadata.namespace}/${claim.claimName}`] : [],
    );
  }

  async memory(container: string): Promise<number> {
    const { spec } = await this.pod(container);
    return Number(/^(\d+)Mi$/.exec(spec.containers[0].resources.limits.memory)?.[1]);
  }
}

export const placeOfObject = ({ metadata: { labels = {} } }: KubernetesObject) => ({
  member: labels["muster.member"],
  component: labels["muster.component"] ?? "",
});

/** What Kubernetes itself puts into a namespace. */
const isInEveryNamespace = (kind: string, name: string): boolean =>
  (kind === "ConfigMap" && name === "kube-root-ca.crt") || (kind === "ServiceAccount" && name === "default");
