import { describe, expect, test } from "@jest/globals";
import { resolveTeam } from "../../config/members";
import { parseTeamConfig } from "../../config/schema";
import { renderLimitRange, renderNamespace, renderQuota } from "../../platform/kubernetes-namespace";
import { renderBasePolicies, renderWorkloadPolicy } from "../../platform/kubernetes-policies";
import { type RenderedSpec, renderClaim, renderWorkload } from "../../platform/kubernetes-render";
import { cpuQuantity } from "../../platform/kubernetes-terms";
import type { Exposure, Mount, Probe } from "../../platform/platform";
import { workload } from "../support/specs";

const names = { team: "hackathon" };
const alice = { member: "alice" };
const team = { member: undefined };
const published = { port: 8080 };

const labelsOf = (component: string, member?: string) => ({
  "app.kubernetes.io/component": component,
  "app.kubernetes.io/instance": member === undefined ? "hackathon" : `hackathon-${member}`,
  "app.kubernetes.io/managed-by": "muster",
  "app.kubernetes.io/name": component,
  "app.kubernetes.io/part-of": "muster",
  "muster.component": component,
  ...(member === undefined ? {} : { "muster.member": member }),
  "muster.team": "hackathon",
});

const aliceMeta = (component: string, name = component) => ({
  name,
  namespace: "muster-hackathon-alice",
  labels: labelsOf(component, "alice"),
});

const own: Mount = { volume: { name: "database" }, path: "/var/lib/mysql" };
const shared: Mount = { volume: { name: "workspace" }, path: "/workspace", shared: true };

// The renderer's types are the provider's inputs, where every value may also be a promise; here none is.
// biome-ignore lint/suspicious/noExplicitAny: see above.
const render = (spec: RenderedSpec, scope: { member: string | undefined } = alice): any =>
  renderWorkload(names, scope, spec, published);
const pod = (change: Partial<RenderedSpec>) => render({ ...workload(), ...change }).controller.object.spec.template;
const container = (change: Partial<RenderedSpec>) => pod(change).spec.containers[0];

describe("namespaces", () => {
  test.each([
    ["a member's", alice, "muster-hackathon-alice", labelsOf("namespace", "alice")],
    ["the team's", team, "muster-hackathon", labelsOf("namespace")],
  ])("%s is restricted", (_, scope, name, labels) => {
    expect(renderNamespace(names, scope)).toEqual({
      metadata: {
        name,
        labels: {
          ...labels,
          "pod-security.kubernetes.io/enforce": "restricted",
          "pod-security.kubernetes.io/enforce-version": "latest",
          "pod-security.kubernetes.io/warn": "restricted",
          "pod-security.kubernetes.io/warn-version": "latest",
        },
      },
    });
  });

  const member = (options: object) => {
    const [first] = resolveTeam(parseTeamConfig({ members: [{ id: "alice", ...options }] })).members;
    if (!first) throw new Error("no member");
    return first;
  };
  const limits = {
    web: { memory: 100, cpus: 0.25 },
    db: { memory: 200, cpus: 0.5 },
    cache: { memory: 50, cpus: 0.1 },
    code: { memory: 1000, cpus: 2 },
  };

  test.each([
    ["without a cache", "none", "4750m", "2300Mi", "4"],
    ["with a cache", "redis", "4850m", "2350Mi", "5"],
  ])("%s the quota is all limits and the largest once more", (_, cache, cpu, memory, pods) => {
    expect(renderQuota(names, member({ limits, cache }))).toEqual({
      metadata: aliceMeta("quota", "member"),
      spec: {
        hard: {
          "limits.cpu": cpu,
          "limits.memory": memory,
          pods,
          "services.loadbalancers": "0",
          "services.nodeports": "0",
        },
      },
    });
  });

  test("no container gets more than the largest workload, or goes without limits", () => {
    expect(renderLimitRange(names, member({ limits }))).toEqual({
      metadata: aliceMeta("limits", "member"),
      spec: {
        limits: [
          {
            type: "Container",
            max: { cpu: "2", memory: "1000Mi" },
            default: { cpu: "250m", memory: "100Mi" },
            defaultRequest: { cpu: "25m", memory: "25Mi" },
          },
        ],
      },
    });
  });
});

