import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { VOLUME_PATHS, WORKLOADS } from "../config/catalogue";
import type { Team } from "../config/members";
import { ciOf } from "../config/options";
import { type CiOptions, teamConfig } from "../config/schema/team";
import { fixedPath, replaceSecretValues } from "../config/secrets";
import { workerNames } from "../config/workloads";
import type { Endpoint, Platform, Scope, WorkloadSpec } from "../platform/platform";
import { deployerName, type LiveTarget, liveSettings, passwordOf } from "./live-target";
import type { MailAccess } from "./mail";
import { NAMES_FOLDER, namesSpec, type PublicNames } from "./public-names";

export interface CiRunnerArgs {
  /** What runs the workloads: Docker or Kubernetes. */
  readonly platform: Platform;
  /** The team's own scope, for the master and the test workers. */
  readonly scope: Scope;
  /** Its public URL. */
  readonly url: string;
  /**
   * Public URL of the team's git server, which submodules of its repositories may name.
   *
   * @default none: relative addresses only
   */
  readonly gitUrl?: string;
  /**
   * The team's name, in the page's title.
   *
   * @default "Team"
   */
  readonly team?: string;
  /**
   * The keys of `ci` in a roster: `deployBranch`, `workers`, `timeout`, `steps`, `environment`, `dist`,
   * `workflows`, `unrunnable`, `newRepositories`, `anonymous`, `limits`.
   *
   * @default {}
   */
  readonly settings?: CiOptions;
  /**
   * IANA name of the time zone in which steps run.
   *
   * @default "UTC"
   */
  readonly timezone?: string;
  /**
   * What a green deploy branch is put live on, one for each repository.
   *
   * @default []: every push is tested, and nothing is deployed
   */
  readonly live?: readonly LiveTarget[];
  /**
   * Where the mail of tests and migrations goes.
   *
   * @default none: sending fails
   */
  readonly mail?: MailAccess;
  /**
   * How tests and migrations reach public addresses.
   *
   * @default by DNS, as anybody does
   */
  readonly names?: PublicNames;
  /**
   * With which programs trust the team's authority: `trustSettings` of a gateway.
   *
   * @default {}
   */
  readonly trust?: Readonly<Record<string, string>>;
  /**
   * A git server that the team already has, and which of its repositories are tested.
   *
   * @default none
   */
  readonly upstream?: Upstream;
}

/** Another git server than a `GitServer`: the keys of `upstream` in a roster, and the names of its repositories. */
export type Upstream = NonNullable<Team["upstream"]> & Pick<Team, "repositories">;

/** How the git server and the runner reach each other. */
export interface CiAccess {
  /** Base URL of the runner, from inside. */
  readonly url: string;
  /** Base URL of the runner, for people. */
  readonly publicUrl: string;
  /** Components of all that build. */
  readonly workers: readonly BuildWorker[];
  /** Goes live when it is green; the git server protects it. */
  readonly deployBranch: string;
  /** Base URL of the repositories, from inside. */
  readonly gitUrl: string;
  /** With this the git server tells of a push. */
  readonly hookSecret: pulumi.Output<string>;
  /** With this the runner reads repositories. */
  readonly gitPassword: pulumi.Output<string>;
}

type BuildWorker = `worker-${number}` | "release-worker";

const HTTP_PORT = 8080;
/** Workers connect here. */
const WORKER_PORT = 9989;

/**
 * Code of the repositories runs beside the worker as the same user. The worker forgets its password, and no other
 * process of the container may have it in its environment.
 */
const UNSPIED = { probe: { kind: "none" }, init: false } as const;

/**
 * Lints and tests every push, and puts a green deploy branch live: a Buildbot master, test workers, a worker for
 * the deploy branch only, and a deployer. Code under test shares no container with the live site or with a secret of the
 * deployer's, and code that is not merged none with what goes live.
 *
 * @example
 * const scope = platform.scope(undefined, {});
 * const url = "http://ci.localhost:8080";
 * const ci = new CiRunner("ci", { platform, scope, url, settings: { workers: 2, timeout: 300 } });
 * // ci.access is for a GitServer in the same scope, named "git"
 */
export class CiRunner extends pulumi.ComponentResource {
  /** Where other workloads reach it. */
  readonly endpoint: Endpoint;
  /** For the git server. */
  readonly access: CiAccess;

