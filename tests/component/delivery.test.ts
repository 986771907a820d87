import { beforeAll, describe, expect, test } from "@jest/globals";
import { resolveTeam } from "../../config/members";
import { parseTeamConfig } from "../../config/schema/team";
import { type Workload, workloads } from "../../config/workloads";
import { containerName } from "../../platform/docker/render";
import { imageId, type RegisteredResource, runProgram } from "../support/program";

/** Git server, CI runner and live server: what each holds, and what a change of the roster touches. */
const CONTAINER = "docker:index/container:Container";
const kubernetes = { target: "kubernetes", registry: { push: "registry.example.org" } };
const members = [{ id: "alice" }, { id: "bob" }];

const run = async (config: object = {}) => (await runProgram({ team: "hackathon", members, ...config })).resources;

function named(resources: readonly RegisteredResource[], name: string, type = CONTAINER): RegisteredResource {
  const found = resources.find((resource) => resource.type === type && resource.name === name);
  if (!found) throw new Error(`no ${type} "${name}"`);
  return found;
}

describe("the commands' list of containers is what the program registers", () => {
  const rosters: [string, object][] = [
    ["one member", { members: [{ id: "alice" }] }],
    ["a member with a cache", { members: [{ id: "alice", cache: "redis" }, { id: "bob" }] }],
    ["caches for everybody", { members, defaults: { cache: "redis" } }],
    ["a cache of the live server", { members, live: { cache: "redis" } }],
    ["several workers with limits", { members, ci: { workers: 3, limits: { memory: 512, cpus: 0.5 } } }],
    [
      "limits of every kind",
      {
        members: [{ id: "alice", limits: { web: { memory: 100 }, db: { cpus: 2 }, code: { memory: 400 } } }],
        live: { limits: { web: { memory: 128, cpus: 0.5 }, db: { memory: 256 } } },
        ci: { workers: 16 },
      },
    ],
  ];

  test.each(rosters)("%s", async (_, config) => {
    const resources = (await run(config)).filter(({ type }) => type === CONTAINER);
    const registered = new Map(
      resources.map(({ inputs }) => [inputs.name, [inputs.image, inputs.memory, Number(inputs.cpus)]]),
    );
    const listed = workloads(resolveTeam(parseTeamConfig({ team: "hackathon", ...config })));
    const nameOf = ({ member, component }: Workload) => containerName({ team: "hackathon" }, member, component);
    expect(listed.map(nameOf).sort()).toEqual([...registered.keys()].sort());
    for (const workload of listed) {
      const [image, memory, cpus] = registered.get(nameOf(workload)) ?? [];
      expect([workload, image]).toEqual([workload, imageId(workload.image)]);
      if (workload.resources) expect([workload, { memory, cpus }]).toEqual([workload, workload.resources]);
    }
  });

  test.each(rosters)("%s, in a cluster", async (_, config) => {
    const pods = (await run({ ...config, ...kubernetes }))
      .filter(({ type }) => type.startsWith("kubernetes:apps/"))
      .map(({ inputs }) => inputs.spec.template)
      .map(({ metadata: { labels }, spec }) => [
        labels["muster.member"],
        labels["muster.component"],
        spec.containers[0].image,
      ]);
    const listed = workloads(resolveTeam(parseTeamConfig({ team: "hackathon", ...kubernetes, ...config })));
    const expected = listed.map(({ member, component, image }) => [
      member,
      component,
      `registry.example.org/muster/${image}@${imageId(image)}`,
    ]);
    expect(pods.map(String).sort()).toEqual(expected.map(String).sort());
  });
});

