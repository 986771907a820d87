import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import { WORKLOADS, type WorkloadKind } from "../../config/catalogue";
import { publishedAddresses } from "../../platform/docker/addresses";
import { failingProgram, generatedPassword, type RegisteredResource, runProgram } from "../support/program";

const platforms = [
  {
    target: "docker",
    config: { target: "docker" },
    volume: "docker:index/volume:Volume",
    gateway: "docker:index/container:Container gateway",
    portal: "docker:index/container:Container portal",
    /** What has the accounts of the git server. */
    roster: "roster",
    /** What a roster edit changes beside the member's own: it holds the members' accounts and links. */
    shared: ["docker:index/container:Container roster"],
  },
  {
    target: "kubernetes",
    config: { target: "kubernetes", registry: { push: "registry.example.org" }, kubernetes: { context: "kind-dev" } },
    volume: "kubernetes:core/v1:PersistentVolumeClaim",
    gateway: "kubernetes:apps/v1:Deployment gateway",
    portal: "kubernetes:apps/v1:Deployment portal",
    roster: "git-roster",
    shared: ["kubernetes:core/v1:Secret git-roster", "kubernetes:core/v1:Secret portal-roster"],
  },
];

const alice = { id: "alice", name: "Alice Kim" };
const bob = { id: "bob", cache: "redis" };
const carol = { id: "carol" };

const idOf = ({ type, name }: RegisteredResource) => `${type} ${name}`;

/** Resources of a member begin with the id: `alice`, `alice-web`. */
const belongsTo = (member: string) => (id: string) => new RegExp(` ${member}(-|$)`).test(id);

/** `docker:index/container:Container` → `docker:Container` */
const shortType = (type: string) => type.replace(/^(docker|random|muster):index(?:\/[^:]*)?:/, "$1:");

/** Resources as a tree below their components, one a line. */
function tree(resources: readonly RegisteredResource[], parent = "", indent = ""): string {
  return resources
    .filter((resource) => resource.parent === parent)
    .map((resource) => ({ resource, line: `${shortType(resource.type)} ${resource.name}` }))
    .sort((a, b) => (a.line < b.line ? -1 : 1))
    .map(({ resource, line }) => `${indent}${line}\n${tree(resources, idOf(resource), `${indent}  `)}`)
    .join("");
}