  constructor(name: string, args: CiRunnerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("muster:index:CiRunner", name, {}, opts);
    const { platform, scope, live = [], mail, names, trust = {}, timezone = "UTC" } = args;
    const child = { parent: this };
    const secret = (purpose: string) =>
      new random.RandomPassword(`${name}-${purpose}`, { length: 32, special: false }, child).result;

    const gitUrl = `http://${platform.host(scope, "git")}:${HTTP_PORT}`;
    const gitPassword = secret("git-password");
    const hookSecret = secret("hook-secret");
    const workerPassword = secret("worker-password");
    const releasePassword = secret("release-worker-password");
    const deployers = live.map((target) => {
      const worker = deployerName(target);
      return { worker, target, password: secret(`${worker}-password`) };
    });

    // What goes live where is in CI_LIVE.
    const { workers: count, limits, newRepositories: _, ...settings } = ciOf(args.settings);
    const workers: readonly BuildWorker[] = [
      ...workerNames({ ci: { workers: count } }),
      ...(live.length > 0 ? (["release-worker"] as const) : []),
    ];
    const upstream = upstreamSettings(args.upstream);
    const workersHost = platform.zoneHost(scope, "ci", "workers");
    this.endpoint = platform.workload(
      scope,
      {
        component: "ci",
        image: platform.image("ci-master"),
        env: {
          CI_LIVE: JSON.stringify(liveSettings(live)),
          CI_SETTINGS: JSON.stringify(live.length > 0 ? settings : { ...settings, deploys: false }),
          CI_URL: args.url,
          CI_WORKERS: String(count),
          ...(workersHost === undefined ? {} : { CI_WORKERS_HOST: workersHost }),
          GIT_ACCOUNT_URL: `${gitUrl}/-/account`,
          GIT_INTERNAL_URL: gitUrl,
          ...(args.gitUrl === undefined ? {} : { GIT_URL: args.gitUrl }),
          TEAM: args.team ?? "Team",
          ...upstream.env,
        },
        secrets: {
          CI_HOOK_SECRET: hookSecret,
          ...Object.fromEntries(deployers.map(({ worker, password }) => [passwordOf(worker), password])),
          GIT_CI_PASSWORD: gitPassword,
          RELEASE_WORKER_PASSWORD: releasePassword,
          WORKER_PASSWORD: workerPassword,
          ...upstream.secrets,
        },
        mounts: [{ volume: platform.volume(scope, "ci", child), path: VOLUME_PATHS.ci }],
        port: HTTP_PORT,
        extraPorts: [{ port: WORKER_PORT, clients: [...workers, "deployer"], zone: "workers" }],
        exposure: "scopes",
        clients: ["gateway", "portal", "git"],
        // Repositories of another git server are read there.
        outbound: args.upstream !== undefined,
        probe: { kind: "http", path: "/-/health" },
        resources: WORKLOADS.ci.limits,
        stopGrace: 20,
      },
      child,
    );
    this.access = {
      url: `http://${this.endpoint.host}:${this.endpoint.port}`,
      publicUrl: args.url,
      workers,
      deployBranch: settings.deployBranch,
      gitUrl,
      hookSecret,
      gitPassword,
    };

    const master = `${workersHost ?? this.endpoint.host}:${WORKER_PORT}`;
    for (const worker of workers) {
      const releases = worker === "release-worker";
      platform.workload(
        scope,
        {
          component: worker,
          image: platform.image("ci-worker"),
          env: {
            ...mail?.env,
            ...names?.env,
            ...trust,
            CI_MASTER: master,
            CI_ROLE: releases ? "release" : "worker",
            TZ: timezone,
            WORKER_NAME: worker,
          },
          secrets: { WORKER_PASSWORD: releases ? releasePassword : workerPassword },
          mounts: [{ volume: platform.volume(scope, worker, child), path: VOLUME_PATHS.worker }],
          port: HTTP_PORT,
          exposure: "private",
          clients: [],
          // Builds install packages.
          outbound: true,
          scratch: [NAMES_FOLDER],
          ...namesSpec(names),
          ...UNSPIED,
          // What goes live does not wait for tests of branches.
          yields: !releases,
          resources: limits,
          stopGrace: 10,
        },
        child,
      );
    }
    for (const { worker, target, password } of deployers) {
      platform.workload(
        target.scope,
        {
          component: "deployer",
          image: platform.image("ci-worker"),
          env: {
            ...target.env,
            ...mail?.env,
            ...names?.env,
            CI_MASTER: master,
            CI_ROLE: "deployer",
            TZ: timezone,
            WORKER_NAME: worker,
          },
          secrets: { ...target.secrets, WORKER_PASSWORD: password },
          mounts: target.mounts,
          port: HTTP_PORT,
          exposure: "team",
          clients: [],
          // It asks the repository before it puts anything live.
          outbound: args.upstream !== undefined,
          scratch: ["/var/lib/worker", NAMES_FOLDER],
          ...namesSpec(names),
          ...UNSPIED,
          resources: WORKLOADS.deployer.limits,
          stopGrace: 30,
        },
        child,
      );
    }

    this.registerOutputs();
  }
}

/** What the master is told of a git server that the team already had. */
function upstreamSettings(upstream: Upstream | undefined): Required<Pick<WorkloadSpec, "env" | "secrets">> {
  if (upstream === undefined) return { env: {}, secrets: {} };
  const { repositories, ...server } = upstream;
  const secrets: Record<string, pulumi.Output<string>> = {};
  const settings = replaceSecretValues(
    teamConfig.shape.upstream,
    server,
    (name, value) => {
      secrets[name] = pulumi.secret(value);
    },
    fixedPath("upstream"),
  );
  return { env: { CI_UPSTREAM: JSON.stringify({ ...settings, repositories }) }, secrets };
}
