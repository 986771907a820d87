import { describe, expect, test } from "@jest/globals";
import { type Registry, resolveTeam, type Team } from "../../../config/members";
import { parseTeamConfig } from "../../../config/schema/team";
import {
  renderLimitRange,
  renderNamespace,
  renderPullSecret,
  renderQuota,
} from "../../../platform/kubernetes/namespace";
import type { RenderedSpec } from "../../../platform/kubernetes/pod";
import { renderBasePolicies, renderWorkloadPolicy } from "../../../platform/kubernetes/policies";
import { renderRoutes } from "../../../platform/kubernetes/routes";
import { cpuQuantity } from "../../../platform/kubernetes/terms";
import { renderClaim, renderWorkload } from "../../../platform/kubernetes/workload";
import type { Exposure, Mount, Probe } from "../../../platform/platform";
import { workload } from "../../support/specs";

const names = { team: "hackathon" };
const alice = { member: "alice" };
const team = { member: undefined };

/** A team on a cluster; `config` says what a case is about. */
const teamOf = (config: object = {}): Team =>
  resolveTeam(
    parseTeamConfig({
      team: "hackathon",
      target: "kubernetes",
      members: [{ id: "alice" }],
      registry: { push: "registry.example.org" },
      ...config,
    }),
  );

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
const render = (spec: RenderedSpec, scope: { member: string | undefined } = alice, config?: object): any =>
  renderWorkload(names, scope, spec, teamOf(config));