describe("network policies", () => {
  test("a namespace is closed but for DNS", () => {
    expect(renderBasePolicies(names, alice)).toEqual({
      deny: {
        metadata: aliceMeta("network", "default-deny"),
        spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
      },
      dns: {
        metadata: aliceMeta("network", "dns"),
        spec: {
          podSelector: {},
          policyTypes: ["Egress"],
          egress: [
            {
              ports: [
                { protocol: "UDP", port: 53 },
                { protocol: "TCP", port: 53 },
              ],
            },
          ],
        },
      },
    });
  });

  const sameNamespace = { podSelector: {} };
  const gatewayAndPortal = {
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "muster-hackathon" } },
    podSelector: { matchExpressions: [{ key: "muster.component", operator: "In", values: ["gateway", "portal"] }] },
  };
  const teamNamespaces = { namespaceSelector: { matchLabels: { "muster.team": "hackathon" } } };
  const outside = [
    { ipBlock: { cidr: "0.0.0.0/0", except: ["169.254.0.0/16"] } },
    { ipBlock: { cidr: "::/0", except: ["fd00:ec2::/32", "fe80::/10"] } },
  ];

  test.each<[string, { member: string | undefined }, Exposure, object[] | undefined, object[] | undefined]>([
    ["a member's private workload", alice, "private", [sameNamespace], undefined],
    ["a member's other workload", alice, "team", [sameNamespace, gatewayAndPortal], [teamNamespaces, ...outside]],
    ["a private workload of the team", team, "private", [sameNamespace], undefined],
    ["another workload of the team", team, "team", [sameNamespace], [teamNamespaces]],
    ["a published workload of the team", team, "published", undefined, [teamNamespaces]],
    ["a member's workload for every scope", alice, "scopes", [teamNamespaces], [teamNamespaces, ...outside]],
    ["a workload of the team for every scope", team, "scopes", [teamNamespaces], [teamNamespaces]],
  ])("%s", (_, scope, exposure, from, to) => {
    const policy = renderWorkloadPolicy(names, scope, { component: "web", port: 9000, exposure });
    expect(policy.spec).toEqual({
      podSelector: { matchLabels: { "muster.component": "web" } },
      policyTypes: to ? ["Ingress", "Egress"] : ["Ingress"],
      ingress: [{ ports: [{ protocol: "TCP", port: 9000 }], ...(from ? { from } : {}) }],
      ...(to ? { egress: [{ to }] } : {}),
    });
  });
});

test("a CI worker asks for work, and installs what builds need", () => {
  const policy = renderWorkloadPolicy(names, team, { component: "worker-1", port: 8080, exposure: "private" });
  expect(policy.spec).toEqual({
    podSelector: { matchLabels: { "muster.component": "worker-1" } },
    policyTypes: ["Ingress", "Egress"],
    ingress: [{ ports: [{ protocol: "TCP", port: 8080 }], from: [{ podSelector: {} }] }],
    egress: [
      {
        to: [
          { namespaceSelector: { matchLabels: { "muster.team": "hackathon" } } },
          { ipBlock: { cidr: "0.0.0.0/0", except: ["169.254.0.0/16"] } },
          { ipBlock: { cidr: "::/0", except: ["fd00:ec2::/32", "fe80::/10"] } },
        ],
      },
    ],
  });
});

test("further ports are open to the same, and have a Service's port each", () => {
  const spec = workload({ component: "ci", exposure: "scopes", extraPorts: [9989, 9990] });
  expect(renderWorkloadPolicy(names, team, spec).spec).toMatchObject({
    ingress: [
      {
        ports: [8080, 9989, 9990].map((port) => ({ protocol: "TCP", port })),
        from: [{ namespaceSelector: { matchLabels: { "muster.team": "hackathon" } } }],
      },
    ],
  });
  expect(render(spec, team).service.spec.ports).toEqual([
    { name: "main", protocol: "TCP", port: 8080, targetPort: 8080 },
    { name: "port-9989", protocol: "TCP", port: 9989, targetPort: 9989 },
    { name: "port-9990", protocol: "TCP", port: 9990, targetPort: 9990 },
  ]);
});

describe("volumes", () => {
  test("that are only read are mounted so", () => {
    expect(container({ mounts: [{ ...shared, readOnly: true }, own] }).volumeMounts).toEqual([
      { name: "workspace", mountPath: "/workspace", readOnly: true },
      { name: "var-lib-mysql", mountPath: "/var/lib/mysql" },
    ]);
  });

  test("of the cluster's own class", () => {
    expect(renderClaim(names, alice, "workspace", { storage: 5 })).toEqual({
      metadata: { ...aliceMeta("workspace"), annotations: { "pulumi.com/skipAwait": "true" } },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "5Gi" } } },
    });
  });

  test("of a configured class", () => {
    expect(renderClaim(names, alice, "home", { storage: 20, storageClass: "fast" }).spec).toEqual({
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "20Gi" } },
      storageClassName: "fast",
    });
  });
});

