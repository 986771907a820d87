import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import type { Team } from "../../../config/members";
import { liveSites, workloads } from "../../../config/workloads";
import { pushedImageName } from "../../../platform/images/plan";
import { COMPONENT, namespaceName } from "../../../platform/kubernetes/terms";
import { UserError } from "../../errors";
import { ensureBaseImage } from "../../images/base";
import { buildImages, imageBuilds, missingImages } from "../../images/build";
import { checkPackages } from "../../images/packages";
import { ownImages, publishImages, unpublished } from "../../images/publish";
import { stackIdentity } from "../../project";
import { pulumiEngine } from "../../pulumi/stack";
import { type Docker, dockerClient } from "../../tools/docker";
import { dockerEnvironment, findDocker } from "../../tools/docker-host";
import { type Kubectl, type KubernetesObject, kubectlClient, serverVersion } from "../../tools/kubectl";
import type { Result } from "../../tools/process";
import type { EngineName } from "../engines";
import { encrypts } from "../readiness";
import { secretsFile } from "../recorded";
import type { Instance, Target, TargetContext } from "../target";
import { foreignTeam } from "../target";
import { GATEWAY, gatewayAccess } from "./access";
import { adoptClaims, applyManifests, FIELD_MANAGER } from "./apply";
import type { Pod } from "./faults";
import { exportManifests, manifestFolder, writeManifests } from "./manifests";
import { deniedAccess } from "./permissions";
import { portForward } from "./port-forward";
import { kubernetesPreflight, permissionProblem } from "./preflight";
import { followRollout, waitForRollout, watchRollout } from "./rollout";
import { prune, removeNamespaces, teamStorage } from "./sweep";

/** An annotation whose change has the kubelet look for changed Secrets of a pod at once. */
const ROSTER_LOOK = "muster.roster";

/** Pods in a cluster: a namespace for each member beside the team's own. */
export async function openKubernetesTarget(context: TargetContext): Promise<Target> {
  const { stack, team: id, progress, mayInstall } = context;
  const kubectl = kubectlClient(stackIdentity(stack).context);
  // Reports what is wrong with kubectl or the cluster before anything else asks them.
  const version = await serverVersion(kubectl);
  const selected = ["--all-namespaces", "--selector", `muster.team=${id}`];
  const made = await kubectl.list("deployments,statefulsets", ...selected, "--show-managed-fields").catch(deniedFirst);
  const running = runningEngine(made);

  /** An account that may not list them lacks more rights: report all of them at once. */
  async function deniedFirst(error: unknown): Promise<never> {
    const denied = await deniedAccess(kubectl, {});
    throw denied.length > 0 ? new UserError(permissionProblem(denied)) : error;
  }

  /** Docker is only needed to build images. */
  const openDocker = async (): Promise<Docker> => dockerClient((await findDocker(progress, { mayInstall })).env);

  return {
    exporter: "kubectl",
    running,
    instanceTitle: "POD",

    async preflight(team) {
      const usesRegistry = ownImages(team).length > 0;
      const check = { team, kubectl, version, namespaces: namespacesOf(team), usesRegistry };
      const warnings = await progress.step("Checking the cluster", () => kubernetesPreflight(check));
      for (const warning of warnings) progress.warn(warning);
    },
    pulumiObstacle: async () => undefined,
    pulumiEnv: () => dockerEnvironment(process.env),

    pulumiUp: (team, binary) => pulumiUp(team, binary, { ...context, kubectl, running, openDocker }),

    async exportUp(team) {
      if (running === "kubectl" && !existsSync(secretsFile(stack))) throw foreignTeam(context);
      const { root } = stack.project;
      const wanted = team.registry ? await unpublished(team, team.registry, root) : [];
      if (team.registry && wanted.length > 0) {
        await publishImages(await openDocker(), team, team.registry, wanted, root, progress);
      }
      const exported = await progress.step("Writing the manifests", () => exportManifests(stack));
      await writeManifests(manifestFolder(stack), exported);
      const { claims } = await teamStorage(kubectl, id);
      await applyManifests(kubectl, adoptClaims(exported.filled, claims), progress);
      await prune(kubectl, id, exported.filled, progress);
      await waitForRollout(watchRollout(kubectl, id, workloadNames(team), progress), progress);
    },
    async exportDown() {
      await prune(kubectl, id, [], progress);
    },
    hurryDown: async () => undefined,
    limit: async () => undefined,
    deletesAgain: false,
    sweep: () => prune(kubectl, id, [], progress),
    tidy: async () => undefined,

    volumes: async () =>
      (await teamStorage(kubectl, id)).claims.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).sort(),
    async removeVolumes() {
      await progress.step("Removing the namespaces", async () =>
        removeNamespaces(kubectl, (await teamStorage(kubectl, id)).namespaces),
      );
    },
    removeImages: undefined,

    async handedOut() {
      const own = ["--namespace", namespaceName({ team: id }, undefined), "--selector", `muster.team=${id}`];
      return rosterDigests(await kubectl.list<Secret>("secrets", ...own));
    },
    async hurryRoster(components) {
      const pods = ["--namespace", namespaceName({ team: id }, undefined)];
      const selector = ["--selector", `${COMPONENT} in (${components.join(",")})`];
      // Whoever may not change pods waits until the kubelet looks by itself.
      await kubectl.capture(["annotate", "pods", ...pods, ...selector, "--overwrite", `${ROSTER_LOOK}=${Date.now()}`]);
    },
    shortcomings: async () => [],
    instances: async () => (await kubectl.list<Pod>("pods", ...selected)).map(toInstance),
    async logs({ name }, tail) {
      const { namespace, pod } = podName(name);
      const { stdout, stderr } = await kubectl.capture(["logs", "--namespace", namespace, pod, `--tail=${tail}`]);
      return `${stdout}${stderr}`.trimEnd().split("\n");
    },
    exec: async (instance, command, input) => withoutStatus(await kubectl.capture(execArgs(instance, command), input)),
    pipe: async (instance, command, streams) => withoutStatus(await kubectl.pipe(execArgs(instance, command), streams)),

    async withGateway(team, use) {
      const forward = portForward(kubectl, namespaceName({ team: team.id }, undefined), GATEWAY, team.listenPort);
      try {
        return await use(async () => {
          const found = await forward.find();
          return found && { ...found, tls: encrypts(team) };
        });
      } finally {
        forward.close();
      }
    },
    access: (team) => gatewayAccess(kubectl, team),
  };
}