const pod = (change: Partial<RenderedSpec>, config?: object) =>
  render({ ...workload(), ...change }, alice, config).controller.object.spec.template;
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
    expect(renderQuota(names, member({ limits, cache }), { storage: 4 })).toEqual({
      metadata: aliceMeta("quota", "member"),
      spec: {
        hard: {
          "limits.cpu": cpu,
          "limits.memory": memory,
          persistentvolumeclaims: "3",
          pods,
          "requests.storage": "12Gi",
          "services.loadbalancers": "0",
          "services.nodeports": "0",
        },
      },
    });
  });

  test("the live server's share admits the deployer, whatever its own limits", () => {
    const { live } = teamOf({
      live: { limits: { web: { memory: 100, cpus: 0.2 }, db: { memory: 200, cpus: 0.2 } } },
    });
    expect(renderQuota(names, live, { storage: 4 }).spec).toMatchObject({
      hard: {
        "limits.cpu": "2400m",
        "limits.memory": "1068Mi",
        persistentvolumeclaims: "3",
        pods: "4",
        "requests.storage": "12Gi",
      },
    });
    expect(renderLimitRange(names, live).spec).toMatchObject({ limits: [{ max: { cpu: "1", memory: "384Mi" } }] });
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
            defaultRequest: { cpu: "13m", memory: "25Mi" },
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

  const components = (...values: string[]) => ({
    podSelector: { matchExpressions: [{ key: "muster.component", operator: "In", values }] },
  });
  const sameNamespace = { podSelector: {} };
  const teamNamespace = {
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "muster-hackathon" } },
  };
  const everyNamespace = { namespaceSelector: { matchLabels: { "muster.team": "hackathon" } } };
  const clients = components("code", "web");
  const outside = [
    { ipBlock: { cidr: "0.0.0.0/0", except: ["169.254.0.0/16"] } },
    { ipBlock: { cidr: "::/0", except: ["fd00:ec2::/32", "fe80::/10"] } },
  ];

  interface PolicyCase {
    readonly title: string;
    readonly scope: { member: string | undefined };
    readonly exposure: Exposure;
    readonly outbound?: boolean;
    /** Undefined for everybody. */
    readonly from: object[] | undefined;
    /** Undefined for nowhere. */
    readonly to: object[] | undefined;
  }

  test.each<PolicyCase>([
    { title: "a member's private workload", scope: alice, exposure: "private", from: [clients], to: undefined },
    {
      title: "a private workload with a way out",
      scope: alice,
      exposure: "private",
      outbound: true,
      from: [clients],
      to: [sameNamespace, teamNamespace, ...outside],
    },
    {
      title: "a member's other workload",
      scope: alice,
      exposure: "team",
      from: [clients, { ...teamNamespace, ...clients }],
      to: [sameNamespace, teamNamespace],
    },
    {
      title: "a member's workload with a way out",
      scope: alice,
      exposure: "team",
      outbound: true,
      from: [clients, { ...teamNamespace, ...clients }],
      to: [sameNamespace, teamNamespace, ...outside],
    },
    { title: "a private workload of the team", scope: team, exposure: "private", from: [clients], to: undefined },
    { title: "another workload of the team", scope: team, exposure: "team", from: [clients], to: [everyNamespace] },
    {
      title: "a published workload of the team",
      scope: team,
      exposure: "published",
      from: undefined,
      to: [everyNamespace],
    },
    {
      title: "a workload of the team for every scope",
      scope: team,
      exposure: "scopes",
      from: [{ ...everyNamespace, ...clients }],
      to: [everyNamespace],
    },
    {
      title: "a worker",
      scope: team,
      exposure: "private",
      outbound: true,
      from: [clients],
      to: [everyNamespace, ...outside],
    },
  ])("$title", ({ scope, exposure, outbound = false, from, to }) => {
    const policy = renderWorkloadPolicy(names, scope, {
      component: "web",
      port: 9000,
      exposure,
      outbound,
      clients: ["web", "code"],
    });
    expect(policy.spec).toEqual({
      podSelector: { matchLabels: { "muster.component": "web" } },
      policyTypes: to ? ["Ingress", "Egress"] : ["Ingress"],
      ingress: [{ ports: [{ protocol: "TCP", port: 9000 }], ...(from ? { from } : {}) }],
      ...(to ? { egress: [{ to }] } : {}),
    });
  });

  test.each<Exposure>(["private", "team", "scopes"])("without clients nobody is let in: %s", (exposure) => {
    const policy = renderWorkloadPolicy(names, alice, { component: "web", port: 9000, exposure, clients: [] });
    expect(policy.spec).toMatchObject({ policyTypes: expect.arrayContaining(["Ingress"]) });
    expect(policy.spec).not.toHaveProperty("ingress");
  });

  test("a further port has clients of its own, and a Service's port", () => {
    const spec = workload({
      component: "ci",
      exposure: "scopes",
      clients: ["git"],
      extraPorts: [
        { port: 9989, clients: ["worker-1", "deployer"] },
        { port: 9990, clients: [] },
      ],
    });
    expect(renderWorkloadPolicy(names, team, spec).spec).toMatchObject({
      ingress: [
        { ports: [{ protocol: "TCP", port: 8080 }], from: [{ ...everyNamespace, ...components("git") }] },
        {
          ports: [{ protocol: "TCP", port: 9989 }],
          from: [{ ...everyNamespace, ...components("deployer", "worker-1") }],
        },
      ],
    });
    expect(render(spec, team).service.spec.ports).toEqual([
      { name: "main", protocol: "TCP", port: 8080, targetPort: 8080 },
      { name: "port-9989", protocol: "TCP", port: 9989, targetPort: 9989 },
      { name: "port-9990", protocol: "TCP", port: 9990, targetPort: 9990 },
    ]);
  });
});

