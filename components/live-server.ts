import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { LIVE, VOLUME_PATHS } from "../config/catalogue";
import type { PublicAddress } from "../config/naming";
import type { OwnerOptions } from "../config/options";
import { DEFAULT_LIVE_PHP } from "../config/schema/member";
import type { Endpoint, Platform } from "../platform/platform";
import { ApmStack } from "./apm-stack";
import type { LiveTarget } from "./live-target";
import type { MailAccess } from "./mail";
import { environmentOf } from "./owner-environment";
import type { PublicNames } from "./public-names";

export interface LiveServerArgs {
  /** What runs the workloads: Docker or Kubernetes. */
  readonly platform: Platform;
  /**
   * Id of its scope: `live`, or what `liveScope` makes of another repository's name.
   *
   * @default "live"
   */
  readonly id?: string;
  /**
   * Limits, PHP settings, cache and environment variables.
   *
   * @default {}: as a member's, but that PHP shows no errors
   */
  readonly owner?: OwnerOptions;
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
   * The repository whose site is shown at the live server's own name.
   *
   * @default "app"
   */
  readonly repository?: string;
  /**
   * Whether repositories that nobody named go live here, too. Each then has a database with an account of its own.
   * Otherwise the database belongs to the one repository: its account owns the server, and `root` needs no password, as
   * much code has it written in.
   *
   * @default false
   */
  readonly others?: boolean;
  /**
   * Below which domain, and at which port, visitors reach the sites: the deployer then asks each after it changed.
   *
   * @default nobody asks
   */
  readonly address?: Pick<PublicAddress, "domain" | "port">;
  /**
   * Where mail goes, by PHP's `mail()` and by SMTP.
   *
   * @default none: sending fails
   */
  readonly mail?: MailAccess;
  /**
   * How sites reach public addresses, their own among them.
   *
   * @default by DNS, as anybody does
   */
  readonly names?: PublicNames;
}

/** Where releases are: `<root>/<repository>/current` leads to the one that is served. */
const RELEASES = VOLUME_PATHS.releases;

/** What the sites write: `<root>/<repository>/files/…`, linked into the releases. */
const SHARED = VOLUME_PATHS.shared;

/**
 * What the team shows the world of a repository: an Apache stack with a database of its own that serves releases alone.
 * Only the deployer writes them; what the sites themselves write is in a volume of its own. It shares no container, no
 * volume and no network of its own with the live site of another repository.
 *
 * @example
 * const live = new LiveServer("live", { platform, repository: "shop" });
 * const blog = new LiveServer("live--blog", { platform, id: "live--blog", repository: "blog" });
 * // [live.target, blog.target] is what a CiRunner deploys to
 */
export class LiveServer extends pulumi.ComponentResource {
  /** Where other workloads reach it. */
  readonly endpoint: Endpoint;
  /** For the CI runner. */
  readonly target: LiveTarget;
  /** Of the account of the first repository. */
  readonly databasePassword: pulumi.Output<string>;

  constructor(name: string, args: LiveServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("muster:index:LiveServer", name, {}, opts);
    const {
      platform,
      id = LIVE,
      owner = {},
      tls = false,
      trust = {},
      repository = "app",
      others = false,
      address,
      mail,
      names,
    } = args;
    const child = { parent: this };

    const scope = platform.scope(id, child);
    const releases = { volume: platform.volume(scope, "releases", child), path: RELEASES, shared: true };
    const shared = { volume: platform.volume(scope, "shared", child), path: SHARED, shared: true };
    const databaseAdmin = others
      ? new random.RandomPassword(`${name}-db-admin-password`, { length: 32, special: false }, child).result
      : undefined;
    const stack = new ApmStack(
      name,
      {
        platform,
        scope,
        owner: { name: LIVE, ...owner, php: { ...DEFAULT_LIVE_PHP, ...owner.php } },
        tls,
        trust,
        files: { ...releases, readOnly: true },
        shared,
        ...(mail && { mail }),
        ...(names && { names }),
        site: { REPOSITORY: repository, RELEASES_ROOT: RELEASES, SHARED_ROOT: SHARED },
        ...(databaseAdmin ? { databaseAdmin } : { localRoot: true }),
      },
      child,
    );

    this.endpoint = stack.web;
    const { host, port } = stack.web;
    this.databasePassword = stack.databasePassword;
    // The deployer asks the team's own git server what to put live.
    const inside = [...(address ? [address.domain] : []), platform.host({ member: undefined }, "git")];
    this.target = {
      repository,
      others,
      scope,
      mounts: [releases, shared],
      env: {
        ...stack.database.env,
        ...trust,
        LIVE_SERVER: `${host}:${port}`,
        // The one at the live server's own name, if it is here.
        LIVE_REPOSITORY: id === LIVE ? repository : "",
        REPOSITORY: repository,
        SITE_SCHEME: tls ? "https" : "http",
        ...(address && { SITE_DOMAIN: address.domain, SITE_PORT: String(address.port) }),
      },
      secrets: {
        ...environmentOf({ environment: owner.environment ?? {} }, inside),
        ...stack.database.secrets,
        ...(databaseAdmin && { DB_ADMIN_PASSWORD: databaseAdmin }),
      },
    };
    this.registerOutputs();
  }
}
