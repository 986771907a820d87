import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { DEVELOPMENT_PORTS, VOLUME_PATHS, WORKLOADS } from "../config/catalogue";
import { portUrl } from "../config/naming";
import { type EditorOptions, memberOf } from "../config/options";
import type { Endpoint, Mount, Platform, Scope } from "../platform/platform";
import type { DatabaseAccess } from "./apm-stack";
import type { MailAccess } from "./mail";
import { environmentOf } from "./owner-environment";
import { NAMES_FOLDER, namesSpec, type PublicNames } from "./public-names";

export interface CodeServerArgs {
  /** What runs the workloads: Docker or Kubernetes. */
  readonly platform: Platform;
  /** Where it runs: a scope has room for one editor. */
  readonly scope: Scope;
  /** Whose editor it is: id, name, e-mail address, limits, extensions. */
  readonly member: EditorOptions;
  /** The files to edit: the same that the member's Apache serves. */
  readonly workspace: Mount;
  /** The database that the terminal's client connects to. */
  readonly database: DatabaseAccess;
  /**
   * Where mail goes, by PHP's `mail()` and by SMTP.
   *
   * @default none: sending fails
   */
  readonly mail?: MailAccess;
  /**
   * How programs in the terminal reach public addresses, and where theirs are.
   *
   * @default by DNS, as anybody does; ports of development servers have no addresses
   */
  readonly names?: PublicNames;
  /**
   * Whether members sign in at the gateway: the ports of the member's programs are then open by way of it alone.
   *
   * @default false
   */
  readonly signIn?: boolean;
  /**
   * Where the workspace's repositories are cloned from.
   *
   * @default none: the workspace starts with an empty folder `app`
   */
  readonly git?: GitAccess;
  /**
   * With which programs trust the team's authority: `trustSettings` of a gateway.
   *
   * @default {}
   */
  readonly trust?: Readonly<Record<string, string>>;
}

/** How a member reaches the git server from inside. */
export interface GitAccess {
  /** Base URL of the repositories. */
  readonly url: string;
  /**
   * The same as people see it, in clone lines.
   *
   * @default `url`
   */
  readonly publicUrl?: string;
  /**
   * Base URL of `repositories`, when they are elsewhere.
   *
   * @default `url`
   */
  readonly upstreamUrl?: string | undefined;
  /** Names of the repositories to clone; the first becomes the site. */
  readonly repositories: readonly string[];
  /** The member's own password. */
  readonly password: pulumi.Output<string>;
}

/** Where VS Code's PHP debuggers listen. */
const DEBUGGER_PORT = 9003;

/**
 * A VS Code server in the browser, behind a password of its own. Settings and extensions are kept in a volume.
 *
 * @example
 * const scope = platform.scope("alice", {});
 * const workspace = { volume: platform.volume(scope, "workspace", {}), path: "/workspace", shared: true };
 * const { database } = new ApmStack("alice", { platform, scope, files: workspace });
 * const editor = new CodeServer("alice", { platform, scope, member: { id: "alice" }, workspace, database });
 */
export class CodeServer extends pulumi.ComponentResource {
  /** Where other workloads reach it. */
  readonly endpoint: Endpoint;
  /** What the member logs in with. */
  readonly password: pulumi.Output<string>;

  constructor(name: string, args: CodeServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("muster:index:CodeServer", name, {}, opts);
    const { platform, scope, database, mail, names, git, signIn = false, trust = {} } = args;
    const member = memberOf(args.member);
    const inside = [...(names ? [names.address.domain] : []), ...(git ? [new URL(git.url).hostname] : [])];
    const child = { parent: this };

    this.password = new random.RandomPassword(`${name}-code-password`, { length: 20, special: false }, child).result;

    this.endpoint = platform.workload(
      scope,
      {
        component: "code",
        image: platform.image("code-server"),
        env: {
          ...database.env,
          ...mail?.env,
          ...names?.env,
          ...(names && { VSCODE_PROXY_URI: portUrl(names.address, member.id) }),
          ...trust,
          EXTENSIONS: member.extensions.join(" "),
          ...(git && {
            ...(git.publicUrl === undefined ? {} : { GIT_PUBLIC_URL: git.publicUrl }),
            GIT_REPOSITORIES: git.repositories.join(" "),
            GIT_UPSTREAM_URL: git.upstreamUrl ?? "",
            GIT_URL: git.url,
          }),
          MEMBER_EMAIL: member.email,
          MEMBER_ID: member.id,
          MEMBER_NAME: member.name,
          ...(signIn ? { SIGN_IN: "on" } : {}),
          TZ: member.php.timezone,
        },
        secrets: {
          ...environmentOf(member, inside),
          ...database.secrets,
          ...(git && { GIT_PASSWORD: git.password }),
          PASSWORD: this.password,
        },
        mounts: [args.workspace, { volume: platform.volume(scope, "home", child), path: VOLUME_PATHS.home }],
        port: WORKLOADS.code.port,
        // PHP calls the debugger, not the other way round.
        extraPorts: [
          { port: DEBUGGER_PORT, clients: ["web"] },
          { port: DEVELOPMENT_PORTS.port, clients: ["gateway", "access"] },
        ],
        scratch: [NAMES_FOLDER],
        ...namesSpec(names),
        exposure: "team",
        clients: ["gateway", "portal"],
        outbound: true,
        probe: { kind: "http", path: "/healthz" },
        resources: member.limits.code,
        stopGrace: 10,
      },
      child,
    );

    this.registerOutputs();
  }
}
