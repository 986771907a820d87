import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "@jest/globals";
import { ownImages, pushAdvice } from "../../../cli/images/publish";
import { checkEngine } from "../../../cli/targets/engines";
import { dnsAdvice, forwardAdvice } from "../../../cli/targets/kubernetes/access";
import { adoptClaims, bytes, type Claim } from "../../../cli/targets/kubernetes/apply";
import {
  describeProblems,
  type Event,
  isRolledOut,
  type Pod,
  problems,
  type Workload,
} from "../../../cli/targets/kubernetes/faults";
import {
  deniedAccess,
  describeDenied,
  parseObjects,
  requiredAccess,
} from "../../../cli/targets/kubernetes/permissions";
import {
  type ClusterFacts,
  enforcesPolicies,
  namespaceProblems,
  nodePortProblems,
  permissionProblem,
  pullWarning,
  registryProblem,
  storageProblem,
  versionProblem,
} from "../../../cli/targets/kubernetes/preflight";
import { podStatus, runningEngine, toInstance } from "../../../cli/targets/kubernetes/target";
import { cause } from "../../../cli/tools/kubectl";
import { hasImage, loopback, reachRegistry, registryParts } from "../../../cli/tools/registry";
import { resolveTeam } from "../../../config/members";
import { parseTeamConfig } from "../../../config/schema/team";
import type { Manifest } from "../../../export/manifests";

const DIGEST = `@sha256:${"0".repeat(64)}`;
const raw = {
  team: "hackathon",
  target: "kubernetes",
  registry: { push: "registry.example.org" },
  members: [{ id: "alice" }],
};

const team = resolveTeam(parseTeamConfig(raw));

describe("engines", () => {
  test.each([
    [
      "compose",
      "kubernetes",
      "Docker Compose cannot bring up muster:target kubernetes: use --engine pulumi or kubectl.",
    ],
    ["kubectl", "docker", "kubectl cannot bring up muster:target docker: use --engine pulumi or compose."],
  ] as const)("%s is refused on %s", (engine, target, message) => {
    expect(() => checkEngine(engine, target)).toThrow(message);
  });

  test.each([
    ["pulumi", "docker"],
    ["compose", "docker"],
    ["pulumi", "kubernetes"],
    ["kubectl", "kubernetes"],
    [undefined, "kubernetes"],
  ] as const)("%s is fine on %s", (engine, target) => {
    expect(checkEngine(engine, target)).toBeUndefined();
  });

  const written = (...managers: string[]) => ({
    kind: "Deployment",
    metadata: { name: "web", managedFields: managers.map((manager) => ({ manager, operation: "Apply" })) },
  });

  test.each([
    [[], undefined],
    [[written("muster", "kube-controller-manager")], "kubectl"],
    [[written("pulumi-kubernetes-1a2b3c4d", "kube-controller-manager")], "pulumi"],
    [[written("pulumi-kubernetes-1a2b3c4d"), written("muster")], "kubectl"],
  ])("who wrote %j is %s", (workloads, expected) => {
    expect(runningEngine(workloads)).toBe(expected);
  });
});