describe("volumes", () => {
  test("that are only read are mounted so", () => {
    expect(container({ mounts: [{ ...shared, readOnly: true }, own] }).volumeMounts).toEqual([
      { name: "workspace", mountPath: "/workspace", readOnly: true },
      { name: "var-lib-mysql", mountPath: "/var/lib/mysql" },
      { name: "tmp", mountPath: "/tmp" },
    ]);
  });

  test("of the cluster's own class", () => {
    expect(renderClaim(names, alice, "workspace", { storage: 5, accessMode: "ReadWriteOnce" })).toEqual({
      metadata: { ...aliceMeta("workspace"), annotations: { "pulumi.com/skipAwait": "true" } },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "5Gi" } } },
    });
  });

  test("of a configured class", () => {
    expect(
      renderClaim(names, alice, "home", { storage: 20, storageClass: "fast", accessMode: "ReadWriteMany" }).spec,
    ).toEqual({
      accessModes: ["ReadWriteMany"],
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
    clients: ["web", "code"],
    scratch: ["/run/mysqld"],
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
                    { name: "tmp", mountPath: "/tmp" },
                    { name: "run-mysqld", mountPath: "/run/mysqld" },
                  ],
                  resources: {
                    limits: { cpu: "1", memory: "384Mi" },
                    requests: { cpu: "50m", memory: "96Mi" },
                  },
                  securityContext: {
                    allowPrivilegeEscalation: false,
                    capabilities: { drop: ["ALL"] },
                    privileged: false,
                    readOnlyRootFilesystem: true,
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
                { name: "tmp", emptyDir: {} },
                { name: "run-mysqld", emptyDir: {} },
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

  test.each<[string, Mount[], object]>([
    ["without a shared volume", [own], {}],
    ["whose volumes can be on many nodes", [shared], { kubernetes: { accessMode: "ReadWriteMany" } }],
  ])("pods %s run anywhere", (_, mounts, config) => {
    const { metadata, spec } = pod({ mounts }, config);
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

  test("what forgets its environment gets secrets there, and no file that would tell them again", () => {
    const rendered = render({ ...workload(), env: { Z: "1" }, secrets: { PASSWORD: "hunter2" }, init: false });
    const { containers, volumes } = rendered.controller.object.spec.template.spec;
    expect(rendered.secret.stringData).toEqual({ PASSWORD: "hunter2" });
    expect(containers[0].env).toEqual([
      { name: "PASSWORD", valueFrom: { secretKeyRef: { name: "web", key: "PASSWORD" } } },
      { name: "Z", value: "1" },
    ]);
    expect([containers[0].volumeMounts, volumes]).toEqual([
      [{ name: "tmp", mountPath: "/tmp" }],
      [{ name: "tmp", emptyDir: {} }],
    ]);
  });

  test("without secrets there is no Secret, and no folder for it", () => {
    expect(render(workload()).secret).toBeUndefined();
    expect(container({}).volumeMounts).toEqual([{ name: "tmp", mountPath: "/tmp" }]);
    expect(pod({}).spec.volumes).toEqual([{ name: "tmp", emptyDir: {} }]);
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
  const service = (exposure: Exposure, kubernetes: object = {}) =>
    render(workload({ exposure, port: 3000 }), team, { port: 30_080, kubernetes }).service;

  test.each<Exposure>(["private", "scopes", "team"])("%s is the cluster's own", (exposure) => {
    const { spec } = service(exposure, { service: { type: "LoadBalancer" } });
    expect(spec).toEqual({
      type: "ClusterIP",
      selector: { "muster.component": "web" },
      ports: [{ name: "main", protocol: "TCP", port: 3000, targetPort: 3000 }],
    });
  });

  const ingress = {};
  const gatewayApi = { gateway: "public", namespace: "infra" };
  test.each<[string, object, string, object]>([
    ["by default", {}, "ClusterIP", {}],
    ["at a node port", { service: { type: "NodePort" } }, "NodePort", { nodePort: 30_080 }],
    ["at any node port behind an Ingress", { service: { type: "NodePort" }, ingress }, "NodePort", {}],
    ["at any node port behind a Gateway", { service: { type: "NodePort" }, gatewayApi }, "NodePort", {}],
    ["by a load balancer", { service: { type: "LoadBalancer" } }, "LoadBalancer", {}],
  ])("published %s", (_, kubernetes, type, more) => {
    const { spec } = service("published", kubernetes);
    expect(spec.type).toBe(type);
    expect(spec.ports).toEqual([{ name: "main", protocol: "TCP", port: 30_080, targetPort: 3000, ...more }]);
  });

  test("only a load balancer's is not waited for", () => {
    const annotations = { "example.org/b": "2", "example.org/a": "1" };
    expect(service("published", { service: { type: "LoadBalancer", annotations } }).metadata.annotations).toEqual({
      ...annotations,
      "pulumi.com/skipAwait": "true",
    });
    expect(service("published", { service: { type: "NodePort", annotations } }).metadata.annotations).toEqual(
      annotations,
    );
    expect(service("published").metadata).not.toHaveProperty("annotations");
    expect(service("team", { service: { annotations } }).metadata).not.toHaveProperty("annotations");
  });
});

describe("entrances", () => {
  const routes = (kubernetes: object) =>
    renderRoutes(names, team, "gateway", teamOf({ domain: "dev.example.org", port: 443, kubernetes }));
  const hosts = ["dev.example.org", "*.dev.example.org"];
  const metadata = { name: "gateway", namespace: "muster-hackathon", labels: labelsOf("gateway") };
  const rules = hosts.map((host) => ({
    host,
    http: {
      paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "gateway", port: { number: 443 } } } }],
    },
  }));

  test("none unless the config names one", () => {
    expect(routes({})).toEqual({ ingress: undefined, httpRoute: undefined });
  });

  test("an Ingress of the cluster's own class", () => {
    expect(routes({ ingress: {} })).toEqual({
      ingress: { metadata: { ...metadata, annotations: { "pulumi.com/skipAwait": "true" } }, spec: { rules } },
      httpRoute: undefined,
    });
  });

  test("an Ingress with everything", () => {
    const ingress = { className: "nginx", annotations: { "example.org/size": "0" }, tlsSecret: "tls" };
    expect(routes({ ingress }).ingress).toEqual({
      metadata: { ...metadata, annotations: { "example.org/size": "0", "pulumi.com/skipAwait": "true" } },
      spec: { ingressClassName: "nginx", tls: [{ hosts, secretName: "tls" }], rules },
    });
  });

  test.each<[string, object, object, object]>([
    ["of every listener", {}, {}, {}],
    [
      "of one listener, with annotations",
      { sectionName: "https", annotations: { "example.org/a": "1" } },
      { sectionName: "https" },
      { annotations: { "example.org/a": "1" } },
    ],
  ])("an HTTPRoute %s", (_, options, parent, annotations) => {
    expect(routes({ gatewayApi: { gateway: "public", namespace: "infra", ...options } })).toEqual({
      ingress: undefined,
      httpRoute: {
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "HTTPRoute",
        metadata: { ...metadata, ...annotations },
        spec: {
          parentRefs: [{ name: "public", namespace: "infra", ...parent }],
          hostnames: hosts,
          rules: [
            {
              matches: [{ path: { type: "PathPrefix", value: "/" } }],
              backendRefs: [{ name: "gateway", port: 443 }],
            },
          ],
        },
      },
    });
  });
});

describe("a registry's account", () => {
  const registry = {
    push: "localhost:5000",
    pull: "registry.example.org:5000/team",
    user: "puller",
    password: "s3cret",
  };

  test.each([
    ["registry.example.org:5000/team", "registry.example.org:5000"],
    ["docker.io/hackathon", "https://index.docker.io/v1/"],
  ])("for %s is in a Secret for %s", (pull, server) => {
    const { registry: resolved } = teamOf({ registry: { ...registry, pull } });
    const { stringData, ...secret } = renderPullSecret(names, alice, resolved as Registry) ?? {};
    expect(secret).toEqual({
      metadata: aliceMeta("registry"),
      type: "kubernetes.io/dockerconfigjson",
    });
    expect(JSON.parse(stringData?.[".dockerconfigjson"] ?? "")).toEqual({
      auths: { [server]: { username: "puller", password: "s3cret" } },
    });
  });

  test("is what pods pull with", () => {
    expect(pod({}, { registry }).spec.imagePullSecrets).toEqual([{ name: "registry" }]);
  });

  test("is not asked for without one", () => {
    const open = { push: "registry.example.org" };
    expect(renderPullSecret(names, alice, teamOf({ registry: open }).registry as Registry)).toBeUndefined();
    expect(pod({}, { registry: open }).spec).not.toHaveProperty("imagePullSecrets");
  });
});

test("every label value is one that Kubernetes takes", () => {
  const longest = "a".repeat(20);
  const objects = [
    renderNamespace({ team: longest }, { member: longest }),
    renderClaim({ team: longest }, { member: longest }, "workspace", { storage: 1, accessMode: "ReadWriteOnce" }),
  ];
  for (const { metadata } of objects) {
    const { labels = {} } = metadata as { labels?: Record<string, string> };
    for (const value of Object.values(labels)) expect(value).toMatch(/^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$/i);
  }
});
