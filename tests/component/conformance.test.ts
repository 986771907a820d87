import { describe, expect, test } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import { resolveTeam, type Team } from "../../config/members";
import { parseTeamConfig } from "../../config/schema/team";
import { createPlatform } from "../../platform";
import { gatewayOf } from "../../platform/docker/subnets";
import type { Platform, Scope, WorkloadSpec } from "../../platform/platform";
import { dockerFacts, kubernetesFacts, type WorkloadFacts } from "../support/facts";
import { generatedPassword, imageId, type RegisteredResource, register } from "../support/program";

/** What every platform must make of the same specs. */
const teamFor = (target: Team["target"], config: object = {}): Team =>
  resolveTeam(
    parseTeamConfig({
      team: "hackathon",
      target,
      port: 9000,
      members: [{ id: "alice" }, { id: "bob" }],
      registry: { push: "registry.example.org" },
      ...config,
    }),
  );

const platforms = [
  {
    target: "docker" as const,
    facts: dockerFacts,
    image: imageId("apache-php"),
    volumeType: "docker:index/volume:Volume",
  },
  {
    target: "kubernetes" as const,
    facts: kubernetesFacts,
    image: `registry.example.org/muster/apache-php@${imageId("apache-php")}`,
    volumeType: "kubernetes:core/v1:PersistentVolumeClaim",
  },
];

const base: Omit<WorkloadSpec, "image"> = {
  component: "web",
  env: {},
  port: 8080,
  exposure: "team",
  clients: ["gateway", "portal"],
  probe: { kind: "http", path: "/-/health" },
  resources: { memory: 384, cpus: 1 },
  stopGrace: 10,
};

/** Facts of `base` in alice's scope. */
const baseFacts: Omit<WorkloadFacts, "image"> = {
  env: {},
  secrets: {},
  mounts: {},
  reachableFrom: "gateway and portal",
  port: 8080,
  probe: { kind: "http", path: "/-/health" },
  memory: 384,
  cpus: 1,
  stopGrace: 10,
  labels: { "muster.team": "hackathon", "muster.member": "alice", "muster.component": "web" },
  unprivileged: true,
  init: true,
};

interface ConformanceCase {
  readonly title: string;
  /** What differs from `base`. */
  readonly spec: (platform: Platform, scope: Scope) => Partial<WorkloadSpec>;
  /** What differs from `baseFacts`. */
  readonly facts: Partial<WorkloadFacts>;
}

const cases: readonly ConformanceCase[] = [
  { title: "a plain workload", spec: () => ({}), facts: {} },
  {
    title: "plain settings, to the letter",
    spec: () => ({ env: { TZ: "Europe/Berlin", MEMBER_NAME: `O'Brien "$(id)" $$ \${HOME} 김=🦄`, EMPTY: "" } }),
    facts: { env: { TZ: "Europe/Berlin", MEMBER_NAME: `O'Brien "$(id)" $$ \${HOME} 김=🦄`, EMPTY: "" } },
  },
  {
    title: "secret settings",
    spec: () => ({
      env: { DB_USER: "app" },
      secrets: { DB_PASSWORD: pulumi.secret(generatedPassword("a")), PASSWORD: pulumi.secret(generatedPassword("b")) },
    }),
    facts: {
      env: { DB_USER: "app" },
      secrets: { DB_PASSWORD: "generated-a", PASSWORD: "generated-b" },
    },
  },
  {
    title: "volumes",
    spec: (platform, scope) => ({
      mounts: [
        { volume: platform.volume(scope, "workspace", {}), path: "/workspace", shared: true },
        { volume: platform.volume(scope, "home", {}), path: "/home/muster" },
      ],
    }),
    facts: { mounts: { "/workspace": "workspace", "/home/muster": "home" } },
  },
  {
    title: "a volume that is only read",
    spec: (platform, scope) => ({
      mounts: [
        { volume: platform.volume(scope, "releases", {}), path: "/srv/live", shared: true, readOnly: true },
        { volume: platform.volume(scope, "home", {}), path: "/home/muster", readOnly: false },
      ],
    }),
    facts: { mounts: { "/srv/live": "releases (read only)", "/home/muster": "home" } },
  },
  {
    title: "a private workload with a command as probe",
    spec: () => ({ exposure: "private", probe: { kind: "command", command: ["healthcheck", "--deep"] } }),
    facts: { reachableFrom: "own scope", probe: { kind: "command", command: ["healthcheck", "--deep"] } },
  },
  {
    title: "a published workload",
    spec: () => ({ component: "gateway", exposure: "published" }),
    facts: {
      reachableFrom: "everywhere",
      labels: { ...baseFacts.labels, "muster.component": "gateway" },
    },
  },
  {
    title: "limits and patience",
    spec: () => ({ resources: { memory: 96, cpus: 0.05 }, stopGrace: 60 }),
    facts: { memory: 96, cpus: 0.05, stopGrace: 60 },
  },
];

