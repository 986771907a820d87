import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { WORKLOADS } from "../config/catalogue";
import type { Team } from "../config/members";
import { teamUrl } from "../config/naming";
import { workerNames } from "../config/workloads";
import type { Endpoint, Platform, Scope } from "../platform/platform";
import type { CiAccess } from "./ci-runner";

export interface GitServerArgs {
  readonly platform: Platform;
  readonly scope: Scope;
  readonly team: Team;
  /** The runner that hears of every push. */
  readonly ci: CiAccess;
}

/**
 * The team's repositories over smart HTTP, browsable, with an account for each member. It holds the roster's accounts,
 * so a roster edit replaces it; repositories and undelivered news of pushes are in its volume.
 *
 * @example
 * const git = new GitServer("git", { platform, scope, team, ci }, { parent: this });
 */
export class GitServer extends pulumi.ComponentResource {
  readonly endpoint: Endpoint;
  /** Password by member id. */
  readonly passwords: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(name: string, { platform, scope, team, ci }: GitServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("muster:index:GitServer", name, {}, opts);
    const child = { parent: this };

    this.passwords = Object.fromEntries(
      team.members.map(({ id }) => [
        id,
        new random.RandomPassword(`${id}-git-password`, { length: 24, special: false }, child).result,
      ]),
    );

    const onOff = (value: boolean) => (value ? "on" : "off");
    this.endpoint = platform.workload(
      scope,
      {
        component: "git",
        image: platform.image("git-server"),
        env: {
          CI_API_URL: `${ci.url}/api/v2`,
          CI_HOOK_URL: `${ci.url}/change_hook/base`,
          CI_URL: teamUrl(team, "ci"),
          GIT_ALLOW_DELETION: onOff(team.git.deletion),
          GIT_ALLOW_FORCE_PUSH: onOff(team.git.forcePush),
          GIT_INTERNAL_URL: ci.gitUrl,
          GIT_PROTECTED_BRANCHES: team.ci.deployBranch,
          // An upstream's repositories live on the upstream.
          GIT_REPOSITORIES: team.upstream ? "" : team.repositories.join(" "),
          GIT_URL: teamUrl(team, "git"),
        },
        secrets: {
          CI_HOOK_SECRET: ci.hookSecret,
          GIT_ACCOUNTS: accounts(this.passwords),
          GIT_CI_PASSWORD: ci.gitPassword,
        },
        mounts: [{ volume: platform.volume(scope, "repositories", child), path: "/srv/git" }],
        port: WORKLOADS.git.port,
        exposure: "scopes",
        clients: ["gateway", "portal", "code", "ci", "deployer", ...workerNames(team)],
        probe: { kind: "http", path: "/-/health" },
        resources: WORKLOADS.git.limits,
        // A push that has begun may end.
        stopGrace: 30,
      },
      child,
    );

    this.registerOutputs();
  }
}

/** `alice:secret bob:secret`, in roster order. */
const accounts = (passwords: Readonly<Record<string, pulumi.Output<string>>>): pulumi.Output<string> =>
  pulumi
    .all(Object.entries(passwords).map(([id, password]) => pulumi.interpolate`${id}:${password}`))
    .apply((pairs) => pairs.join(" "));