interface Secret extends KubernetesObject {
  /** In base64. */
  readonly data?: Readonly<Record<string, string>>;
}

/** What the pods' files will be, as sha256sum prints it: `digest  component/NAME`. */
export const rosterDigests = (secrets: readonly Secret[]): string[] =>
  secrets.flatMap(({ metadata, data = {} }) => {
    const component = /^(.+)-roster$/.exec(metadata.name)?.[1];
    if (component === undefined) return [];
    return Object.entries(data).map(([name, text]) => {
      const digest = createHash("sha256").update(Buffer.from(text, "base64")).digest("hex");
      return `${digest}  ${component}/${name}`;
    });
  });

/** The engine that made the team's workloads, by who wrote them; undefined when there are none. */
export function runningEngine(workloads: readonly KubernetesObject[]): EngineName | undefined {
  if (workloads.length === 0) return undefined;
  const isOurs = ({ metadata }: KubernetesObject) =>
    metadata.managedFields?.some(({ manager, operation }) => manager === FIELD_MANAGER && operation === "Apply");
  return workloads.some(isOurs) ? "kubectl" : "pulumi";
}

/** The team's namespaces, its own first. */
export const namespacesOf = (team: Team): string[] =>
  [undefined, ...liveSites(team).map(({ owner }) => owner.id), ...team.members.map(({ id }) => id)].map((member) =>
    namespaceName({ team: team.id }, member),
  );

/** `namespace/component` of every workload of a team's environment. */
export const workloadNames = (team: Team): string[] =>
  workloads(team).map(({ member, component }) => `${namespaceName({ team: team.id }, member)}/${component}`);

/** `muster-hackathon-alice/web-0` */
export const toInstance = (pod: Pod): Instance => ({
  name: `${pod.metadata.namespace}/${pod.metadata.name}`,
  member: pod.metadata.labels?.["muster.member"],
  component: pod.metadata.labels?.["muster.component"] ?? "",
  running: pod.status?.phase === "Running" && pod.metadata.deletionTimestamp === undefined,
  status: podStatus(pod),
});