describe("before anything is created", () => {
  test.each([
    ["v1.36.3", undefined],
    ["v1.29.0+k3s1", undefined],
    ["v1.28.9-gke.100", "the cluster is Kubernetes 1.28.9-gke.100, and Muster needs 1.29 or newer: upgrade it"],
  ])("version %s", (version, expected) => {
    expect(versionProblem(version)).toBe(expected);
  });

  const storageClass = (name: string, isDefault = false) => ({
    kind: "StorageClass",
    provisioner: "example.org/disk",
    metadata: { name, annotations: { "storageclass.kubernetes.io/is-default-class": String(isDefault) } },
  });

  test.each([
    [undefined, [storageClass("fast"), storageClass("slow", true)], undefined],
    ["fast", [storageClass("fast")], undefined],
    [
      "quick",
      [storageClass("slow"), storageClass("fast")],
      'config/kubernetes/storageClass: "quick" does not exist: use one of fast, slow',
    ],
    [
      undefined,
      [storageClass("fast")],
      "the cluster has no default storage class: set muster:kubernetes.storageClass to one of fast",
    ],
    [undefined, [], "the cluster has no storage class, which the data volumes need: install one"],
  ])("storage class %s", (wanted, classes, expected) => {
    expect(storageProblem(wanted, classes)).toBe(expected);
  });

  test("namespaces of others, and such as are just being removed, stop it", () => {
    const namespace = (name: string, owner?: string, phase = "Active") => ({
      kind: "Namespace",
      metadata: { name, ...(owner ? { labels: { "muster.team": owner } } : {}) },
      status: { phase },
    });
    const needed = ["muster-hackathon", "muster-hackathon-alice", "muster-hackathon-live"];
    expect(
      namespaceProblems("hackathon", needed, [
        namespace("kube-system"),
        namespace("muster-hackathon", "hackathon"),
        namespace("muster-hackathon-alice"),
        namespace("muster-hackathon-live", "hackathon", "Terminating"),
      ]),
    ).toEqual([
      expect.stringMatching(
        /^the namespace muster-hackathon-alice is not Muster's: remove it \(kubectl delete namespace /,
      ),
      "the namespace muster-hackathon-live is being removed: wait until it is gone",
    ]);
  });

  test("a node port of somebody else's stops it", () => {
    const nodePort = resolveTeam(
      parseTeamConfig({
        ...{ ...raw, domain: "dev.test", tls: "own", port: 30443, httpPort: 30080 },
        kubernetes: { service: { type: "NodePort" } },
      }),
    );
    const service = (owner: string, ...ports: number[]) => ({
      kind: "Service",
      metadata: { name: "web", namespace: "shop", labels: { "muster.team": owner } },
      spec: { type: "NodePort", ports: ports.map((nodePort) => ({ nodePort })) },
    });
    expect(nodePortProblems(nodePort, [service("rival", 30443), service("rival", 30081, 30080)])).toEqual([
      "node port 30443 is taken by the service shop/web: set another muster:port in the stack file",
      "node port 30080 is taken by the service shop/web: set another muster:httpPort in the stack file",
    ]);
    expect(nodePortProblems(nodePort, [service("hackathon", 30443, 30080)])).toEqual([]);
    expect(nodePortProblems(team, [service("rival", 30443, 30080)])).toEqual([]);
  });

  test("every permission that lacks is in one line", () => {
    const review = (group: string, resource: string, verb: string, allowed: boolean, subresource?: string) => ({
      spec: { resourceAttributes: { group, resource, verb, ...(subresource ? { subresource } : {}) } },
      status: { allowed },
    });
    const denied = describeDenied([
      review("", "secrets", "get", true),
      review("", "secrets", "create", false),
      review("", "secrets", "delete", false),
      review("apps", "deployments", "create", false),
      review("", "namespaces", "create", false),
      review("", "pods", "create", false, "exec"),
    ]);
    expect(denied).toEqual(["create/delete secrets", "create deployments.apps, namespaces, pods/exec"]);
    expect(permissionProblem(denied)).toMatch(
      /^your account may not create\/delete secrets; create deployments\.apps, /,
    );
  });

  test("all access is asked for at once", async () => {
    let asked: { items: { spec: { resourceAttributes: { resource: string; verb: string } } }[] } = { items: [] };
    const denied = await deniedAccess(
      {
        context: [],
        capture: async (_args: readonly string[], input = "") => {
          asked = JSON.parse(input);
          const items = asked.items.map((item) => ({ ...item, status: { allowed: true } }));
          return { code: 0, stdout: JSON.stringify({ kind: "List", items }), stderr: "" };
        },
      } as unknown as Parameters<typeof deniedAccess>[0],
      team.kubernetes,
    );
    expect(denied).toEqual([]);
    expect(asked.items).toHaveLength(requiredAccess(team.kubernetes).reduce((sum, { verbs }) => sum + verbs.length, 0));
  });

  test("kubectl's objects are read as a list or one after the other", () => {
    expect(parseObjects('{"kind":"List","items":[{"a":1},{"a":2}]}')).toEqual([{ a: 1 }, { a: 2 }]);
    expect(parseObjects('{\n  "a": {\n    "b": 1\n  }\n}\n{\n  "a": 2\n}\n')).toEqual([{ a: { b: 1 } }, { a: 2 }]);
  });

  const facts = (daemons: Record<string, string[]>, ...kubelets: string[]): ClusterFacts => ({ daemons, kubelets });

  test.each([
    ["Calico", facts({ "calico-node": [] }), true],
    ["Cilium beside flannel's leftovers", facts({ cilium: [], "kube-flannel-ds": [] }), true],
    ["k3s", facts({}, "v1.33.1+k3s1"), true],
    ["a kind that enforces", facts({ kindnet: ["docker.io/kindest/kindnetd:v20250512-df8de77b"] }), true],
    ["an old kind", facts({ kindnet: ["docker.io/kindest/kindnetd:v20240202-8f1494ea"] }), false],
    ["flannel alone", facts({ "kube-flannel-ds": [] }, "v1.33.1"), false],
    ["nothing known", facts({ "aws-node": [] }, "v1.33.1-eks-1"), undefined],
  ])("whether %s enforces network policies", (_, cluster, expected) => {
    expect(enforcesPolicies(cluster)).toBe(expected);
  });

  test.each([
    ["localhost:5000", "10.0.0.1", true],
    ["127.0.0.1:5000/dev", "cluster.example.org", true],
    ["127.0.0.1:5000", "127.0.0.1", false],
    ["registry.example.org/dev", "cluster.example.org", false],
  ])("pulling from %s by a cluster at %s is worth a warning: %p", (pull, api, expected) => {
    expect(pullWarning(pull, api) !== undefined).toBe(expected);
  });
});