describe.each(platforms)("$target", ({ target, facts, image, volumeType }) => {
  const onPlatform = <T>(create: (platform: Platform) => T, present: readonly string[] = []) =>
    register(() => create(createPlatform(teamFor(target))), present);

  test.each(cases)("$title", async ({ spec, facts: expected }) => {
    const { resources, result } = await onPlatform((platform) => {
      const scope = platform.scope("alice", {});
      const whole = { ...base, image: platform.image("apache-php"), ...spec(platform, scope) };
      platform.workload(scope, whole, {});
      return whole;
    });
    const actual = facts(resources, `alice-${result.component}`);
    // Docker has no term for a port that only a command checks.
    const port = result.probe.kind === "command" ? actual.port : baseFacts.port;
    expect(actual).toEqual({ ...baseFacts, image, ...expected, port });
  });

  test("the gateway's pattern matches every member's endpoint", async () => {
    const { result } = await onPlatform((platform) => {
      const pattern = platform.memberEndpoint("web", 8080);
      return ["alice", "bob"].map((member) => {
        const scope = platform.scope(member, {});
        const endpoint = platform.workload(scope, { ...base, image: platform.image("apache-php") }, {});
        return [`${endpoint.host}:${endpoint.port}`, pattern.replace("{member}", member)];
      });
    });
    for (const [endpoint, expected] of result) expect(endpoint).toBe(expected);
    expect(result[0]).not.toEqual(result[1]);
  });

  test("the host of a workload is known before it", async () => {
    const { result } = await onPlatform((platform) => {
      const scopes = [platform.scope("alice", {}), platform.scope("live", {}), platform.scope(undefined, {})];
      const known = scopes.map((scope) => platform.host(scope, "web"));
      const image = platform.image("apache-php");
      return { known, hosts: scopes.map((scope) => platform.workload(scope, { ...base, image }, {}).host) };
    });
    expect(result.known).toEqual(result.hosts);
    expect(new Set(result.hosts).size).toBe(3);
  });

  test("an image is built once, after its parents", async () => {
    const { resources } = await onPlatform((platform) => {
      platform.image("code-server");
      platform.image("apache-php");
      platform.image("apache-php");
    });
    const images = resources.filter(({ type }) => type === "docker:index/remoteImage:RemoteImage");
    const name = (imageName: string) => imageName.replace(/:[0-9a-f]{12}$/, "");
    expect(images.map(({ inputs }) => name(inputs.name)).sort()).toEqual(
      ["apache-php", "base", "code-server", "php"].map((image) => `muster/${image}`),
    );
    for (const { inputs, dependencies, ignoreChanges } of images) {
      const parent = images.find((candidate) => candidate.inputs.name === inputs.build.buildArgs.PARENT);
      expect(dependencies).toEqual(parent ? [`${parent.type} ${parent.name}`] : []);
      expect(parent === undefined).toBe(name(inputs.name) === "muster/base");
      expect({ keeps: inputs.keepLocally, ignoreChanges }).toEqual({ keeps: true, ignoreChanges: ["build"] });
    }
    // Only what the cluster runs is pushed, and as it is.
    const pushed = resources.filter(({ type }) => type === "docker:index/image:Image");
    expect(pushed.map(({ inputs }) => [name(inputs.imageName), name(inputs.build.args.IMAGE)])).toEqual(
      target === "docker"
        ? []
        : ["apache-php", "code-server"].map((image) => [`registry.example.org/muster/${image}`, `muster/${image}`]),
    );
    for (const { inputs, dependencies } of pushed) {
      const source = images.find((candidate) => candidate.inputs.name === inputs.build.args.IMAGE);
      expect(dependencies).toEqual([`${source?.type} ${source?.name}`]);
    }
  });

  test("an image that the engine has is not built", async () => {
    const { resources } = await onPlatform((platform) => platform.image("apache-php"), ["php", "base"]);
    const built = resources.filter(({ inputs }) => inputs.keepLocally && inputs.build !== undefined);
    expect(built.map(({ name }) => name)).toEqual(["image-apache-php"]);
  });

  test("volumes of one purpose are each member's own, and are kept", async () => {
    const { resources } = await onPlatform((platform) => {
      for (const member of ["alice", "bob"]) platform.volume(platform.scope(member, {}), "workspace", {});
    });
    const volumes = resources.filter(({ type }) => type === volumeType);
    expect(volumes.map(({ name, retainOnDelete }) => [name, retainOnDelete])).toEqual([
      ["alice-workspace", true],
      ["bob-workspace", true],
    ]);
  });

  test("a scope needs no entry on the roster, but an id that can be part of names", async () => {
    const { resources } = await onPlatform((platform) => platform.scope("carol", {}));
    expect(resources.map(({ name }) => name)).toContain(target === "docker" ? "carol-network" : "carol-namespace");
    await expect(onPlatform((platform) => platform.scope("Carol", {}))).rejects.toThrow(
      new Error('scope "Carol" is not a valid id: use 1–20 of a-z, 0-9 and "-", starting with a letter'),
    );
  });

  test("a prefix keeps the resources of two platforms apart", async () => {
    const { resources } = await register(() => {
      for (const prefix of ["red", "blue"]) {
        const platform = createPlatform({ ...teamFor(target), id: prefix }, { prefix });
        const scope = platform.scope("alice", {});
        const mounts = [{ volume: platform.volume(scope, "home", {}), path: "/home/muster" }];
        platform.workload(scope, { ...base, image: platform.image("apache-php"), mounts }, {});
      }
    });
    const names = (prefix: string) =>
      resources.filter(({ name }) => name.startsWith(`${prefix}-`)).map(({ name }) => name.replace(prefix, ""));
    expect(names("red")).toEqual(names("blue"));
    expect(names("red").length * 2).toBe(resources.length);
    expect(new Set(resources.map(({ urn }) => urn)).size).toBe(resources.length);
  });
});

