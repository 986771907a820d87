import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { VOLUME_PATHS, WORKLOADS } from "../config/catalogue";
import { gitOf } from "../config/options";
import type { GitOptions } from "../config/schema/team";
import type { Endpoint, Platform, Scope } from "../platform/platform";
import { pairs } from "./access";
import type { CiAccess } from "./ci-runner";

export interface GitServerArgs {
  /** What runs the workloads: Docker or Kubernetes. */
  readonly platform: Platform;
  /** The team's own scope. */
  readonly scope: Scope;
  /** Its public URL. */
  readonly url: string;
  /** Ids of who has an account; at least one. */
  readonly accounts: readonly string[];
  /**
   * Repositories to make at the start; others are made at their first push.
   *
   * @default []
   */
  readonly repositories?: readonly string[];
  /**
   * What accounts may do to the runner's deploy branch: `forcePush`, `deletion`.
   *
   * @default { forcePush: false, deletion: false }
   */
  readonly git?: GitOptions;
  /** The runner that hears of every push. */
  readonly ci: CiAccess;
}

/**
 * The team's repositories over smart HTTP, browsable, with an account for each member. It follows the roster's accounts
 * while it runs; repositories and undelivered news of pushes are in its volume.
 *
 * @example
 * const scope = platform.scope(undefined, {});
 * const ci = new CiRunner("ci", { platform, scope, url: "http://ci.localhost:8080" });
 * const url = "http://git.localhost:8080";
 * const git = new GitServer("git", { platform, scope, url, accounts: ["alice"], ci: ci.access });
 * // git.passwords.alice
 */
export class GitServer extends pulumi.ComponentResource {
  /** Where other workloads reach it. */
  readonly endpoint: Endpoint;
  /** Password by account. */
  readonly passwords: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(name: string, args: GitServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("muster:index:GitServer", name, {}, opts);
    const { platform, scope, ci, repositories = [] } = args;
    const { forcePush, deletion } = gitOf(args.git);
    if (args.accounts.length === 0) throw new Error(`git server "${name}" has no account: name one in accounts`);
    const child = { parent: this };

    this.passwords = Object.fromEntries(
      args.accounts.map((id) => [
        id,
        new random.RandomPassword(platform.name(id, "git-password"), { length: 24, special: false }, child).result,
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
          CI_URL: ci.publicUrl,
          GIT_ALLOW_DELETION: onOff(deletion),
          GIT_ALLOW_FORCE_PUSH: onOff(forcePush),
          GIT_INTERNAL_URL: ci.gitUrl,
          GIT_PROTECTED_BRANCHES: ci.deployBranch,
          GIT_REPOSITORIES: repositories.join(" "),
          GIT_URL: args.url,
        },
        secrets: { CI_HOOK_SECRET: ci.hookSecret, GIT_CI_PASSWORD: ci.gitPassword },
        roster: { GIT_ACCOUNTS: pairs(this.passwords) },
        mounts: [{ volume: platform.volume(scope, "repositories", child), path: VOLUME_PATHS.repositories }],
        port: WORKLOADS.git.port,
        exposure: "scopes",
        clients: ["gateway", "portal", "code", "ci", "deployer", ...ci.workers],
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