test.each([
  ['error: no context exists with the name: "x"', 'no context exists with the name: "x"'],
  ["E0101 10:00:00.1 1 memcache.go:265] couldn't get\nError from server (Forbidden): no", "no"],
])("kubectl's %j is told as %j", (stderr, expected) => {
  expect(cause(stderr)).toBe(expected);
});

describe("the registry", () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
    server = undefined;
  });

  async function listen(
    answer: (method: string, url: string, authorization: string) => [number, Record<string, string>?, string?],
  ) {
    const listening = createServer(({ method = "", url = "", headers }, response) => {
      const [status, extra = {}, body = ""] = answer(method, url, headers.authorization ?? "");
      response.writeHead(status, extra).end(body);
    });
    server = listening;
    await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
    return `127.0.0.1:${(listening.address() as AddressInfo).port}`;
  }

  test("answers by HTTP too", async () => {
    const host = await listen(() => [401]);
    expect(await reachRegistry(`${host}/dev`)).toEqual({ reached: true, scheme: "http" });
  });

  test("that does not answer is told with the reason", async () => {
    const host = await listen(() => [200]);
    await new Promise((resolve) => server?.close(resolve));
    const state = await reachRegistry(host);
    expect(state).toMatchObject({ reached: false, message: expect.stringContaining("ECONNREFUSED") });
    expect(registryProblem("registry.example.org", state)).toMatch(
      /^the registry registry\.example\.org cannot be reached \(.*ECONNREFUSED.*\): start it, or correct muster:registry$/,
    );
  });

  test("is asked for an image by path and tag", async () => {
    const asked: string[] = [];
    const host = await listen((method, url) => {
      asked.push(`${method} ${url}`);
      return [url.endsWith("/manifests/aaa") || url === "/v2/" ? 200 : 404];
    });
    expect(await hasImage(`${host}/dev`, "muster/php:aaa")).toBe(true);
    expect(await hasImage(host, "muster/php:bbb")).toBe(false);
    expect(asked.filter((line) => line.startsWith("HEAD"))).toEqual([
      "HEAD /v2/dev/muster/php/manifests/aaa",
      "HEAD /v2/muster/php/manifests/bbb",
    ]);
  });

  test("gets the account it asks for, by itself or for a token", async () => {
    const login = { user: "puller", password: "secret" };
    const basic = `Basic ${Buffer.from("puller:secret").toString("base64")}`;
    const plain = await listen((_, url, authorization) => [url === "/v2/" || authorization === basic ? 200 : 401]);
    expect(await hasImage(plain, "muster/php:aaa", login)).toBe(true);
    expect(await hasImage(plain, "muster/php:aaa")).toBeUndefined();
    server?.closeAllConnections();
    server?.close();

    let scope: string | null = null;
    const host = await listen((_, url, authorization) => {
      if (url.startsWith("/token")) {
        scope = new URL(url, "http://x").searchParams.get("scope");
        return authorization === basic ? [200, {}, '{"token":"t0"}'] : [401, {}, "{}"];
      }
      if (authorization === "Bearer t0") return [200];
      return [401, { "www-authenticate": `Bearer realm="http://${host}/token",service="registry"` }];
    });
    expect(await hasImage(host, "muster/php:aaa", login)).toBe(true);
    expect(scope).toBe("repository:muster/php:pull");
  });

  test.each([
    ["registry.example.org", { host: "registry.example.org", path: "" }],
    ["localhost:5000/a/b", { host: "localhost:5000", path: "a/b" }],
  ])("%s has host and path", (registry, expected) => {
    expect(registryParts(registry)).toEqual(expected);
  });

  test.each([
    ["localhost", true],
    ["localhost:5000/x", true],
    ["127.0.1.1:5000", true],
    ["localhost.example.org", false],
    ["registry.example.org", false],
  ])("%s is this machine: %p", (host, expected) => {
    expect(loopback(host)).toBe(expected);
  });

  test.each([
    ["denied: requested access to the resource is denied", /docker login registry\.example\.org$/],
    ["Get https://…: http: server gave HTTP response to HTTPS client", /insecure-registries/],
    ["x509: certificate signed by unknown authority", /\/etc\/docker\/certs\.d\/registry\.example\.org\/ca\.crt$/],
    ["no such host", /correct muster:registry\.push/],
  ])("a push that ends in %j", (message, expected) => {
    expect(pushAdvice("registry.example.org/dev", ["Preparing", message])).toMatch(expected);
  });

  test("gets no image that the config gives", () => {
    const images = { mariadb: `registry.example.org/x/mariadb${DIGEST}` };
    const prebuilt = resolveTeam(parseTeamConfig({ ...raw, images }));
    expect(ownImages(team)).toContain("mariadb");
    expect(ownImages(prebuilt)).toEqual(ownImages(team).filter((image) => image !== "mariadb"));
  });
});

