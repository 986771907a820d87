import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type TestCluster, testCluster } from "./cluster";
import { DockerEnvironment } from "./docker-environment";
import type { Engine, TestEnvironment } from "./environment";
import { KubernetesEnvironment } from "./kubernetes-environment";

/** One way to bring an environment up. */
export interface EngineCase<E extends TestEnvironment = TestEnvironment> {
  readonly engine: Engine;
  /** Why the tests of this engine cannot run here; undefined when they can. */
  readonly unavailable: string | undefined;
  /** @param purpose what the team is for; becomes part of the team's id */
  create(purpose: string): Promise<E>;
}

/** Both engines on Docker: through Pulumi where its CLI and plugins are found, and always through the export. */
export const onDocker = (): EngineCase<DockerEnvironment>[] =>
  (["compose", "pulumi"] as const).map((engine) => ({
    engine,
    unavailable: engine === "pulumi" ? missingPulumi("docker") : undefined,
    create: (purpose) => DockerEnvironment.create(`${purpose}${engine}`, engine),
  }));

/** Both engines in the cluster that the tests are given. */
export function onKubernetes(): EngineCase<KubernetesEnvironment>[] {
  const found = testCluster();
  const unavailable = found.unavailable ?? missingRegistry(found.cluster);
  return (["kubectl", "pulumi"] as const).map((engine) => ({
    engine,
    unavailable: unavailable ?? (engine === "pulumi" ? missingPulumi("kubernetes") : undefined),
    create: (purpose) => {
      if (found.unavailable !== undefined) throw new Error(found.unavailable);
      // Differs from the id of Docker's team with the same engine.
      return KubernetesEnvironment.create(`${purpose}k8s${engine}`, engine, found.cluster);
    },
  }));
}

/**
 * The export alone, for suites about what images do: both engines start the same containers, which the suites that run
 * through both have shown by then.
 */
export const throughExport = <E extends TestEnvironment>(cases: readonly EngineCase<E>[]): EngineCase<E>[] =>
  cases.filter(({ engine }) => engine !== "pulumi");

const missingRegistry = ({ registry }: TestCluster): string | undefined =>
  registry === undefined ? "MUSTER_TEST_REGISTRY does not name the registry of KUBECONFIG's cluster" : undefined;

/** @param provider whose plugin is needed beside those of random and of docker, which builds the images */
function missingPulumi(provider: "docker" | "kubernetes"): string | undefined {
  const home = process.env.PULUMI_HOME ?? join(homedir(), ".pulumi");
  const version = (name: string): string => require(`${name}/package.json`).version;
  const needed = [
    join("versions", version("pulumi"), "bin", "pulumi"),
    ...[...new Set(["docker", provider, "random"])].map((name) =>
      join("plugins", `resource-${name}-v${version(`@pulumi/${name}`)}`),
    ),
  ];
  const missing = needed.filter((path) => !existsSync(join(home, path)));
  return missing.length === 0 ? undefined : `the Pulumi CLI or a plugin of it is not installed (${missing.join(", ")})`;
}