describe.each(platforms)("the program on $target", ({ target, config, volume, gateway, portal, roster, shared }) => {
  const run = async (members: readonly object[]) =>
    (await runProgram({ team: "hackathon", ...config, members })).resources;

  let resources: RegisteredResource[];
  beforeAll(async () => {
    resources = await run([alice, bob]);
  });

  /** Without the tags of images, so that edits of `images/` do not matter. */
  const byId = (list: readonly RegisteredResource[]) =>
    new Map(list.map((resource) => [idOf(resource), JSON.stringify(resource).replace(/:[0-9a-f]{12}"/g, '"')]));

  /** What an update from one roster to another would create, change and delete. */
  function diff(before: readonly RegisteredResource[], after: readonly RegisteredResource[]) {
    const [old, now] = [byId(before), byId(after)];
    return {
      created: [...now.keys()].filter((id) => !old.has(id)),
      changed: [...now]
        .filter(([id, inputs]) => old.has(id) && old.get(id) !== inputs)
        .map(([id]) => id)
        .sort(),
      deleted: [...old.keys()].filter((id) => !now.has(id)),
    };
  }

  test("registers these resources for two members", () => {
    expect(`\n${tree(resources)}`).toMatchSnapshot();
  });

  test("registers nothing twice", () => {
    expect(new Set(resources.map(({ urn }) => urn)).size).toBe(resources.length);
  });

  test("a new member gets what the others have, and only the roster changes", async () => {
    const { created, changed, deleted } = diff(resources, await run([alice, bob, carol]));
    const alices = resources.map(idOf).filter(belongsTo("alice"));
    expect(created.sort()).toEqual(alices.map((id) => id.replace(/ alice/, " carol")).sort());
    expect(changed).toEqual(shared);
    expect(deleted).toEqual([]);
  });

  test("a place in the middle of the roster disturbs nobody either", async () => {
    const { changed, deleted } = diff(resources, await run([alice, carol, bob]));
    expect({ changed, deleted }).toEqual({ changed: shared, deleted: [] });
  });

  test("a member who leaves takes their own resources along, and only the roster changes", async () => {
    const { created, changed, deleted } = diff(resources, await run([alice]));
    const bobs = resources.map(idOf).filter(belongsTo("bob"));
    // An image that only bob's cache used goes with him.
    expect(deleted.filter((id) => !/Image (pushed-)?image-redis$/.test(id)).sort()).toEqual(bobs.sort());
    expect({ created, changed }).toEqual({ created: [], changed: shared });
  });

  test("a member's own options change only their own resources", async () => {
    const { created, changed, deleted } = diff(
      resources,
      await run([{ ...alice, limits: { web: { memory: 512 } }, php: { uploadLimit: 8 } }, bob]),
    );
    expect({ created, deleted }).toEqual({ created: [], deleted: [] });
    expect(changed.length).toBeGreaterThan(0);
    expect(changed.filter((id) => !belongsTo("alice")(id))).toEqual([]);
  });

  test("the gateway is the same for 2 and for 20 members", async () => {
    const many = await run(Array.from({ length: 20 }, (_, index) => ({ id: `m${index}` })));
    const find = (list: readonly RegisteredResource[]) => list.find((resource) => idOf(resource) === gateway);
    expect(find(many)).toBeDefined();
    expect(find(many)).toEqual(find(resources));
  });

  test("CI, live server and the like are the same for 2 and for 20 members", async () => {
    const many = await run([bob, ...Array.from({ length: 19 }, (_, index) => ({ id: `m${index}` }))]);
    const isTeams = (id: string) => !/ (?:alice|bob|m\d+)(?:-|$)/.test(id) && !shared.includes(id);
    const teams = (list: readonly RegisteredResource[]) => new Map([...byId(list)].filter(([id]) => isTeams(id)));
    expect(teams(many).size).toBeGreaterThanOrEqual(30);
    expect(teams(many)).toEqual(teams(resources));
  });

  test("ids that look like the team's own names meet none of them", async () => {
    const ids = ["worker-1", "ci-worker", "ci-deployer", "live-db", "live-web", "git-ci", "repositories"];
    const list = await run(ids.map((id) => ({ id })));
    expect(new Set(list.map(({ urn }) => urn)).size).toBe(list.length);
    const names = list
      .filter(({ inputs }) => inputs.name !== undefined || inputs.metadata !== undefined)
      .map(({ type, inputs: { name, metadata } }) =>
        [type, name ?? `${metadata.namespace}/${metadata.name}`].join(" "),
      );
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  test("resources grow with members by one number", async () => {
    const counts: number[] = [];
    for (const size of [1, 2, 4]) {
      counts.push((await run(Array.from({ length: size }, (_, index) => ({ id: `m${index}` })))).length);
    }
    const [one = 0, two = 0, four = 0] = counts;
    expect(four - two).toBe(2 * (two - one));
  });

  test("every volume is kept when its resource goes, and nothing else but a namespace", () => {
    const kept = resources.filter(({ retainOnDelete }) => retainOnDelete).map(idOf);
    const volumes = ["alice", "bob"].flatMap((member) =>
      ["workspace", "database", "home"].map((purpose) => `${volume} ${member}-${purpose}`),
    );
    const names = ["ci", "live-database", "live-releases", "live-shared", "release-worker", "repositories", "worker-1"];
    const own = names.map((name) => `${volume} ${name}`);
    const namespaces = ["namespace", "alice-namespace", "bob-namespace", "live-namespace"].map(
      (name) => `kubernetes:core/v1:Namespace ${name}`,
    );
    expect(kept.sort()).toEqual([...volumes, ...own, ...(target === "kubernetes" ? namespaces : [])].sort());
  });

  test.each([
    // The database's password is the site's and the editor's too.
    ["alice-db-password", ["alice-code", "alice-db", "alice-web"]],
    ["alice-code-password", ["alice-code"]],
    ["alice-git-password", ["alice-code", roster]],
    ["bob-db-password", ["bob-code", "bob-db", "bob-web"]],
    ["bob-code-password", ["bob-code"]],
    ["bob-git-password", ["bob-code", roster]],
    // Code under test runs in worker-1: it holds nothing but its own password.
    ["live-db-password", ["live-db", "live-deployer", "live-web"]],
    ["ci-deployer-password", ["ci", "live-deployer"]],
    ["ci-worker-password", ["ci", "worker-1"]],
    ["ci-release-worker-password", ["ci", "release-worker"]],
    ["ci-git-password", ["ci", "git"]],
    ["ci-hook-secret", ["ci", "git"]],
  ])("%s is marked as secret everywhere, and only %j have it", (name, expected) => {
    const occurrences = (value: unknown) => JSON.stringify(value).split(generatedPassword(name)).length - 1;
    const holders = resources.filter(({ inputs }) => occurrences(inputs) > 0);
    expect(holders.map((resource) => resource.name).sort()).toEqual(expected);
    for (const { type, name: holder, inputs, secrets } of holders) {
      expect([type, holder, occurrences(secrets)]).toEqual([type, holder, occurrences(inputs)]);
      // In a cluster, the right to see a pod must not reveal its passwords.
      if (target === "kubernetes") expect(type).toBe("kubernetes:core/v1:Secret");
    }
  });

  test("each image's entry point knows every secret that a cluster gives it as a file", () => {
    const given = resources.filter(({ type }) => type === "kubernetes:core/v1:Secret");
    expect(given.length > 0).toBe(target === "kubernetes");
    for (const { inputs } of given) {
      const component: string = inputs.metadata.labels["muster.component"];
      const { image } = WORKLOADS[component.replace(/-\d+$/, "") as WorkloadKind];
      const folder = join(__dirname, "../../images", image);
      const [first = ""] = ["entrypoint", "main.mjs"].filter((name) => existsSync(join(folder, name)));
      const entrypoint = readFileSync(join(folder, first), "utf8");
      const unknown = Object.keys(inputs.stringData).filter(
        (name) => !new RegExp(`\\b(?:${name}|secret_files)\\b`).test(entrypoint),
      );
      expect([component, unknown]).toEqual([component, []]);
    }
  });

  test("no other password is generated", () => {
    const generated = resources.filter(({ type }) => type === "random:index/randomPassword:RandomPassword");
    expect(generated).toHaveLength(12);
  });

  test("the portal knows no password", () => {
    const [page] = resources.filter((resource) => idOf(resource) === portal);
    expect(JSON.stringify(page)).not.toContain("generated-");
    expect(page?.secrets).toEqual([]);
  });

  test("every object carries the team, its member and what it is", () => {
    const labelled = resources.filter(({ type }) => /^(?:docker:index\/(?!image|remoteImage)|kubernetes:)/.test(type));
    expect(labelled.length).toBeGreaterThanOrEqual(30);
    for (const { type, name, inputs } of labelled) {
      const labels: Record<string, string> = inputs.metadata
        ? inputs.metadata.labels
        : Object.fromEntries(inputs.labels.map(({ label, value }: Record<string, string>) => [label, value]));
      const [member] = ["alice", "bob", "live"].filter((id) => name.startsWith(`${id}-`));
      expect([type, name, labels["muster.team"], labels["muster.member"], labels["muster.component"]]).toEqual([
        type,
        name,
        "hackathon",
        member,
        expect.stringMatching(/^(?:[a-z]+(?:-1)?|release-worker)$/),
      ]);
    }
  });
});

describe("on Docker", () => {
  let containers: RegisteredResource[];
  let networks: RegisteredResource[];
  beforeAll(async () => {
    const { resources } = await runProgram({ team: "hackathon", members: [alice, bob] });
    containers = resources.filter(({ type }) => type === "docker:index/container:Container");
    networks = resources.filter(({ type }) => type === "docker:index/network:Network");
  });

  test("every container has its limits, and swap does not add to them", () => {
    const limits = containers.map(({ inputs }) => [inputs.name, inputs.memory, inputs.memorySwap, inputs.cpus]);
    expect(limits.sort()).toEqual([
      ["hackathon-alice-code", 1536, 1536, "1.0"],
      ["hackathon-alice-db", 384, 384, "1.0"],
      ["hackathon-alice-web", 384, 384, "1.0"],
      ["hackathon-bob-cache", 96, 96, "0.5"],
      ["hackathon-bob-code", 1536, 1536, "1.0"],
      ["hackathon-bob-db", 384, 384, "1.0"],
      ["hackathon-bob-web", 384, 384, "1.0"],
      ["hackathon-ci", 512, 512, "1.0"],
      ["hackathon-gateway", 128, 128, "1.0"],
      ["hackathon-git", 384, 384, "1.0"],
      ["hackathon-live-db", 384, 384, "1.0"],
      ["hackathon-live-deployer", 384, 384, "1.0"],
      ["hackathon-live-web", 384, 384, "1.0"],
      ["hackathon-mail", 192, 192, "0.5"],
      ["hackathon-portal", 192, 192, "1.0"],
      ["hackathon-release-worker", 1024, 1024, "1.0"],
      ["hackathon-roster", 16, 16, "0.5"],
      ["hackathon-worker-1", 1024, 1024, "1.0"],
    ]);
  });

  test("a fixed name is free before it is taken again, and a changed health check replaces the container", () => {
    for (const { deleteBeforeReplace, replaceOnChanges } of containers) {
      expect({ deleteBeforeReplace, replaceOnChanges }).toEqual({
        deleteBeforeReplace: true,
        replaceOnChanges: ["healthcheck"],
      });
    }
  });

  test("only the gateway publishes a port", () => {
    const ports = containers.map(({ inputs }) => [inputs.name, inputs.ports]).filter(([, list]) => list.length > 0);
    const addresses = publishedAddresses("127.0.0.1");
    expect(ports).toEqual([["hackathon-gateway", addresses.map((ip) => ({ internal: 8080, external: 8080, ip }))]]);
  });

  test("databases and caches are only on their member's network", () => {
    const placed = containers
      .filter(({ name }) => /-(db|cache)$/.test(name))
      .map(({ name, inputs }) => [name, inputs.networksAdvanced]);
    expect(placed.sort()).toEqual([
      ["alice-db", [{ name: "hackathon-alice" }]],
      ["bob-cache", [{ name: "hackathon-bob" }]],
      ["bob-db", [{ name: "hackathon-bob" }]],
      ["live-db", [{ name: "hackathon-live" }]],
    ]);
  });

  test("members' networks have no way out and subnets of their own", () => {
    const own = networks.filter(({ name }) => !/^network(-|$)/.test(name));
    expect(own.map(({ inputs }) => [inputs.name, inputs.internal])).toEqual([
      ["hackathon-live", true],
      ["hackathon-alice", true],
      ["hackathon-bob", true],
    ]);
    const subnets = own.flatMap(({ inputs }) => inputs.ipamConfigs.map(({ subnet }: { subnet: string }) => subnet));
    expect(new Set(subnets).size).toBe(3);
  });
});

describe("on Kubernetes", () => {
  const onCluster = { team: "hackathon", target: "kubernetes", registry: { push: "registry.example.org" } };
  let resources: RegisteredResource[];
  beforeAll(async () => {
    ({ resources } = await runProgram({
      ...onCluster,
      kubernetes: { context: "kind-dev" },
      members: [alice, bob],
    }));
  });
  const objects = () => resources.filter(({ type }) => type.startsWith("kubernetes:"));

  test("the provider is explicit, and finds again what was kept", () => {
    const [provider] = resources.filter(({ type }) => type === "pulumi:providers:kubernetes");
    expect(provider?.inputs).toEqual({
      context: "kind-dev",
      enablePatchForce: "true",
      enableSecretMutable: "true",
      upsertExistingObjects: "true",
    });
    for (const { type, name, provider: used } of objects())
      expect([type, name, used]).toEqual([type, name, "kubernetes"]);
  });

  test("objects are in their member's namespace, which is there before them", () => {
    for (const { type, name, inputs, dependencies } of objects()) {
      if (type.endsWith(":Namespace")) continue;
      const [member] = ["alice", "bob", "live"].filter((id) => name.startsWith(`${id}-`));
      const namespace = member === undefined ? "namespace" : `${member}-namespace`;
      expect([type, name, inputs.metadata.namespace]).toEqual([
        type,
        name,
        member === undefined ? "muster-hackathon" : `muster-hackathon-${member}`,
      ]);
      expect(dependencies).toContain(`kubernetes:core/v1:Namespace ${namespace}`);
    }
  });

  test("no pod starts before its namespace is closed", () => {
    const controllers = objects().filter(({ type }) => type.startsWith("kubernetes:apps/"));
    expect(controllers).toHaveLength(17);
    for (const { name, dependencies } of controllers) {
      const [member] = ["alice", "bob", "live"].filter((id) => name.startsWith(`${id}-`));
      const prefix = member === undefined ? "" : `${member}-`;
      expect(dependencies).toEqual(
        expect.arrayContaining([
          `kubernetes:networking.k8s.io/v1:NetworkPolicy ${prefix}default-deny`,
          `kubernetes:networking.k8s.io/v1:NetworkPolicy ${prefix}dns`,
        ]),
      );
    }
  });

  test("site and editor run where the workspace is; only what has data of its own is a StatefulSet", () => {
    const kinds = objects()
      .filter(({ type, name }) => type.startsWith("kubernetes:apps/") && !name.startsWith("alice"))
      .map(({ type, name, inputs }) => [
        name,
        type.split(":").pop(),
        inputs.spec.template.metadata.labels["muster.shares-volumes"],
      ]);
    expect(kinds.sort()).toEqual([
      ["bob-cache", "Deployment", undefined],
      ["bob-code", "StatefulSet", "true"],
      ["bob-db", "StatefulSet", undefined],
      ["bob-web", "Deployment", "true"],
      ["ci", "StatefulSet", undefined],
      ["gateway", "Deployment", undefined],
      ["git", "StatefulSet", undefined],
      ["live-db", "StatefulSet", undefined],
      ["live-deployer", "Deployment", "true"],
      ["live-web", "Deployment", "true"],
      ["mail", "Deployment", undefined],
      ["portal", "Deployment", undefined],
      ["release-worker", "StatefulSet", undefined],
      ["worker-1", "StatefulSet", undefined],
    ]);
  });

  test("a registry's account is a secret of every namespace, there before its pods", async () => {
    const { resources: registered } = await runProgram({
      ...onCluster,
      registry: { push: "registry.example.org", user: "puller", password: "s3cret-of-pulls" },
      members: [alice],
    });
    const accounts = registered.filter(({ inputs }) => inputs.type === "kubernetes.io/dockerconfigjson");
    expect(accounts.map(({ inputs }) => inputs.metadata.namespace).sort()).toEqual([
      "muster-hackathon",
      "muster-hackathon-alice",
      "muster-hackathon-live",
    ]);
    for (const { inputs, secrets } of accounts) expect(secrets).toContainEqual(inputs.stringData);
    for (const { type, name, inputs, dependencies } of registered) {
      if (!type.startsWith("kubernetes:apps/")) continue;
      expect([name, inputs.spec.template.spec.imagePullSecrets]).toEqual([name, [{ name: "registry" }]]);
      const [member] = ["alice", "live"].filter((id) => name.startsWith(`${id}-`));
      expect(dependencies).toContain(`kubernetes:core/v1:Secret ${member === undefined ? "" : `${member}-`}registry`);
    }
  });

  test.each([
    ["an Ingress with a certificate", { ingress: { tlsSecret: "tls" } }, "https"],
    ["an Ingress without", { ingress: {} }, undefined],
    ["a Gateway that ends TLS", { gatewayApi: { gateway: "public", namespace: "infra", tls: true } }, "https"],
    ["nothing", {}, undefined],
  ])("the gateway behind %s", async (_, entrance, scheme) => {
    const { resources: registered } = await runProgram({ ...onCluster, kubernetes: entrance, members: [alice] });
    const types = registered.filter(({ name }) => name === "gateway").map(({ type }) => type);
    expect(types.includes("kubernetes:networking.k8s.io/v1:Ingress")).toBe("ingress" in entrance);
    expect(types.includes("kubernetes:gateway.networking.k8s.io/v1:HTTPRoute")).toBe("gatewayApi" in entrance);
    const deployment = registered.find(
      ({ type, name }) => type === "kubernetes:apps/v1:Deployment" && name === "gateway",
    );
    const variables: { name: string; value: string }[] = deployment?.inputs.spec.template.spec.containers[0].env;
    expect(variables.find(({ name }) => name === "GATEWAY_SCHEME")?.value).toBe(scheme);
  });

  test("no pod can write to its root file system", () => {
    for (const { type, name, inputs } of objects()) {
      if (!type.startsWith("kubernetes:apps/")) continue;
      const { containers, volumes } = inputs.spec.template.spec;
      expect([name, containers[0].securityContext.readOnlyRootFilesystem]).toEqual([name, true]);
      expect(volumes).toContainEqual({ name: "tmp", emptyDir: {} });
    }
  });

  test("a changed password replaces the pods that read it", () => {
    const hash = (name: string) =>
      objects().find((resource) => resource.type.startsWith("kubernetes:apps/") && resource.name === name)?.inputs.spec
        .template.metadata.annotations["muster.secrets"];
    expect(hash("alice-db")).toMatch(/^[0-9a-f]{64}$/);
    expect(hash("alice-web")).toBe(hash("alice-db"));
    expect(hash("bob-db")).not.toBe(hash("alice-db"));
  });
});

describe("outputs", () => {
  test("are addresses, and passwords as secrets", async () => {
    const { result } = await runProgram({
      team: "hackathon",
      port: 80,
      domain: "dev.example.org",
      tls: "off",
      members: [alice],
    });
    expect(result.url).toBe("http://dev.example.org");
    expect(result.members).toEqual({
      alice: {
        site: "http://alice.dev.example.org",
        editor: "http://code-alice.dev.example.org",
        database: "http://db-alice.dev.example.org",
      },
    });
    expect(await pulumi.isSecret(result.credentials)).toBe(true);
    const credentials = await new Promise((resolve) => pulumi.output(result.credentials).apply(resolve));
    expect(credentials).toEqual({
      alice: {
        editor: generatedPassword("alice-code-password"),
        database: generatedPassword("alice-db-password"),
        git: generatedPassword("alice-git-password"),
      },
      live: { database: generatedPassword("live-db-password") },
    });
  });

  test("ids that JavaScript knows are members like others", async () => {
    const { result, resources } = await runProgram({ members: [{ id: "constructor" }, { id: "valueof" }] });
    expect(Object.keys(result.members)).toEqual(["constructor", "valueof"]);
    expect(resources.map(idOf)).toContain("docker:index/container:Container constructor-web");
  });
});

describe("config that cannot be used", () => {
  test.each<[string, Record<string, unknown>, string]>([
    [
      "an empty roster",
      { members: [] },
      "A problem in the stack's config; nothing was changed.\n" +
        "  config/members: has no member: add one, for example - id: alice",
    ],
    [
      "an unknown key and a bad port",
      { members: [alice], prot: 80, port: "eighty" },
      "2 problems in the stack's config; nothing was changed.\n" +
        '  config/port: "eighty" is not a number: write for example 8080\n' +
        '  config/prot: "prot" is not a known key: did you mean port?',
    ],
    [
      "certificates that are not there",
      { members: [alice], certificates: "/nowhere" },
      "A problem in the stack's config; nothing was changed.\n" +
        '  config/certificates: "/nowhere" does not exist: name a file or a folder with *.crt files',
    ],
    [
      "Kubernetes without a registry",
      { members: [alice], target: "kubernetes" },
      "A problem in the stack's config; nothing was changed.\n" +
        "  config/registry: is missing: name the registry of the images, " +
        "for example { push: registry.example.org/muster }",
    ],
    [
      "a pool with too few subnets",
      {
        members: Array.from({ length: 257 }, (_, index) => ({ id: `m${index}` })),
        docker: { subnets: "192.168.240.0/20" },
      },
      "A problem in the stack's config; nothing was changed.\n" +
        '  config/docker/subnets: "192.168.240.0/20" holds 256 networks, and 258 are needed: use a larger one',
    ],
  ])("%s ends the run before anything is registered", async (_, config, message) => {
    const { resources, error } = await failingProgram(config);
    expect(error).toBeInstanceOf(pulumi.RunError);
    expect((error as Error).message).toBe(message);
    expect(resources).toEqual([]);
  });
});