describe("volumes that exist", () => {
  const wanted = (storage: string): Manifest => ({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "home", namespace: "n" },
    spec: { accessModes: ["ReadWriteMany"], storageClassName: "new", resources: { requests: { storage } } },
  });
  const claim: Claim = {
    kind: "PersistentVolumeClaim",
    metadata: { name: "home", namespace: "n" },
    spec: { accessModes: ["ReadWriteOnce"], storageClassName: "old", resources: { requests: { storage: "5Gi" } } },
  };
  const adopted = (storage: string, ...claims: Claim[]) =>
    adoptClaims([{ namespace: "n", objects: [wanted(storage)] }], claims)[0]?.objects[0]?.spec;

  test.each([
    ["1Gi", "5Gi"],
    ["10Gi", "10Gi"],
  ])("keep class and access mode, and of %s and 5Gi the larger", (storage, expected) => {
    expect(adopted(storage, claim)).toEqual({
      accessModes: ["ReadWriteOnce"],
      storageClassName: "old",
      resources: { requests: { storage: expected } },
    });
  });

  test("leave others alone", () => {
    expect(adopted("1Gi", { ...claim, metadata: { name: "home", namespace: "m" } })).toEqual(wanted("1Gi").spec);
  });

  test.each([
    ["5Gi", 5 * 1024 ** 3],
    ["1.5G", 1.5e9],
    ["100", 100],
    ["1Ti", 1024 ** 4],
  ])("%s in bytes", (quantity, expected) => {
    expect(bytes(quantity)).toBe(expected);
  });
});

