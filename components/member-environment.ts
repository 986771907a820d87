import * as pulumi from "@pulumi/pulumi";
import { VOLUME_PATHS } from "../config/catalogue";
import type { EditorOptions } from "../config/options";
import type { Platform } from "../platform/platform";
import { ApmStack } from "./apm-stack";
import { CodeServer, type GitAccess } from "./code-server";
import type { MailAccess } from "./mail";
import type { PublicNames } from "./public-names";

export interface MemberEnvironmentArgs {
  /** What runs the workloads: Docker or Kubernetes. */
  readonly platform: Platform;
  /** Id, name, e-mail address, limits, extensions, PHP settings, cache. */
  readonly member: EditorOptions;
  /**
   * Whether members sign in at the gateway, which then says whose ports it leads to.
   *
   * @default false
   */
  readonly signIn?: boolean;
  /**
   * Whether visitors use https, because something in front of the gateway ends TLS.
   *
   * @default false
   */
  readonly tls?: boolean;
  /**
   * With which programs trust the team's authority: `trustSettings` of a gateway.
   *
   * @default {}
   */
  readonly trust?: Readonly<Record<string, string>>;
  /**
   * Where the workspace's repositories are cloned from; the first becomes the site.
   *
   * @default none: the site is the folder `app` of the workspace
   */
  readonly git?: GitAccess;
  /**
   * Where mail goes, by PHP's `mail()` and by SMTP.
   *
   * @default none: sending fails
   */
  readonly mail?: MailAccess;
  /**
   * How site and editor reach public addresses, and where ports of the editor have theirs.
   *
   * @default by DNS, as anybody does; ports have no addresses
   */
  readonly names?: PublicNames;
}

/** What a member logs in with, by service. */
export interface Credentials {
  readonly editor: pulumi.Output<string>;
  readonly database: pulumi.Output<string>;
  /** Undefined without a git server. */
  readonly git: pulumi.Output<string> | undefined;
}

/**
 * All that one member has: a scope of their own, a workspace, an Apache stack that serves it, and an editor on it.
 * The member's id names it, so that roster edits touch nobody else.
 *
 * @example
 * const alice = new MemberEnvironment("alice", { platform, member: { id: "alice", cache: "redis" } });
 */
export class MemberEnvironment extends pulumi.ComponentResource {
  /** What the member logs in with. */
  readonly credentials: Credentials;

  constructor(
    name: string,
    { platform, member, tls = false, trust = {}, signIn = false, git, mail, names }: MemberEnvironmentArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("muster:index:MemberEnvironment", name, {}, opts);
    const child = { parent: this };

    const scope = platform.scope(member.id, child);
    const workspace = {
      volume: platform.volume(scope, "workspace", child),
      path: VOLUME_PATHS.workspace,
      shared: true,
    };
    const stack = new ApmStack(
      name,
      {
        platform,
        scope,
        owner: member,
        tls,
        trust,
        debugHost: platform.host(scope, "code"),
        localRoot: true,
        files: workspace,
        ...(mail && { mail }),
        ...(names && { names }),
        site: { REPOSITORY: git?.repositories[0] ?? "app" },
      },
      child,
    );
    const editor = new CodeServer(
      name,
      {
        platform,
        scope,
        member,
        workspace,
        trust,
        database: stack.database,
        signIn,
        ...(git && { git }),
        ...(mail && { mail }),
        ...(names && { names }),
      },
      child,
    );

    this.credentials = { editor: editor.password, database: stack.databasePassword, git: git?.password };
    this.registerOutputs();
  }
}