test("a database, whole", () => {
  const spec: RenderedSpec = {
    component: "db",
    image: { name: "muster/mariadb:0123456789ab", id: "registry.example.org/muster/mariadb@sha256:1" },
    env: { DB_USER: "app", DB_NAME: "app" },
    secrets: { DB_PASSWORD: "secret" },
    secretsHash: "hash",
    mounts: [own],
    port: 3306,
    exposure: "private",
    probe: { kind: "command", command: ["healthcheck"] },
    resources: { memory: 384, cpus: 1 },
    stopGrace: 60,
  };
  expect(render(spec)).toEqual({
    secret: { metadata: aliceMeta("db"), type: "Opaque", stringData: { DB_PASSWORD: "secret" } },
    service: {
      metadata: aliceMeta("db"),
      spec: {
        type: "ClusterIP",
        selector: { "muster.component": "db" },
        ports: [{ name: "main", protocol: "TCP", port: 3306, targetPort: 3306 }],
      },
    },
    controller: {
      kind: "StatefulSet",
      object: {
        metadata: aliceMeta("db"),
        spec: {
          replicas: 1,
          revisionHistoryLimit: 2,
          serviceName: "db",
          podManagementPolicy: "Parallel",
          selector: { matchLabels: { "muster.component": "db" } },
          template: {
            metadata: { labels: labelsOf("db", "alice"), annotations: { "muster.secrets": "hash" } },
            spec: {
              automountServiceAccountToken: false,
              enableServiceLinks: false,
              shareProcessNamespace: true,
              terminationGracePeriodSeconds: 60,
              securityContext: {
                runAsNonRoot: true,
                runAsUser: 1000,
                runAsGroup: 1000,
                fsGroup: 1000,
                fsGroupChangePolicy: "OnRootMismatch",
                seccompProfile: { type: "RuntimeDefault" },
              },
              containers: [
                {
                  name: "db",
                  image: "registry.example.org/muster/mariadb@sha256:1",
                  imagePullPolicy: "IfNotPresent",
                  env: [
                    { name: "DB_NAME", value: "app" },
                    { name: "DB_PASSWORD_FILE", value: "/run/secrets/muster/DB_PASSWORD" },
                    { name: "DB_USER", value: "app" },
                  ],
                  ports: [{ name: "main", containerPort: 3306, protocol: "TCP" }],
                  volumeMounts: [
                    { name: "var-lib-mysql", mountPath: "/var/lib/mysql" },
                    { name: "secrets", mountPath: "/run/secrets/muster", readOnly: true },
                  ],
                  resources: {
                    limits: { cpu: "1", memory: "384Mi" },
                    requests: { cpu: "100m", memory: "96Mi" },
                  },
                  securityContext: {
                    allowPrivilegeEscalation: false,
                    capabilities: { drop: ["ALL"] },
                    privileged: false,
                  },
                  startupProbe: {
                    exec: { command: ["healthcheck"] },
                    periodSeconds: 2,
                    timeoutSeconds: 5,
                    failureThreshold: 150,
                  },
                  readinessProbe: {
                    exec: { command: ["healthcheck"] },
                    periodSeconds: 10,
                    timeoutSeconds: 5,
                    failureThreshold: 3,
                  },
                  livenessProbe: {
                    exec: { command: ["healthcheck"] },
                    periodSeconds: 30,
                    timeoutSeconds: 10,
                    failureThreshold: 6,
                  },
                },
              ],
              volumes: [
                { name: "var-lib-mysql", persistentVolumeClaim: { claimName: "database" } },
                { name: "secrets", secret: { secretName: "db", defaultMode: 0o440 } },
              ],
            },
          },
        },
      },
    },
  });
});

