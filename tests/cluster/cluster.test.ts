import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { ensureBaseImage } from "../../cli/images/base";
import { createProgress } from "../../cli/progress";
import { dockerClient } from "../../cli/tools/docker";
import { DEBIAN_IMAGE } from "../../platform/images/plan";
import { type TestCluster, testCluster } from "../support/cluster";
import { eventually } from "../support/poll";

jest.setTimeout(5 * 60_000);

const NAMESPACE = "muster-cluster-test";

/** Answers every connection with one word. */
const SERVER = `
  use IO::Socket::INET;
  my $server = IO::Socket::INET->new(LocalPort => 8080, Listen => 9, ReuseAddr => 1) or die $!;
  while (my $client = $server->accept) { print $client "hello\\n"; close $client }`;

const CLIENT = "exec 3<>/dev/tcp/server/8080 && cat <&3";

const { unavailable, ...found } = testCluster();

/** What every other test of this tier relies on. */
describe("the cluster of the tests", () => {
  if (!("cluster" in found) || found.cluster.registry === undefined) {
    test.skip(`skipped: ${unavailable ?? "MUSTER_TEST_REGISTRY names no registry"}`, () => {});
    return;
  }
  const { cluster } = found;
  const image = `${cluster.registry}/muster-cluster-test/debian:latest`;
  const kubectl = (...args: string[]) => runKubectl(cluster, args);
  const apply = (...objects: object[]) =>
    runKubectl(cluster, ["apply", "-f", "-"], { apiVersion: "v1", kind: "List", items: objects });
  const connect = () => kubectl("exec", "client", "--", "timeout", "3", "bash", "-c", CLIENT);
  const connects = () => eventually("the connection", async () => connect().includes("hello"), 30);
  const isRefused = () =>
    eventually("the block", async () => {
      try {
        connect();
        return false;
      } catch {
        return true;
      }
    });

  beforeAll(async () => {
    await ensureBaseImage(dockerClient(process.env), {}, createProgress());
    execFileSync("docker", ["tag", DEBIAN_IMAGE, image]);
    execFileSync("docker", ["push", "--quiet", image]);
    kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found");
    const enforce = { "pod-security.kubernetes.io/enforce": "restricted" };
    apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE, labels: enforce } });
  });
  afterAll(() => {
    kubectl("delete", "namespace", NAMESPACE);
    execFileSync("docker", ["rmi", image]);
  });

  test("pods run from an image of the registry and find each other by name", async () => {
    apply(
      pod("server", image, ["perl", "-e", SERVER]),
      pod("client", image, ["sleep", "infinity"]),
      object("v1", "Service", "server", { selector: { app: "server" }, ports: [{ port: 8080 }] }),
    );
    kubectl("wait", "--for=condition=Ready", "pod", "server", "client", "--timeout=120s");
    await connects();
  });

  test("a claim is bound and its volume outlives the pod", () => {
    const resources = { requests: { storage: "1Gi" } };
    apply(object("v1", "PersistentVolumeClaim", "data", { accessModes: ["ReadWriteOnce"], resources }));
    apply(pod("writer", image, ["sh", "-c", "echo kept > /data/file && exec sleep infinity"], "data"));
    kubectl("wait", "--for=condition=Ready", "pod", "writer", "--timeout=120s");
    kubectl("delete", "pod", "writer");
    expect(kubectl("get", "pvc", "data", "-o", "jsonpath={.status.phase}")).toBe("Bound");
    apply(pod("reader", image, ["sleep", "infinity"], "data"));
    kubectl("wait", "--for=condition=Ready", "pod", "reader", "--timeout=120s");
    expect(kubectl("exec", "reader", "--", "cat", "/data/file")).toBe("kept\n");
  });

  test("a privileged pod is rejected", () => {
    const { spec, ...privileged } = pod("privileged", image, ["sleep", "infinity"]);
    const containers = spec.containers.map((container) => ({ ...container, securityContext: { privileged: true } }));
    expect(() => apply({ ...privileged, spec: { ...spec, containers } })).toThrow(/violates PodSecurity "restricted/);
  });

  test("network policies block and allow", async () => {
    const to = (spec: object) => object("networking.k8s.io/v1", "NetworkPolicy", "server", spec);
    const podSelector = { matchLabels: { app: "server" } };
    await connects();
    apply(to({ podSelector, policyTypes: ["Ingress"] }));
    await isRefused();
    const from = [{ podSelector: { matchLabels: { app: "client" } } }];
    apply(to({ podSelector, policyTypes: ["Ingress"], ingress: [{ from, ports: [{ port: 8080 }] }] }));
    await connects();
    // A block of IPv6 addresses lets no IPv4 traffic through.
    apply(to({ podSelector, policyTypes: ["Ingress"], ingress: [{ from: [{ ipBlock: { cidr: "::/0" } }] }] }));
    await isRefused();
    apply(to({ podSelector, policyTypes: ["Ingress"], ingress: [{ from: [{ ipBlock: { cidr: "0.0.0.0/0" } }] }] }));
    await connects();
  });

  const { restart } = cluster;
  if (restart === undefined)
    test.skip("a restarted API server: skipped on a cluster that is not the tests' own", () => {});
  else {
    test("pods go on while the API server is restarted", async () => {
      const started = "jsonpath={.status.containerStatuses[0].state.running.startedAt}";
      const before = kubectl("get", "pod", "server", "-o", started);
      expect(before).not.toBe("");
      await restart("kube-apiserver");
      expect(kubectl("get", "pod", "server", "-o", started)).toBe(before);
      await connects();
    });
  }
});

/** Standard output of kubectl. @throws Error when it fails */
function runKubectl(cluster: TestCluster, args: readonly string[], input?: object): string {
  return execFileSync(cluster.kubectl, ["--namespace", NAMESPACE, ...args], {
    encoding: "utf8",
    env: { ...process.env, KUBECONFIG: cluster.kubeconfig },
    ...(input === undefined ? {} : { input: JSON.stringify(input) }),
    stdio: "pipe",
  });
}

const object = (apiVersion: string, kind: string, name: string, spec: object) => ({
  apiVersion,
  kind,
  metadata: { name, labels: { app: name } },
  spec,
});

/** A pod that `restricted` admits. */
function pod(name: string, image: string, command: readonly string[], claim?: string) {
  const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
  const volume = { name: "data", persistentVolumeClaim: { claimName: claim } };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: name } },
    spec: {
      terminationGracePeriodSeconds: 1,
      automountServiceAccountToken: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 1000,
        fsGroup: 1000,
        seccompProfile: { type: "RuntimeDefault" },
      },
      containers: [
        {
          name: "main",
          image,
          command,
          securityContext,
          ...(claim === undefined ? {} : { volumeMounts: [{ name: "data", mountPath: "/data" }] }),
        },
      ],
      ...(claim === undefined ? {} : { volumes: [volume] }),
    },
  };
}