describe("on Docker", () => {
  let resources: RegisteredResource[];
  beforeAll(async () => {
    resources = await run();
  });
  const secretNames = (name: string) =>
    named(resources, name)
      .secrets.map((secret) => String(secret).split("=")[0])
      .sort();
  const plain = (name: string): string[] => {
    const { inputs, secrets } = named(resources, name);
    return inputs.envs.filter((variable: string) => !secrets.includes(variable));
  };

  test.each([
    [
      "git",
      ["hackathon_editors", "hackathon_ci"],
      ["hackathon-repositories:/srv/git", "hackathon-git-roster:/run/roster:ro"],
    ],
    ["ci", ["hackathon_ci", "hackathon_workers"], ["hackathon-ci:/var/lib/buildbot"]],
    ["worker-1", ["hackathon_ci", "hackathon_workers"], ["hackathon-worker-1:/var/lib/worker"]],
    ["release-worker", ["hackathon_ci", "hackathon_workers"], ["hackathon-release-worker:/var/lib/worker"]],
    [
      "live-deployer",
      ["hackathon-live", "hackathon_ci", "hackathon_workers"],
      ["hackathon-live-releases:/srv/live", "hackathon-live-shared:/srv/shared"],
    ],
    [
      "live-web",
      ["hackathon-live", "hackathon"],
      ["hackathon-live-releases:/srv/live:ro", "hackathon-live-shared:/srv/shared"],
    ],
    ["live-db", ["hackathon-live"], ["hackathon-live-database:/var/lib/mysql"]],
  ])("%s is on the networks %j with the volumes %j", (name, networks, volumes) => {
    const { inputs } = named(resources, name);
    expect(inputs.networksAdvanced.map(({ name }: Record<string, unknown>) => name)).toEqual(networks);
    const mounted = inputs.volumes.map(
      ({ volumeName, containerPath, readOnly }: Record<string, unknown>) =>
        `${volumeName}:${containerPath}${readOnly ? ":ro" : ""}`,
    );
    expect(mounted).toEqual(volumes);
  });

  test("workers know the master by its name at the address where it listens for them alone", () => {
    const name = "hackathon-ci-workers";
    expect(named(resources, "ci").inputs.networksAdvanced).toContainEqual({
      name: "hackathon_workers",
      aliases: [name],
    });
    expect(plain("ci")).toContain(`CI_WORKERS_HOST=${name}`);
    for (const worker of ["worker-1", "release-worker", "live-deployer"]) {
      expect(plain(worker)).toContain(`CI_MASTER=${name}:9989`);
    }
  });

  test("nothing but the live server's own mounts its volumes or is on its network", () => {
    const live = resources
      .filter(({ type }) => type === CONTAINER)
      .filter(({ inputs }) => JSON.stringify([inputs.networksAdvanced, inputs.volumes]).includes("hackathon-live"))
      .map(({ name }) => name);
    expect(live.sort()).toEqual(["live-db", "live-deployer", "live-web"]);
  });

  test.each([
    ["git", ["CI_HOOK_SECRET", "GIT_CI_PASSWORD"]],
    ["ci", ["CI_HOOK_SECRET", "DEPLOYER_PASSWORD", "GIT_CI_PASSWORD", "RELEASE_WORKER_PASSWORD", "WORKER_PASSWORD"]],
    ["worker-1", ["WORKER_PASSWORD"]],
    ["release-worker", ["WORKER_PASSWORD"]],
    ["live-deployer", ["DB_PASSWORD", "WORKER_PASSWORD"]],
    ["live-web", ["DB_PASSWORD"]],
    ["alice-code", ["DB_PASSWORD", "GIT_PASSWORD", "PASSWORD"]],
    ["alice-web", ["DB_PASSWORD"]],
    ["gateway", []],
    ["portal", []],
  ])("%s has the secrets %j", (name, expected) => {
    expect(secretNames(name)).toEqual(expected);
  });

  test("workers of branches, of releases and the deployer log in with different passwords", () => {
    const password = (name: string) =>
      named(resources, name).secrets.find((secret) => /^WORKER_P/.test(String(secret)));
    expect(password("worker-1")).toBe("WORKER_PASSWORD=generated-ci-worker-password");
    expect(password("release-worker")).toBe("WORKER_PASSWORD=generated-ci-release-worker-password");
    expect(password("live-deployer")).toBe("WORKER_PASSWORD=generated-ci-deployer-password");
  });

  test("the git server has an account for each member, in roster order", () => {
    expect(named(resources, "roster").inputs.envs).toContain(
      "GIT_GIT_ACCOUNTS=alice:generated-alice-git-password bob:generated-bob-git-password",
    );
    expect(named(resources, "bob-code").secrets).toContain("GIT_PASSWORD=generated-bob-git-password");
  });

  test.each([
    [
      "git",
      [
        "CI_API_URL=http://hackathon-ci:8080/api/v2",
        "CI_HOOK_URL=http://hackathon-ci:8080/change_hook/base",
        "CI_URL=http://ci.localhost:8080",
        "GIT_ACCOUNTS_FILE=/run/roster/GIT_ACCOUNTS",
        "GIT_ALLOW_DELETION=off",
        "GIT_ALLOW_FORCE_PUSH=off",
        "GIT_INTERNAL_URL=http://hackathon-git:8080",
        "GIT_PROTECTED_BRANCHES=main",
        "GIT_REPOSITORIES=app",
        "GIT_URL=http://git.localhost:8080",
      ],
    ],
    [
      "ci",
      [
        'CI_LIVE={"repositories":{"app":"deployer"},"others":null}',
        'CI_SETTINGS={"deployBranch":"main","timeout":600,"steps":[],"environment":{},"dist":"dist","workflows":"run","unrunnable":"warn","anonymous":true}',
        "CI_URL=http://ci.localhost:8080",
        "CI_WORKERS=1",
        "CI_WORKERS_HOST=hackathon-ci-workers",
        "GIT_ACCOUNT_URL=http://hackathon-git:8080/-/account",
        "GIT_INTERNAL_URL=http://hackathon-git:8080",
        "GIT_URL=http://git.localhost:8080",
        "TEAM=hackathon",
      ],
    ],
    [
      "worker-1",
      [
        "CI_MASTER=hackathon-ci-workers:9989",
        "CI_ROLE=worker",
        "MAIL_FROM=ci@localhost",
        "PUBLIC_DOMAIN=localhost",
        "PUBLIC_FORWARDS=8080=hackathon-gateway:8090",
        "SMTP_HOST=hackathon-mail",
        "SMTP_PORT=1025",
        "TZ=UTC",
        "WORKER_NAME=worker-1",
      ],
    ],
    [
      "release-worker",
      [
        "CI_MASTER=hackathon-ci-workers:9989",
        "CI_ROLE=release",
        "MAIL_FROM=ci@localhost",
        "PUBLIC_DOMAIN=localhost",
        "PUBLIC_FORWARDS=8080=hackathon-gateway:8090",
        "SMTP_HOST=hackathon-mail",
        "SMTP_PORT=1025",
        "TZ=UTC",
        "WORKER_NAME=release-worker",
      ],
    ],
    [
      "live-deployer",
      [
        "CI_MASTER=hackathon-ci-workers:9989",
        "CI_ROLE=deployer",
        "DB_HOST=hackathon-live-db",
        "DB_NAME=app",
        "DB_PORT=3306",
        "DB_USER=app",
        "LIVE_REPOSITORY=app",
        "LIVE_SERVER=hackathon-live-web:13380",
        "MAIL_FROM=ci@localhost",
        "PUBLIC_DOMAIN=localhost",
        "PUBLIC_FORWARDS=8080=hackathon-gateway:8090",
        "REPOSITORY=app",
        "SITE_DOMAIN=localhost",
        "SITE_PORT=8080",
        "SITE_SCHEME=http",
        "SMTP_HOST=hackathon-mail",
        "SMTP_PORT=1025",
        "TZ=UTC",
        "WORKER_NAME=deployer",
      ],
    ],
  ])("%s has exactly these settings", (name, expected) => {
    expect(plain(name)).toEqual(expected);
  });

  test("every site serves the first repository: a member's their own clone, the live server its release", () => {
    expect(plain("alice-web")).toContain("REPOSITORY=app");
    expect(plain("alice-web").filter((variable) => variable.startsWith("RELEASES_ROOT="))).toEqual([]);
    expect(plain("live-web")).toEqual(expect.arrayContaining(["REPOSITORY=app", "RELEASES_ROOT=/srv/live"]));
    expect(plain("live-web")).toContain("PHP_DISPLAY_ERRORS=off");
    expect(plain("alice-code")).toEqual(
      expect.arrayContaining(["GIT_REPOSITORIES=app", "GIT_URL=http://hackathon-git:8080"]),
    );
  });

  test("tests of branches give way to everything else while the CPUs are busy", async () => {
    const shares = (name: string) => named(resources, name, "docker:index/container:Container").inputs.cpuShares;
    expect(["worker-1", "release-worker", "live-deployer", "alice-web"].map(shares)).toEqual([
      128,
      undefined,
      undefined,
      undefined,
    ]);
    const pods = (await run(kubernetes)).filter(({ type }) => type.startsWith("kubernetes:apps/"));
    const requested = (component: string) =>
      pods.find(({ inputs }) => inputs.spec.template.metadata.labels["muster.component"] === component)?.inputs.spec
        .template.spec.containers[0].resources.requests.cpu;
    expect([requested("worker-1"), requested("release-worker")]).toEqual(["7m", "50m"]);
  });

  test("gateway and portal link to git server, CI, live site and inbox", () => {
    expect(plain("gateway")).toContain(
      "GATEWAY_ROUTES=*--live=hackathon-live-web:13380 ci=hackathon-ci:8080 git=hackathon-git:8080 live=hackathon-live-web:13380 mail=hackathon-mail:8080",
    );
    const config = named(resources, "roster").inputs.envs.find((line: string) => line.startsWith("PORTAL_PORTAL"));
    expect(JSON.parse(config.slice("PORTAL_PORTAL_CONFIG=".length)).services).toEqual([
      { kind: "git", name: "Git", url: "http://git.localhost:8080", probe: "http://hackathon-git:8080/-/health" },
      { kind: "ci", name: "CI", url: "http://ci.localhost:8080", probe: "http://hackathon-ci:8080/-/health" },
      {
        kind: "live",
        name: "Live",
        url: "http://live.localhost:8080",
        probe: "http://hackathon-live-web:13380/-/status",
      },
      {
        kind: "mail",
        name: "Mail",
        url: "http://mail.localhost:8080",
        probe: "http://hackathon-mail:8080/api/healthz",
      },
    ]);
  });

  test("the live network's addresses stay when everybody else is another", async () => {
    const others = await run({ members: Array.from({ length: 20 }, (_, index) => ({ id: `m${index}` })) });
    const network = "docker:index/network:Network";
    expect(named(others, "live-network", network).inputs).toEqual(named(resources, "live-network", network).inputs);
    expect(named(resources, "live-network", network).inputs.ipamConfigs).toEqual([
      { gateway: "10.195.24.193", subnet: "10.195.24.192/28" },
    ]);
  });

  test.each<[string, object, { changed?: string[]; created?: string[] }]>([
    ["a step of the CI", { ci: { steps: [{ name: "lint", command: "true" }] } }, { changed: ["ci"] }],
    ["a variable of the CI", { ci: { environment: { A: "1" } } }, { changed: ["ci"] }],
    ["the deploy branch", { ci: { deployBranch: "live" } }, { changed: ["ci", "git", "roster"] }],
    ["two more workers", { ci: { workers: 3 } }, { changed: ["ci"], created: ["worker-2", "worker-3"] }],
    ["the workers' limits", { ci: { limits: { memory: 2048 } } }, { changed: ["release-worker", "worker-1"] }],
    ["a force push's permission", { git: { forcePush: true } }, { changed: ["git"] }],
    [
      "a second repository",
      { repositories: ["app", "blog"] },
      {
        changed: ["alice-code", "bob-code", "ci", "gateway", "git", "roster"],
        created: ["live--blog-db", "live--blog-deployer", "live--blog-web"],
      },
    ],
    [
      "another first repository",
      { repositories: ["blog"] },
      {
        changed: ["alice-code", "alice-web", "bob-code", "bob-web", "ci", "git", "live-deployer", "live-web", "roster"],
      },
    ],
    [
      "new repositories that go live",
      { ci: { newRepositories: "live" } },
      { changed: ["ci", "live-db", "live-deployer"] },
    ],
    ["a variable of live's", { live: { environment: { A: "1" } } }, { changed: ["live-deployer", "live-web"] }],
    [
      "a variable of members'",
      { defaults: { environment: { A: "1" } } },
      { changed: ["alice-code", "alice-web", "bob-code", "bob-web"] },
    ],
    [
      "a variable of everybody's",
      { environment: { A: "1" } },
      { changed: ["alice-code", "alice-web", "bob-code", "bob-web", "live-deployer", "live-web"] },
    ],
    ["PHP on the live server", { live: { php: { uploadLimit: 8 } } }, { changed: ["live-web"] }],
    ["the live database's limits", { live: { limits: { db: { memory: 512 } } } }, { changed: ["live-db"] }],
    ["the live server's cache", { live: { cache: "redis" } }, { changed: ["live-web"], created: ["live-cache"] }],
    ["everybody's limits", { defaults: { limits: { web: { memory: 512 } } } }, { changed: ["alice-web", "bob-web"] }],
  ])("%s replaces only these containers", async (_, config, { changed = [], created = [] }) => {
    const after = await run(config);
    const containers = (list: readonly RegisteredResource[]) =>
      new Map(list.filter(({ type }) => type === CONTAINER).map(({ name, inputs }) => [name, JSON.stringify(inputs)]));
    const [old, now] = [containers(resources), containers(after)];
    expect([...now.keys()].filter((name) => !old.has(name)).sort()).toEqual(created);
    expect(
      [...now]
        .filter(([name, inputs]) => old.has(name) && old.get(name) !== inputs)
        .map(([name]) => name)
        .sort(),
    ).toEqual(changed);
    expect([...old.keys()].filter((name) => !now.has(name))).toEqual([]);
  });

  test("the live sites of two repositories share no container, volume, private network or password", async () => {
    const both = await run({ repositories: ["app", "my-blog"], live: { cache: "redis" } });
    const scope = "live--my-blog";
    const own = both.filter(({ name, type }) => type === CONTAINER && name.startsWith(scope)).map(({ name }) => name);
    expect(own.sort()).toEqual(["cache", "db", "deployer", "web"].map((component) => `${scope}-${component}`));
    const touches = (name: string) => JSON.stringify([named(both, name).inputs, named(both, name).secrets]);
    for (const name of own)
      expect(touches(name)).not.toMatch(/hackathon-live-(?!-)|generated-live-(?!-)|ci-deployer-password/);
    for (const name of ["live-web", "live-db", "live-deployer"]) expect(touches(name)).not.toContain(scope);
    const settings = named(both, `${scope}-deployer`).inputs.envs;
    expect(settings).toEqual(
      expect.arrayContaining(["LIVE_REPOSITORY=", "REPOSITORY=my-blog", "WORKER_NAME=deployer-my-blog"]),
    );
    expect(named(both, `${scope}-web`).inputs.envs).toEqual(
      expect.arrayContaining(["MEMBER_ID=live", "REPOSITORY=my-blog"]),
    );
    expect(named(both, "ci").inputs.envs).toContain(
      'CI_LIVE={"repositories":{"app":"deployer","my-blog":"deployer-my-blog"},"others":null}',
    );
    expect(named(both, "gateway").inputs.envs.join()).toContain("my-blog--live=hackathon-live--my-blog-web:13380");
  });

  test("only where new repositories go live is the first live server shared, and takes no root", async () => {
    const shared = await run({ repositories: ["app", "blog"], ci: { newRepositories: "live" } });
    const settings = (name: string) => named(shared, name).inputs.envs.join("\n");
    expect(settings("ci")).toContain('"others":"deployer"');
    expect(settings("live-db")).not.toContain("DB_LOCAL_ROOT");
    expect(settings("live--blog-db")).toContain("DB_LOCAL_ROOT=on");
    expect(settings("live-db")).not.toContain("MARIADB_FLUSH_AT_COMMIT");
    expect(settings("alice-db")).toContain("MARIADB_FLUSH_AT_COMMIT=off");
    expect(named(shared, "live-deployer").secrets.join()).toContain("DB_ADMIN_PASSWORD");
    expect(named(shared, "live--blog-deployer").secrets.join()).not.toContain("DB_ADMIN_PASSWORD");
  });
});