describe("mounts decide the controller", () => {
  test.each<[string, Mount[], string, object | undefined]>([
    ["no volume", [], "Deployment", { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }],
    ["a shared volume", [shared], "Deployment", { type: "Recreate" }],
    ["a volume of its own", [own], "StatefulSet", undefined],
    ["both", [shared, own], "StatefulSet", undefined],
  ])("%s", (_, mounts, kind, strategy) => {
    const { controller } = render({ ...workload(), mounts });
    expect(controller.kind).toBe(kind);
    expect(controller.object.spec.strategy).toEqual(strategy);
  });

  test("pods that share a volume run on one node", () => {
    const { metadata, spec } = pod({ mounts: [shared] });
    const sharing = { "muster.shares-volumes": "true" };
    expect(metadata.labels).toEqual({ ...labelsOf("web", "alice"), ...sharing });
    expect(spec.affinity).toEqual({
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { labelSelector: { matchLabels: sharing }, topologyKey: "kubernetes.io/hostname" },
        ],
      },
    });
  });

  test("other pods run anywhere", () => {
    const { metadata, spec } = pod({ mounts: [own] });
    expect(metadata).toEqual({ labels: labelsOf("web", "alice") });
    expect(spec).not.toHaveProperty("affinity");
  });
});

describe("environment", () => {
  test.each([
    ["$(DB_PASSWORD)", "$$(DB_PASSWORD)"],
    ["$$", "$$$$"],
    ["5 $", "5 $$"],
    ["plain", "plain"],
  ])("%j reaches the container as it is, by way of %j", (value, written) => {
    expect(container({ env: { MEMBER_NAME: value } }).env).toEqual([{ name: "MEMBER_NAME", value: written }]);
  });

  test("secrets are files, never values", () => {
    const rendered = render({ ...workload(), secrets: { PASSWORD: "hunter2", DB_PASSWORD: "hunter3" } });
    expect(rendered.secret.stringData).toEqual({ DB_PASSWORD: "hunter3", PASSWORD: "hunter2" });
    expect(JSON.stringify(rendered.controller)).not.toContain("hunter");
    expect(rendered.controller.object.spec.template.spec.containers[0].env).toEqual([
      { name: "DB_PASSWORD_FILE", value: "/run/secrets/muster/DB_PASSWORD" },
      { name: "PASSWORD_FILE", value: "/run/secrets/muster/PASSWORD" },
    ]);
  });

  test("without secrets there is no Secret, and no folder for it", () => {
    expect(render(workload()).secret).toBeUndefined();
    expect(container({}).volumeMounts).toEqual([]);
    expect(pod({}).spec.volumes).toEqual([]);
  });
});

test.each<[Probe, object]>([
  [{ kind: "http", path: "/healthz" }, { httpGet: { path: "/healthz", port: 8080 } }],
  [{ kind: "command", command: ["a", "b c"] }, { exec: { command: ["a", "b c"] } }],
])("the probe %j is asked by %j", (probe, action) => {
  const { startupProbe, readinessProbe, livenessProbe } = container({ probe });
  for (const rendered of [startupProbe, readinessProbe, livenessProbe]) expect(rendered).toMatchObject(action);
});

test.each([
  [1, "1"],
  [0.5, "500m"],
  [0.05, "50m"],
  [0.005, "5m"],
  [2.25, "2250m"],
  [0.1 + 0.2, "300m"],
  [0.0001, "1m"],
])("%d CPUs are written as %s", (cpus, written) => {
  expect(cpuQuantity(cpus)).toBe(written);
});

describe("Services", () => {
  test.each<[Exposure, object]>([
    ["private", { type: "ClusterIP", port: 3000 }],
    ["scopes", { type: "ClusterIP", port: 3000 }],
    ["team", { type: "ClusterIP", port: 3000 }],
    ["published", { type: "LoadBalancer", port: 8080 }],
  ])("%s", (exposure, expected) => {
    const { spec } = render(workload({ exposure, port: 3000 })).service;
    expect({ type: spec.type, port: spec.ports[0].port }).toEqual(expected);
    expect(spec.ports[0].targetPort).toBe(3000);
  });

  test("only a published one is not waited for", () => {
    expect(render(workload({ exposure: "published" })).service.metadata.annotations).toEqual({
      "pulumi.com/skipAwait": "true",
    });
    expect(render(workload()).service.metadata).toEqual(aliceMeta("web"));
  });
});

test("every label value is one that Kubernetes takes", () => {
  const longest = "a".repeat(20);
  const objects = [
    renderNamespace({ team: longest }, { member: longest }),
    renderClaim({ team: longest }, { member: longest }, "workspace", { storage: 1 }),
  ];
  for (const { metadata } of objects) {
    const { labels = {} } = metadata as { labels?: Record<string, string> };
    for (const value of Object.values(labels)) expect(value).toMatch(/^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$/i);
  }
});
