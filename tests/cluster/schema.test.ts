import { execFileSync } from "node:child_process";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { fillSecrets, type Manifest, renderManifests } from "../../export/manifests";
import { recordProgram } from "../../export/record";
import { testCluster } from "../support/cluster";
import { configStrings } from "../support/config";
import { manifestValidator } from "../support/openapi";

const ALICE = { id: "alice", name: "Alice Kim", cache: "redis" };
const REGISTRY = { push: "registry.example.org/dev", user: "puller", password: "pull-password" };

/** Together they cover every kind of object that the program makes. */
const ROSTERS: [what: string, config: Record<string, unknown>][] = [
  ["a member with only an id", { members: [{ id: "alice" }], registry: { push: "registry.example.org" } }],
  [
    "an Ingress with TLS, volumes of any node, and a registry with an account",
    {
      members: [ALICE, { id: "bob" }],
      live: { cache: "redis" },
      registry: REGISTRY,
      kubernetes: {
        accessMode: "ReadWriteMany",
        storageClass: "fast",
        service: { type: "ClusterIP" },
        ingress: { className: "nginx", tlsSecret: "tls", annotations: { "example.org/size": "64m" } },
      },
    },
  ],
  [
    "a load balancer, an upstream and three workers",
    {
      members: [ALICE],
      ci: { workers: 3 },
      registry: REGISTRY,
      upstream: { provider: "github", url: "https://github.com/our-team", token: "upstream-token" },
      kubernetes: { service: { type: "LoadBalancer", annotations: { "example.org/internal": "true" } } },
    },
  ],
  [
    "a route of a Gateway",
    {
      members: [{ id: "alice" }],
      registry: REGISTRY,
      kubernetes: { service: { type: "ClusterIP" }, gatewayApi: { gateway: "public", namespace: "edge" } },
    },
  ],
];

/** Its schema is an extension that the tests' cluster lacks. */
const WITHOUT_SCHEMA = "HTTPRoute";

const found = testCluster();

describe("the objects that the program makes, against the schemas of the cluster's API server", () => {
  if (found.unavailable !== undefined) {
    test.skip(`skipped: ${found.unavailable}`, () => {});
    return;
  }
  const { kubeconfig, kubectl } = found.cluster;
  let validate: (object: Manifest) => string[] | undefined;

  beforeAll(() => {
    const get = (path: string) => {
      const output = execFileSync(kubectl, ["get", "--raw", path], {
        encoding: "utf8",
        env: { ...process.env, KUBECONFIG: kubeconfig },
        maxBuffer: 64 * 2 ** 20,
      });
      return JSON.parse(output);
    };
    const { paths } = get("/openapi/v3");
    const schemas = Object.entries<{ serverRelativeURL: string }>(paths)
      .filter(([path]) => /^apis?\/.*v\d/.test(path))
      .map(([, { serverRelativeURL }]) => get(serverRelativeURL).components?.schemas ?? {});
    validate = manifestValidator(Object.assign({}, ...schemas));
  });

  test.each(ROSTERS)("%s", async (_, config) => {
    const strings = configStrings({ team: "schema", target: "kubernetes", ...config });
    const recording = await recordProgram({ project: "muster", stack: "test", config: strings });
    const { namespaces, secrets } = renderManifests(recording);
    const values = Object.fromEntries(secrets.map(({ name }) => [name, "value"]));
    const objects = namespaces.flatMap((namespace) => fillSecrets(namespace.objects, values));
    expect(objects.length).toBeGreaterThan(30);
    for (const object of objects) {
      const name = `${object.kind} ${object.metadata.namespace}/${object.metadata.name}`;
      expect([name, validate(object)]).toEqual([name, object.kind === WITHOUT_SCHEMA ? undefined : []]);
    }
  });

  test("a field that is unknown, of another type, or missing is found", () => {
    const service = (spec: object) =>
      validate({ apiVersion: "v1", kind: "Service", metadata: { name: "x" }, spec } as Manifest);
    expect(service({ ports: [{ port: 80 }] })).toEqual([]);
    expect(service({ ports: [{ port: 80 }], portz: [] })).toEqual([
      "/spec must NOT have additional properties (portz)",
    ]);
    expect(service({ ports: [{ port: "80" }] })).toEqual(["/spec/ports/0/port must be integer"]);
    expect(service({ ports: [{ name: "main" }] })).toEqual(["/spec/ports/0 must have required property 'port'"]);
  });
});