/** In the words of `kubectl get pods`, with what matters from its other columns: `Running (ready)`. */
export function podStatus({ metadata, status = {} }: Pod): string {
  if (metadata.deletionTimestamp !== undefined) return "Terminating";
  const containers = status.containerStatuses ?? [];
  const restarts = containers.reduce((sum, { restartCount }) => sum + restartCount, 0);
  const waiting = containers.map(({ state }) => state?.waiting?.reason).find(Boolean);
  const ready = containers.length > 0 && containers.every((container) => container.ready);
  const notes = [
    ...(waiting === undefined ? [ready ? "ready" : "not ready"] : []),
    ...(restarts > 0 ? [`${restarts} restarts`] : []),
  ];
  return [waiting ?? status.phase ?? "Unknown", notes.length > 0 ? `(${notes.join(", ")})` : ""]
    .filter(Boolean)
    .join(" ");
}

function execArgs({ name }: Instance, command: readonly string[]): string[] {
  const { namespace, pod } = podName(name);
  return ["exec", "--stdin", "--namespace", namespace, pod, "--", ...command];
}

/** kubectl adds a line of its own to what the program says. */
const withoutStatus = (result: Result): Result => ({
  ...result,
  stderr: result.stderr.replace(/^command terminated with exit code \d+\n?/m, ""),
});

/** @throws Error for a name that `toInstance` did not make */
function podName(name: string): { readonly namespace: string; readonly pod: string } {
  const [namespace, pod] = name.split("/");
  if (!namespace || !pod) throw new Error(`"${name}" is no pod's name`);
  return { namespace, pod };
}

interface PulumiContext extends TargetContext {
  readonly kubectl: Kubectl;
  readonly running: EngineName | undefined;
  readonly openDocker: () => Promise<Docker>;
}

async function pulumiUp(team: Team, binary: string, context: PulumiContext): Promise<void> {
  const { stack, kubectl, progress, running } = context;
  const { root } = stack.project;
  const buildsImages = ownImages(team).length > 0;
  // Pulumi's docker plugin inspects every image that the config does not name, even if the registry has it.
  const docker = buildsImages ? await context.openDocker() : undefined;
  const engine = pulumiEngine(binary, stack, docker?.env ?? process.env);
  if (running === "pulumi" && !(await engine.exists())) throw foreignTeam(context);
  await engine.prepare(progress);
  const lost = running === undefined && (await engine.resourceCount()) > 1;
  if (lost) progress.note("  Pulumi's state lists workloads that are gone from the cluster: comparing them first");

  const missing = team.registry && docker ? await unpublished(team, team.registry, root) : [];
  if (docker && (missing.length > 0 || running === undefined)) {
    await checkPackages(team, progress);
    await ensureBaseImage(docker, team.mirrors, progress);
    // Pulumi then finds them, and pushes them; its own builds show no progress.
    const builds = await missingImages(docker, imageBuilds(team, ownImages(team), root));
    await buildImages(docker, builds, root, progress, { pushed: true });
  }
  // The provider never checks whether an image that it pushed still exists.
  const known = missing.length > 0 ? await engine.resourceIds() : new Set<string>();
  const rebuild = missing
    .filter(({ name }) => known.has(`${team.registry?.push}/${name}`))
    .map(({ image }) => pushedImageName(image));
  if (rebuild.length > 0)
    progress.note(`  images that are gone from the registry are pushed again: ${rebuild.join(", ")}`);

  const watch = watchRollout(kubectl, team.id, workloadNames(team), progress);
  // Pulumi itself only reports a pod that cannot start once its time is up.
  await followRollout(watch, () => engine.up({ refresh: lost, rebuild }));
  const gone = (await watch.look()).absent;
  if (gone.length > 0) {
    progress.note(`  ${gone.join(", ")} went without Pulumi's knowledge: comparing its state with the cluster`);
    await followRollout(watch, () => engine.up({ refresh: true }));
  }
  await waitForRollout(watch, progress);
}