describe("on Kubernetes", () => {
  let resources: RegisteredResource[];
  beforeAll(async () => {
    resources = await run(kubernetes);
  });
  const policy = (name: string) => named(resources, name, "kubernetes:networking.k8s.io/v1:NetworkPolicy").inputs.spec;

  test.each([
    ["alice", ["code", "db", "web"]],
    ["live", ["db", "deployer", "web"]],
  ])("what runs in the scope of %s fits into its share, and a replacement beside it", (owner, components) => {
    const inside = (type: string) =>
      resources.filter(
        (resource) =>
          resource.type.startsWith(type) && resource.inputs.metadata.namespace === `muster-hackathon-${owner}`,
      );
    const pods = inside("kubernetes:apps/");
    expect(pods.map(({ name }) => name).sort()).toEqual(components.map((component) => `${owner}-${component}`));
    const { hard } = named(resources, `${owner}-quota`, "kubernetes:core/v1:ResourceQuota").inputs.spec;
    const limits = pods.map(({ inputs }) => inputs.spec.template.spec.containers[0].resources.limits);
    for (const key of ["cpu", "memory"] as const) {
      const values: number[] = limits.map((limit) => Number.parseInt(limit[key], 10));
      const sum = values.reduce((all, value) => all + value, 0);
      expect(sum + Math.max(...values)).toBeLessThanOrEqual(Number.parseInt(hard[`limits.${key}`], 10));
    }
    expect(Number(hard.pods)).toBe(pods.length + 1);
    const claims = inside("kubernetes:core/v1:PersistentVolumeClaim");
    expect(Number(hard.persistentvolumeclaims)).toBe(claims.length);
    const storage: number[] = claims.map(({ inputs }) => Number.parseInt(inputs.spec.resources.requests.storage, 10));
    expect(Number.parseInt(hard["requests.storage"], 10)).toBe(storage.reduce((all, size) => all + size, 0));
  });

  test("only the deployer can write releases", () => {
    const mounts = (name: string) => {
      const { spec } = named(resources, name, "kubernetes:apps/v1:Deployment").inputs.spec.template;
      const { name: volume } = spec.volumes.find(
        ({ persistentVolumeClaim }: { persistentVolumeClaim?: { claimName: string } }) =>
          persistentVolumeClaim?.claimName === "releases",
      );
      return spec.containers[0].volumeMounts.filter((mount: { name: string }) => mount.name === volume);
    };
    expect(mounts("live-web")).toEqual([{ name: "srv-live", mountPath: "/srv/live", readOnly: true }]);
    expect(mounts("live-deployer")).toEqual([{ name: "srv-live", mountPath: "/srv/live" }]);
  });

  /** `port: clients` of each rule, `@` and the namespaces that they may be in before them. */
  const flows = (name: string): string[] =>
    // biome-ignore lint/suspicious/noExplicitAny: a policy's rules, as they were registered.
    (policy(name).ingress ?? []).flatMap(({ ports, from = [{}] }: any) =>
      // biome-ignore lint/suspicious/noExplicitAny: see above.
      from.map(({ namespaceSelector, podSelector }: any) => {
        const [namespace = "own"] = Object.values(namespaceSelector?.matchLabels ?? {});
        const clients = podSelector?.matchExpressions[0].values;
        return clients === undefined ? `${ports[0].port}` : `${ports[0].port} @${namespace} ${clients.join(" ")}`;
      }),
    );

  test.each([
    ["alice-web", ["13380 @own deployer gateway portal", "13380 @muster-hackathon deployer gateway portal"]],
    [
      "alice-code",
      [
        "13337 @own gateway portal",
        "13337 @muster-hackathon gateway portal",
        "9003 @own web",
        "9003 @muster-hackathon web",
        "13338 @own access gateway",
        "13338 @muster-hackathon access gateway",
      ],
    ],
    ["alice-db", ["3306 @own code deployer web"]],
    ["live-db", ["3306 @own code deployer web"]],
    ["live-deployer", []],
    ["worker-1", []],
    ["release-worker", []],
    ["portal", ["8080 @own gateway"]],
    ["gateway", ["8080", "8090 @hackathon code deployer release-worker web worker-1"]],
    ["git", ["8080 @hackathon ci code deployer gateway portal release-worker worker-1"]],
    ["ci", ["8080 @hackathon gateway git portal", "9989 @hackathon deployer release-worker worker-1"]],
  ])("only its clients connect to %s", (name, expected) => {
    expect(flows(name)).toEqual(expected);
  });

  test("only what runs the members' code connects to the world", () => {
    const open = resources
      .filter(({ type }) => type === "kubernetes:networking.k8s.io/v1:NetworkPolicy")
      .filter(({ inputs }) => JSON.stringify(inputs.spec.egress ?? []).includes("ipBlock"))
      .map(({ name }) => name);
    const members = ["alice-code", "alice-web", "bob-code", "bob-web"];
    expect(open.sort()).toEqual([...members, "live-web", "release-worker", "worker-1"]);
  });
});