test("what engines report differently replaces no network and no volume of Docker", async () => {
  const { resources } = await register(() => {
    const platform = createPlatform(teamFor("docker"));
    platform.volume(platform.scope("alice", {}), "workspace", {});
  });
  const described = (name: string) => {
    const { inputs, ignoreChanges, replacementTrigger } = resources.find(
      (resource) => resource.name === name,
    ) as RegisteredResource;
    return { ...inputs, ignoreChanges, replacementTrigger };
  };
  const options = { "com.docker.network.enable_ipv6": "false" };
  expect(described("network")).toMatchObject({ options, ignoreChanges: ["ipv6", "labels", "options"] });
  // Engine 29 reports the gateway. A change of the subnet still makes the network anew.
  const [{ subnet, gateway }] = described("alice-network").ipamConfigs;
  expect(gateway).toBe(gatewayOf(subnet));
  expect(described("alice-network")).toMatchObject({
    options,
    ignoreChanges: ["ipv6", "labels", "options", "ipamConfigs"],
    replacementTrigger: subnet,
  });
  expect(described("alice-workspace")).toMatchObject({ ignoreChanges: ["driver", "driverOpts", "labels"] });
});

test("Kubernetes refuses another scope's volume", async () => {
  const mount = () =>
    register(() => {
      const platform = createPlatform(teamFor("kubernetes"));
      const volume = platform.volume(platform.scope("alice", {}), "workspace", {});
      const image = platform.image("apache-php");
      platform.workload(platform.scope("bob", {}), { ...base, image, mounts: [{ volume, path: "/workspace" }] }, {});
    });
  await expect(mount()).rejects.toThrow(
    new Error(`workload "bob-web" mounts another scope's volume at /workspace: Kubernetes cannot share it`),
  );
});

describe("images on Kubernetes", () => {
  const DIGEST = `@sha256:${"0".repeat(64)}`;
  const podImages = async (config: object) => {
    const { resources } = await register(() => {
      const platform = createPlatform(teamFor("kubernetes", config));
      const scope = platform.scope("alice", {});
      for (const [component, image] of [
        ["web", "apache-php"],
        ["db", "mariadb"],
      ] as const) {
        platform.workload(scope, { ...base, component, image: platform.image(image) }, {});
      }
    });
    return {
      pods: resources
        .filter(({ type }) => type === "kubernetes:apps/v1:Deployment")
        .map(({ inputs }) => inputs.spec.template.spec.containers[0].image),
      pushed: resources
        .filter(({ type }) => type === "docker:index/image:Image")
        .map(({ inputs }) => inputs.imageName.replace(/:[0-9a-f]{12}$/, "")),
    };
  };

  test("are pulled by another name than they are pushed by", async () => {
    expect(await podImages({ registry: { push: "localhost:5000/a", pull: "registry.example.org/b" } })).toEqual({
      pods: [
        `registry.example.org/b/muster/mariadb@${imageId("mariadb")}`,
        `registry.example.org/b/muster/apache-php@${imageId("apache-php")}`,
      ],
      pushed: ["localhost:5000/a/muster/apache-php", "localhost:5000/a/muster/mariadb"],
    });
  });

  test("that are prebuilt are neither built nor pushed", async () => {
    const mariadb = `registry.example.org/other/mariadb${DIGEST}`;
    expect(await podImages({ images: { mariadb } })).toEqual({
      pods: [mariadb, `registry.example.org/muster/apache-php@${imageId("apache-php")}`],
      pushed: ["registry.example.org/muster/apache-php"],
    });
  });
});
