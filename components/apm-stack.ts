import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { isLive, LIVE, VOLUME_PATHS, WORKLOADS } from "../config/catalogue";
import type { Owner } from "../config/members";
import { type OwnerOptions, ownerOf } from "../config/options";
import type { Endpoint, Mount, Platform, Scope } from "../platform/platform";
import type { MailAccess } from "./mail";
import { environmentNames, environmentOf } from "./owner-environment";
import { NAMES_FOLDER, namesSpec, type PublicNames } from "./public-names";

export interface ApmStackArgs {
  /** What runs the workloads: Docker or Kubernetes. */
  readonly platform: Platform;
  /** Where it runs: a scope has room for one stack. */
  readonly scope: Scope;
  /**
   * Name, limits, PHP settings, cache and environment variables.
   *
   * @default {}
   */
  readonly owner?: OwnerOptions;
  /** The files that Apache serves. */
  readonly files: Mount;
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
  /**
   * Where its sites write what they keep.
   *
   * @default `files`
   */
  readonly shared?: Mount;
  /**
   * What the web server is told about the files: every folder of them is a repository with a site of its own, and
   * `REPOSITORY` names the one that answers every name that no other has.
   *
   * @default {}
   */
  readonly site?: Readonly<Record<string, string>>;
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
   * Makes the stack one to develop on: its web server hands requests to a debugger on this host, and its database does
   * not wait for the disk at each commit.
   *
   * @default a stack for visitors
   */
  readonly debugHost?: string;
  /**
   * Whether the database takes `root` without a password, as much code has it written in.
   *
   * @default false
   */
  readonly localRoot?: boolean;
  /**
   * Whether Apache listens at the platform's port itself, with no gateway in front of it.
   *
   * @default false
   */
  readonly published?: boolean;
  /**
   * Gives the database an account that makes others, with this password; the stack's own then owns its database alone.
   *
   * @default the stack's own account is the only one
   */
  readonly databaseAdmin?: pulumi.Output<string>;
}

/** How another workload of the same member reaches the database; `secrets` holds the password. */
export interface DatabaseAccess {
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, pulumi.Output<string>>>;
}

const DATABASE_PORT = 3306;

/** The name of the database and of its account. */
const DATABASE_NAME = "app";

/**
 * Apache with PHP, a MariaDB of its own, and with `cache: redis` a Redis that also holds the PHP sessions. Adminer is
 * served by the same Apache under `db-<member>`.
 *
 * @example
 * const scope = platform.scope("alice", {});
 * const files = { volume: platform.volume(scope, "workspace", {}), path: "/workspace", shared: true };
 * const stack = new ApmStack("alice", { platform, scope, files, owner: { cache: "redis" } });
 * // stack.database.env.DB_HOST is "muster-alice-db"
 */
export class ApmStack extends pulumi.ComponentResource {
  /** Where other workloads reach Apache. */
  readonly web: Endpoint;
  /** How other workloads of the scope reach MariaDB. */
  readonly database: DatabaseAccess;
  /** What the member types into Adminer. */
  readonly databasePassword: pulumi.Output<string>;

  constructor(name: string, args: ApmStackArgs, opts?: pulumi.ComponentResourceOptions) {
    super("muster:index:ApmStack", name, {}, opts);
    const {
      platform,
      scope,
      mail,
      names,
      tls = false,
      trust = {},
      debugHost,
      published = false,
      databaseAdmin,
      localRoot = false,
    } = args;
    const owner = ownerOf(scope.member ?? name, args.owner);
    const inside = names === undefined ? [] : [names.address.domain];
    const child = { parent: this };

    this.databasePassword = new random.RandomPassword(
      `${name}-db-password`,
      { length: 24, special: false },
      child,
    ).result;

    const account = { DB_NAME: DATABASE_NAME, DB_USER: DATABASE_NAME };
    const secrets = { DB_PASSWORD: this.databasePassword };

    const database = platform.workload(
      scope,
      {
        component: "db",
        image: platform.image("mariadb"),
        env: {
          ...account,
          ...(localRoot ? { DB_LOCAL_ROOT: "on" } : {}),
          // A neighbour who fills the disk would otherwise hold up every page that writes a row.
          ...(debugHost === undefined ? {} : { MARIADB_FLUSH_AT_COMMIT: "off" }),
          ...(databaseAdmin === undefined ? {} : { TZ: owner.php.timezone }),
        },
        secrets: { ...secrets, ...(databaseAdmin === undefined ? {} : { DB_ADMIN_PASSWORD: databaseAdmin }) },
        mounts: [{ volume: platform.volume(scope, "database", child), path: VOLUME_PATHS.database }],
        port: DATABASE_PORT,
        exposure: "private",
        clients: ["web", "code", "deployer"],
        scratch: ["/run/mysqld"],
        probe: { kind: "command", command: ["healthcheck"] },
        resources: owner.limits.db,
        // InnoDB writes its buffers out before it stops.
        stopGrace: 60,
      },
      child,
    );
    this.database = {
      env: { ...account, DB_HOST: database.host, DB_PORT: String(database.port) },
      secrets,
    };

    const cache: Record<string, string> = owner.cache === "redis" ? { REDIS_HOST: redis(args, owner, child).host } : {};

    this.web = platform.workload(
      scope,
      {
        component: "web",
        image: platform.image("apache-php"),
        env: {
          ...this.database.env,
          ...cache,
          ...mail?.env,
          ...names?.env,
          ...phpSettings(owner),
          ...environmentNames(owner, inside),
          ...(debugHost === undefined ? {} : { EDITOR_HOST: debugHost }),
          SITE_SCHEME: tls ? "https" : "http",
          ...trust,
          ...args.site,
        },
        secrets: { ...secrets, ...mail?.secrets, ...environmentOf(owner, inside) },
        mounts: [args.files, ...(args.shared === undefined ? [] : [args.shared])],
        port: WORKLOADS.web.port,
        scratch: [NAMES_FOLDER],
        ...namesSpec(names),
        exposure: published ? "published" : "team",
        clients: ["gateway", "portal", "deployer"],
        // Sites call other people's services.
        outbound: true,
        probe: { kind: "http", path: "/-/health" },
        resources: owner.limits.web,
        stopGrace: 10,
      },
      child,
    );

    this.registerOutputs();
  }
}

/** A cache, not a store: Redis keeps nothing on disk and evicts what was used least. */
function redis({ platform, scope }: ApmStackArgs, owner: Owner, opts: pulumi.ComponentResourceOptions): Endpoint {
  return platform.workload(
    scope,
    {
      component: "cache",
      image: platform.image("redis"),
      // Half of the limit: Redis needs room beside its data.
      env: { REDIS_MAX_MEMORY: String(Math.floor(owner.limits.cache.memory / 2)) },
      port: 6379,
      exposure: "private",
      clients: ["web", "code"],
      probe: { kind: "command", command: ["healthcheck"] },
      resources: owner.limits.cache,
      stopGrace: 5,
    },
    opts,
  );
}

function phpSettings({ id, name, php }: Owner): Record<string, string> {
  return {
    MEMBER_ID: isLive(id) ? LIVE : id,
    MEMBER_NAME: name,
    PHP_MEMORY_LIMIT: String(php.memoryLimit),
    PHP_UPLOAD_LIMIT: String(php.uploadLimit),
    PHP_MAX_EXECUTION_TIME: String(php.maxExecutionTime),
    PHP_DISPLAY_ERRORS: php.displayErrors ? "on" : "off",
    TZ: php.timezone,
  };
}
