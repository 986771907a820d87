import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { WORKLOADS } from "../config/catalogue";
import type { Team } from "../config/members";
import { teamUrl } from "../config/naming";
import { teamConfig } from "../config/schema/team";
import { fixedPath, replaceSecretValues } from "../config/secrets";
import { workerNames } from "../config/workloads";
import type { Endpoint, Mount, Platform, Scope } from "../platform/platform";
import type { DatabaseAccess } from "./apm-stack";

export interface CiRunnerArgs {
  readonly platform: Platform;
  /** The team's own scope, for the master and the test workers. */
  readonly scope: Scope;
  readonly team: Team;
  /** Where the git server will answer: the runner comes first, because the git server tells it of pushes. */
  readonly gitHost: string;
  readonly live: LiveTarget;
}

/** What the deployer may touch. */
export interface LiveTarget {
  /** The live server's scope, which the deployer joins. */
  readonly scope: Scope;
  readonly releases: Mount;
  /** For the migrations of a release. */
  readonly database: DatabaseAccess;
}

/** How the git server and the runner reach each other. */
export interface CiAccess {
  /** Base URL of the runner, from inside. */
  readonly url: string;
  /** Base URL of the repositories, from inside. */
  readonly gitUrl: string;
  /** With this the git server tells of a push. */
  readonly hookSecret: pulumi.Output<string>;
  /** With this the runner reads repositories. */
  readonly gitPassword: pulumi.Output<string>;
}

const HTTP_PORT = 8080;
/** Workers connect here. */
const WORKER_PORT = 9989;

/**
 * Code of the repositories runs beside the worker as the same user. The worker forgets its password, and no other
 * process of the container may have it in its environment.
 */
const UNSPIED = { probe: { kind: "none" }, init: false } as const;

/**
 * Lints and tests every push, and puts a green deploy branch live: a Buildbot master, test workers, and a deployer.
 * Code under test shares no container with the live site or with a secret of the deployer's.
 *
 * @example
 * const ci = new CiRunner("ci", { platform, scope, team, gitHost: "muster-git", live }, { parent: this });
 */
export class CiRunner extends pulumi.ComponentResource {
  readonly endpoint: Endpoint;
  readonly access: CiAccess;

  constructor(name: string, args: CiRunnerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("muster:index:CiRunner", name, {}, opts);
    const { platform, scope, team, live } = args;
    const child = { parent: this };
    const secret = (purpose: string) =>
      new random.RandomPassword(`${name}-${purpose}`, { length: 32, special: false }, child).result;

    const gitUrl = `http://${args.gitHost}:${HTTP_PORT}`;
    const gitPassword = secret("git-password");
    const hookSecret = secret("hook-secret");
    const workerPassword = secret("worker-password");
    const deployerPassword = secret("deployer-password");

    const { workers, limits, ...settings } = team.ci;
    const upstream = upstreamSettings(team);
    this.endpoint = platform.workload(
      scope,
      {
        component: "ci",
        image: platform.image("ci-master"),
        env: {
          CI_SETTINGS: JSON.stringify(settings),
          CI_URL: teamUrl(team, "ci"),
          CI_WORKERS: String(workers),
          GIT_ACCOUNT_URL: `${gitUrl}/-/account`,
          GIT_INTERNAL_URL: gitUrl,
          GIT_URL: teamUrl(team, "git"),
          TEAM: team.id,
          ...upstream.env,
        },
        secrets: {
          CI_HOOK_SECRET: hookSecret,
          DEPLOYER_PASSWORD: deployerPassword,
          GIT_CI_PASSWORD: gitPassword,
          WORKER_PASSWORD: workerPassword,
          ...upstream.secrets,
        },
        mounts: [{ volume: platform.volume(scope, "ci", child), path: "/var/lib/buildbot" }],
        port: HTTP_PORT,
        extraPorts: [{ port: WORKER_PORT, clients: [...workerNames(team), "deployer"] }],
        exposure: "scopes",
        clients: ["gateway", "portal", "git"],
        // Repositories of another git server are read there.
        outbound: team.upstream !== undefined,
        probe: { kind: "http", path: "/-/health" },
        resources: WORKLOADS.ci.limits,
        stopGrace: 20,
      },
      child,
    );
    this.access = { url: `http://${this.endpoint.host}:${this.endpoint.port}`, gitUrl, hookSecret, gitPassword };

    const master = `${this.endpoint.host}:${WORKER_PORT}`;
    for (const worker of workerNames(team)) {
      platform.workload(
        scope,
        {
          component: worker,
          image: platform.image("ci-worker"),
          env: { CI_MASTER: master, CI_ROLE: "worker", WORKER_NAME: worker },
          secrets: { WORKER_PASSWORD: workerPassword },
          mounts: [{ volume: platform.volume(scope, worker, child), path: "/var/lib/worker" }],
          port: HTTP_PORT,
          exposure: "private",
          clients: [],
          // Builds install packages.
          outbound: true,
          ...UNSPIED,
          resources: limits,
          stopGrace: 10,
        },
        child,
      );
    }
    platform.workload(
      live.scope,
      {
        component: "deployer",
        image: platform.image("ci-worker"),
        env: { ...live.database.env, CI_MASTER: master, CI_ROLE: "deployer", WORKER_NAME: "deployer" },
        secrets: { ...live.database.secrets, WORKER_PASSWORD: deployerPassword },
        mounts: [live.releases],
        port: HTTP_PORT,
        exposure: "team",
        clients: [],
        scratch: ["/var/lib/worker"],
        ...UNSPIED,
        resources: WORKLOADS.deployer.limits,
        stopGrace: 30,
      },
      child,
    );

    this.registerOutputs();
  }
}

/** What the master is told of a git server that the team already had. */
function upstreamSettings({ upstream, repositories }: Team) {
  if (upstream === undefined) return { env: {}, secrets: {} };
  const secrets: Record<string, pulumi.Output<string>> = {};
  const settings = replaceSecretValues(
    teamConfig.shape.upstream,
    upstream,
    (name, value) => {
      secrets[name] = pulumi.secret(value);
    },
    fixedPath("upstream"),
  );
  return { env: { CI_UPSTREAM: JSON.stringify({ ...settings, repositories }) }, secrets };
}
