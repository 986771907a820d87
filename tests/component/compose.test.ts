import { beforeAll, describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { adopt, withoutSizes } from "../../cli/targets/docker/compose";
import { resolveTeam } from "../../config/members";
import { parseTeamConfig } from "../../config/schema/team";
import { workloads } from "../../config/workloads";
import { type ComposeExport, renderCompose } from "../../export/compose";
import { recordProgram } from "../../export/record";
import { containerName } from "../../platform/docker/render";
import { configStrings } from "../support/config";

/** The whole program as Docker Compose receives it. */
const raw = {
  team: "hackathon",
  members: [
    { id: "alice", name: "Alice $HOME" },
    { id: "bob", cache: "redis" },
  ],
  ci: { workers: 2, environment: { PRICE: "$5" } },
};

describe("the compose file", () => {
  let written: ComposeExport;
  // biome-ignore lint/suspicious/noExplicitAny: it is read as plain YAML.
  let compose: any;
  beforeAll(async () => {
    written = renderCompose(await recordProgram({ project: "muster", stack: "test", config: configStrings(raw) }));
    compose = parse(written.yaml);
  });

  test("takes volumes that somebody has made with options as they are, and makes the others", () => {
    expect(adopt(written.yaml, { volumes: ["elsewhere"], networks: ["bridge"] })).toBe(written.yaml);
    const { volumes, ...rest } = parse(adopt(written.yaml, { volumes: ["hackathon-alice-home"], networks: [] }));
    expect(adopt(written.yaml, { volumes: ["hackathon-git-roster"], networks: [] })).toBe(written.yaml);
    const home = { name: "hackathon-alice-home", external: true };
    expect({ ...rest, volumes }).toEqual({ ...compose, volumes: { ...compose.volumes, "hackathon-alice-home": home } });
  });

  test("lets the gateway use a port again, and nothing else", () => {
    const said = Object.entries<{ sysctls?: object }>(compose.services).filter(
      ([, { sysctls }]) => sysctls !== undefined,
    );
    expect(said.map(([name, { sysctls }]) => [name, sysctls])).toEqual([["gateway", { "net.ipv4.tcp_tw_reuse": "1" }]]);
  });

  test("gives Podman no size of a volume", () => {
    const { volumes, ...rest } = parse(withoutSizes(written.yaml));
    const roster = { ...compose.volumes["hackathon-git-roster"], driver_opts: undefined };
    expect({ ...volumes["hackathon-git-roster"], driver_opts: undefined }).toEqual(roster);
    expect(volumes["hackathon-git-roster"].driver_opts).toEqual({ type: "tmpfs", device: "tmpfs", o: "mode=1777" });
    expect({ ...rest, volumes: volumes["hackathon-alice-home"] }).toEqual({
      ...compose,
      volumes: compose.volumes["hackathon-alice-home"],
    });
  });

  test("takes networks that Pulumi left as they are", () => {
    const { networks, ...rest } = parse(adopt(written.yaml, { volumes: [], networks: ["hackathon"] }));
    const sites = { name: "hackathon", external: true };
    expect({ ...rest, networks }).toEqual({ ...compose, networks: { ...compose.networks, hackathon: sites } });
  });

  test("has every container", () => {
    const names = Object.values<{ container_name: string }>(compose.services).map((service) => service.container_name);
    const team = resolveTeam(parseTeamConfig(raw));
    expect(names.sort()).toEqual(
      workloads(team)
        .map((workload) => containerName({ team: team.id }, workload.member, workload.component))
        .sort(),
    );
  });

  test("refers to secrets by name, several in one value too", () => {
    const { environment } = compose.services.git;
    expect(compose.services.roster.environment).toContain(
      "GIT_GIT_ACCOUNTS=alice:${ALICE_GIT_PASSWORD} bob:${BOB_GIT_PASSWORD}",
    );
    expect(environment).toContain("GIT_CI_PASSWORD=${CI_GIT_PASSWORD}");
    expect(environment).toContain("CI_HOOK_SECRET=${CI_HOOK_SECRET}");
    expect(compose.services["live-deployer"].environment).toEqual(
      expect.arrayContaining(["DB_PASSWORD=${LIVE_DB_PASSWORD}", "WORKER_PASSWORD=${CI_DEPLOYER_PASSWORD}"]),
    );
    expect(compose.services["worker-2"].environment).toEqual([
      "CI_MASTER=hackathon-ci-workers:9989",
      "CI_ROLE=worker",
      "MAIL_FROM=ci@localhost",
      "PUBLIC_DOMAIN=localhost",
      "PUBLIC_FORWARDS=8080=hackathon-gateway:8090",
      "SMTP_HOST=hackathon-mail",
      "SMTP_PORT=1025",
      "TZ=UTC",
      "WORKER_NAME=worker-2",
      "WORKER_PASSWORD=${CI_WORKER_PASSWORD}",
    ]);
  });

  test("hands the roster out in volumes that only one other container has, from one that is on no network", () => {
    const { roster, git, portal } = compose.services;
    expect([roster.network_mode, roster.networks]).toEqual(["none", undefined]);
    expect(roster.volumes).toEqual(["hackathon-git-roster:/roster/git", "hackathon-portal-roster:/roster/portal"]);
    expect(roster.environment).toContain("ROSTER=git/GIT_ACCOUNTS portal/PORTAL_CONFIG");
    expect(git.volumes).toContain("hackathon-git-roster:/run/roster:ro");
    expect(portal.volumes).toEqual(["hackathon-portal-roster:/run/roster:ro"]);
    expect(portal.environment).toEqual(["PORTAL_CONFIG_FILE=/run/roster/PORTAL_CONFIG"]);
    expect(compose.volumes["hackathon-git-roster"]).toMatchObject({
      driver: "local",
      driver_opts: { type: "tmpfs", device: "tmpfs", o: "size=4m,mode=1777" },
    });
  });

  test("doubles every other dollar sign", () => {
    expect(compose.services["alice-code"].environment).toContain("MEMBER_NAME=Alice $$HOME");
    expect(compose.services.ci.environment).toContainEqual(expect.stringContaining('"PRICE":"$$5"'));
  });

  test("has each secret that it refers to generated, and no other", () => {
    const referred = [...written.yaml.matchAll(/(?<!\$)\$\{(\w+)\}/g)].map(([, name]) => name);
    expect(written.secrets.map(({ name }) => name).sort()).toEqual([...new Set(referred)].sort());
    expect(written.secrets.filter(({ name }) => /^(?:CI|LIVE)_|_GIT_/.test(name))).toEqual([
      { name: "ALICE_GIT_PASSWORD", length: 24 },
      { name: "BOB_GIT_PASSWORD", length: 24 },
      { name: "CI_DEPLOYER_PASSWORD", length: 32 },
      { name: "CI_GIT_PASSWORD", length: 32 },
      { name: "CI_HOOK_SECRET", length: 32 },
      { name: "CI_RELEASE_WORKER_PASSWORD", length: 32 },
      { name: "CI_WORKER_PASSWORD", length: 32 },
      { name: "LIVE_DB_PASSWORD", length: expect.any(Number) },
    ]);
  });

  test("mounts releases read-only where they are served", () => {
    expect(compose.services["live-web"].volumes).toEqual([
      "hackathon-live-releases:/srv/live:ro",
      "hackathon-live-shared:/srv/shared",
    ]);
    expect(compose.services["live-deployer"].volumes).toEqual([
      "hackathon-live-releases:/srv/live",
      "hackathon-live-shared:/srv/shared",
    ]);
    expect(compose.services["worker-1"].volumes).toEqual(["hackathon-worker-1:/var/lib/worker"]);
    const writable = Object.values<{ volumes?: string[] }>(compose.services)
      .flatMap(({ volumes = [] }) => volumes)
      .filter((volume) => !volume.endsWith(":ro"));
    expect(new Set(writable.map((volume) => volume.split(":")[0]))).toEqual(new Set(Object.keys(compose.volumes)));
  });

  test("limits processes by the catalogue, each worker's too", () => {
    const limits = Object.entries<{ pids_limit: number }>(compose.services).map(([name, { pids_limit }]) => [
      name,
      pids_limit,
    ]);
    expect(limits.filter(([, limit]) => limit === undefined)).toEqual([]);
    expect(Object.fromEntries(limits)).toMatchObject({ "alice-code": 1024, "worker-2": 1024, "live-web": 512 });
  });

  test("has the live server's network, which has no way out", () => {
    expect(compose.networks["hackathon-live"]).toMatchObject({ name: "hackathon-live", internal: true });
    expect(compose.services["live-db"].networks).toEqual(["hackathon-live"]);
  });

  test("has images built parents first", () => {
    const names = written.images.map(({ name }) => name.replace(/^muster\/|:[0-9a-f]{12}$/g, ""));
    expect(names).toEqual(expect.arrayContaining(["git-server", "ci-master", "ci-worker"]));
    for (const { name, args } of written.images) {
      const order = written.images.map((image) => image.name);
      if (args.PARENT) expect(order.indexOf(args.PARENT)).toBeLessThan(order.indexOf(name));
    }
  });
});