describe("the roll-out", () => {
  const NOW = Date.parse("2026-01-31T12:00:00Z");
  const labels = { "muster.component": "web" };
  const deployment = (status: Workload["status"], kind = "Deployment"): Workload => ({
    kind,
    metadata: { name: "web", namespace: "n", generation: 2, labels },
    spec: { replicas: 1 },
    ...(status ? { status } : {}),
  });
  const whole = { observedGeneration: 2, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };

  test.each([
    ["a whole one", deployment(whole), true],
    ["a whole StatefulSet", deployment({ ...whole, availableReplicas: 0 }, "StatefulSet"), true],
    ["one that the controller has not seen", deployment({ ...whole, observedGeneration: 1 }), false],
    ["one whose former pod still runs", deployment({ ...whole, replicas: 2 }), false],
    ["one whose new pod is missing", deployment({ ...whole, updatedReplicas: 0 }), false],
    ["one that is not available", deployment({ ...whole, availableReplicas: 0 }), false],
    ["one without a status", deployment(undefined), false],
  ])("%s is done: %#", (_, workload, expected) => {
    expect(isRolledOut(workload)).toBe(expected);
  });

  type ContainerStatus = NonNullable<NonNullable<Pod["status"]>["containerStatuses"]>[number];
  const pod = (status: Partial<ContainerStatus>, phase = "Pending", extra: object = {}): Pod => ({
    kind: "Pod",
    metadata: { name: "web-1", namespace: "n", labels, creationTimestamp: "2026-01-31T11:59:30Z" },
    spec: {},
    status: { phase, containerStatuses: [{ ready: false, restartCount: 0, ...status }], ...extra },
  });
  const event = (kind: string, name: string, reason: string, message: string): Event => ({
    kind: "Event",
    metadata: { name: "e" },
    type: "Warning",
    reason,
    message,
    involvedObject: { kind, name, namespace: "n" },
  });
  const missing = deployment({ ...whole, availableReplicas: 0 });
  const found = (pods: Pod[], events: Event[] = [], workload = missing) =>
    problems({ workloads: [workload], pods, events }, NOW).map(({ reason, message, log }) => ({
      reason,
      message,
      log,
    }));

  test("an image that cannot be pulled", () => {
    const waiting = { reason: "ImagePullBackOff", message: "Back-off pulling" };
    expect(found([pod({ state: { waiting } })])).toEqual([{ ...waiting, log: undefined }]);
  });

  test("a program that ends, with the log of its last run", () => {
    const crashing = pod(
      {
        restartCount: 1,
        state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 10s" } },
        lastState: { terminated: { reason: "Error", exitCode: 3 } },
      },
      "Running",
    );
    expect(found([crashing])).toEqual([
      {
        reason: "CrashLoopBackOff",
        message: "it ends with status 3",
        log: { namespace: "n", pod: "web-1", previous: true },
      },
    ]);
  });

  test("a pod that no node takes", () => {
    const conditions = [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/1 nodes" }];
    expect(found([pod({}, "Pending", { conditions })])).toMatchObject([
      { reason: "Unschedulable", message: "0/1 nodes" },
    ]);
  });

  test("a volume that cannot be mounted, once it takes long", () => {
    const events = [event("Pod", "web-1", "FailedMount", "no such disk")];
    const waiting = pod({ state: { waiting: { reason: "ContainerCreating" } } });
    expect(found([waiting], events)).toMatchObject([{ reason: "FailedMount", message: "no such disk" }]);
    const young = { ...waiting, metadata: { ...waiting.metadata, creationTimestamp: "2026-01-31T11:59:55Z" } };
    expect(found([young], events)).toEqual([]);
  });

  test("a quota that is exceeded, by the Deployment's condition or the StatefulSet's event", () => {
    const message = "exceeded quota: quota, requested: limits.memory=1Gi";
    const conditions = [{ type: "ReplicaFailure", status: "True", reason: "FailedCreate", message }];
    expect(found([], [], deployment({ ...whole, replicas: 0, updatedReplicas: 0, conditions }))).toMatchObject([
      { reason: "FailedCreate", message },
    ]);
    const stateful = deployment({ observedGeneration: 2 }, "StatefulSet");
    expect(found([], [event("StatefulSet", "web", "FailedCreate", message)], stateful)).toMatchObject([
      { reason: "FailedCreate", message },
    ]);
  });

  test("what runs, and pods that are on their way out, are no problem", () => {
    const crashing = pod({ state: { waiting: { reason: "CrashLoopBackOff" } } });
    expect(found([crashing], [], deployment(whole))).toEqual([]);
    const leaving = { ...crashing, metadata: { ...crashing.metadata, deletionTimestamp: "2026-01-31T12:00:00Z" } };
    expect(found([leaving])).toEqual([]);
    expect(found([pod({ state: { running: {} } }, "Running")])).toEqual([]);
  });

  test("one cause is one line, with its remedy", () => {
    const problem = (workload: string, reason: string, message: string) => ({ workload, reason, message, grace: 0 });
    expect(
      describeProblems([
        problem("n/web", "Unschedulable", "0/1 nodes are available: 1 Insufficient cpu. preemption: none"),
        problem("n/db", "Unschedulable", "0/1 nodes are available: 1 Insufficient cpu. preemption: none"),
        problem("m/db", "CrashLoopBackOff", "it ends with status 1"),
        problem("m/code", "FailedCreate", "exceeded quota: quota"),
        problem("m/web", "ImagePullBackOff", "Back-off\n pulling"),
      ]),
    ).toEqual([
      "n/db, n/web cannot start: Unschedulable: 0/1 nodes are available: 1 Insufficient cpu; add nodes, or lower the limits in the stack file",
      "m/db cannot start: CrashLoopBackOff: it ends with status 1",
      "m/code cannot start: FailedCreate: exceeded quota: quota; raise the member's limits, or remove what else runs in the namespace",
      "m/web cannot start: ImagePullBackOff: Back-off pulling; the nodes must reach muster:registry.pull, and may need muster:registry.user and password",
    ]);
  });

  test.each([
    [pod({ ready: true, restartCount: 2 }, "Running"), "Running (ready, 2 restarts)"],
    [pod({ ready: false }, "Running"), "Running (not ready)"],
    [pod({ state: { waiting: { reason: "ImagePullBackOff" } } }), "ImagePullBackOff"],
  ])("a pod's state: %#", (given, expected) => {
    expect(podStatus(given)).toBe(expected);
    expect(toInstance(given)).toMatchObject({ name: "n/web-1", member: undefined, component: "web", status: expected });
  });
});

describe("the way to the gateway", () => {
  test("by a command that names the context", () => {
    expect(forwardAdvice({ context: ["--context", "kind-dev"] }, { id: "hackathon", listenPort: 8080 })).toMatch(
      /: kubectl --context kind-dev -n muster-hackathon port-forward service\/gateway 8080:8080$/,
    );
  });

  test.each([
    [
      ["192.0.2.1"],
      /^Reached at 192\.0\.2\.1, port 80: point dev\.example\.org and \*\.dev\.example\.org there in your DNS$/,
    ],
    [[], /^The cluster has not given the gateway an address yet/],
  ])("by DNS, at %j", (addresses, expected) => {
    expect(dnsAdvice({ domain: "dev.example.org", port: 80 }, addresses)).toMatch(expected);
  });
});
