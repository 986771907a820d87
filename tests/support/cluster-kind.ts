import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../cli/errors";
import type { Progress } from "../../cli/progress";
import { capture } from "../../cli/tools/process";
import type { StartedCluster } from "./cluster";
import { which } from "./which";

const NAME = "muster-test";
const REGISTRY = `${NAME}-registry`;
const ADDRESS = "127.0.0.1:5000";

/** Where kind's nodes look up the address of a registry. */
const HOSTS = "/etc/containerd/certs.d";

const CLUSTER = `kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
containerdConfigPatches:
- |-
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "${HOSTS}"
`;

/** Whether kind and a Docker daemon for it are there. */
export const kindAnswers = async (): Promise<boolean> => (await capture("kind", ["version"])).code === 0;

/**
 * A kind cluster of the tests' own with a registry beside it, as https://kind.sigs.k8s.io/docs/user/local-registry
 * describes; both go at the end unless they were there before.
 */
export async function startKind(progress: Progress): Promise<StartedCluster> {
  const kubectl = await which("kubectl");
  if (kubectl === undefined) throw new UserError("kind is installed, but kubectl is not in PATH");
  const folder = mkdtempSync(join(tmpdir(), "muster-kind-"));
  const kubeconfig = join(folder, "kubeconfig");
  const existed = (await succeed("kind", "get", "clusters")).split("\n").includes(NAME);
  await progress.step(`Starting the kind cluster ${NAME}`, async (detail) => {
    if (existed) await succeed("kind", "export", "kubeconfig", "--name", NAME, "--kubeconfig", kubeconfig);
    else {
      const config = join(folder, "kind.yaml");
      writeFileSync(config, CLUSTER);
      const options = ["--config", config, "--kubeconfig", kubeconfig, "--wait", "3m"];
      await succeed("kind", "create", "cluster", "--name", NAME, ...options);
    }
    detail("registry");
    await startRegistry();
  });
  return {
    kubeconfig,
    kubectl,
    registry: ADDRESS,
    stop: async () => {
      if (!existed) {
        await progress.step(`Deleting the kind cluster ${NAME}`, async () => {
          await succeed("kind", "delete", "cluster", "--name", NAME);
          await succeed("docker", "rm", "--force", REGISTRY);
        });
      }
      if (existsSync(folder)) rmSync(folder, { recursive: true });
    },
  };
}

async function startRegistry(): Promise<void> {
  if ((await capture("docker", ["inspect", REGISTRY])).code !== 0) {
    await succeed("docker", "run", "--detach", "--publish", `${ADDRESS}:5000`, "--name", REGISTRY, "registry:2");
    await succeed("docker", "network", "connect", "kind", REGISTRY);
  }
  const hosts = `[host."http://${REGISTRY}:5000"]`;
  for (const node of (await succeed("kind", "get", "nodes", "--name", NAME)).trim().split("\n")) {
    const folder = `${HOSTS}/${ADDRESS}`;
    const write = `mkdir -p '${folder}' && echo '${hosts}' > '${folder}/hosts.toml'`;
    await succeed("docker", "exec", node, "sh", "-c", write);
  }
}

async function succeed(file: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await capture(file, args);
  if (code !== 0) throw new UserError(`${file} ${args.join(" ")} failed: ${stderr.trim() || stdout.trim()}`);
  return stdout;
}
