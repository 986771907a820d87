import * as pulumi from "@pulumi/pulumi";
import { LIVE } from "../config/catalogue";
import type { Team } from "../config/members";
import { certifiedHosts, liveHost, teamUrl } from "../config/naming";
import { liveSites } from "../config/workloads";
import type { Endpoint, Platform } from "../platform/platform";
import { Access, type AccessArgs } from "./access";
import { CiRunner } from "./ci-runner";
import { Gateway, trustSettings } from "./gateway";
import { GitServer } from "./git-server";
import { LiveServer } from "./live-server";
import { Mail, relayAccess } from "./mail";
import { type Credentials, MemberEnvironment } from "./member-environment";
import { Portal } from "./portal";
import { publicNames } from "./public-names";

export interface TeamEnvironmentArgs {
  /** Of several teams in one program, each needs a platform with a prefix of its own. */
  readonly platform: Platform;
  /** The whole roster: `resolveTeam` makes it of an object, `loadTeam` of the stack's config. */
  readonly team: Team;
}

/**
 * A team's whole environment: what it shares, and a MemberEnvironment for each entry of the roster.
 *
 * @example
 * const team = resolveTeam(parseTeamConfig({ team: "hackathon", members: [{ id: "alice" }, { id: "bob" }] }));
 * const environment = new TeamEnvironment(team.id, { platform: createPlatform(team), team });
 */
export class TeamEnvironment extends pulumi.ComponentResource {
  /** What each member logs in with, by member id, and below `live` what leads to the live database. */
  readonly credentials: Readonly<Record<string, Partial<Credentials>>>;

  constructor(name: string, { platform, team }: TeamEnvironmentArgs, opts?: pulumi.ComponentResourceOptions) {
    super("muster:index:TeamEnvironment", name, {}, opts);
    const child = { parent: this };

    const scope = platform.scope(undefined, child);
    const { repositories, upstream } = team;
    const names = publicNames(platform, scope, team);
    const trust = trustSettings(team.gatewayTls, platform.insideHost(scope, "gateway"));
    const mail = new Mail(
      platform.name("mail"),
      { platform, scope, domain: team.domain, workers: team.ci.workers },
      child,
    );
    const sites = liveSites(team).map(({ repository, owner }, index) => ({
      repository,
      scope: owner.id,
      server: new LiveServer(
        platform.name(owner.id),
        {
          platform,
          id: owner.id,
          owner,
          tls: team.tls,
          trust,
          repository,
          others: index === 0 && team.ci.newRepositories === "live",
          address: team,
          mail: team.relay ? relayAccess(team.relay) : mail.access(LIVE),
          names,
        },
        child,
      ),
    }));
    const live = Object.fromEntries(sites.map(({ repository, server }) => [repository, server.endpoint]));
    const ci = new CiRunner(
      platform.name("ci"),
      {
        platform,
        scope,
        url: teamUrl(team, "ci"),
        gitUrl: teamUrl(team, "git"),
        team: team.id,
        trust,
        settings: team.ci,
        timezone: team.live.php.timezone,
        live: sites.map(({ server }) => server.target),
        mail: mail.access("ci"),
        names,
        ...(upstream && { upstream: { ...upstream, repositories } }),
      },
      child,
    );
    const git = new GitServer(
      platform.name("git"),
      {
        platform,
        scope,
        url: teamUrl(team, "git"),
        accounts: team.members.map(({ id }) => id),
        // Those of an upstream are there.
        repositories: upstream ? [] : repositories,
        git: team.git,
        ci: ci.access,
      },
      child,
    );
    const [first] = sites as [(typeof sites)[number]];
    const routes = { ci: ci.endpoint, git: git.endpoint, live: first.server.endpoint, mail: mail.endpoint };
    const portal = new Portal(platform.name("portal"), { platform, scope, team, routes, live }, child);

    // What is new stands last in a roster, and is described first: making it takes longest.
    const made = Object.fromEntries(
      team.members.toReversed().map((member) => {
        const password = git.passwords[member.id] as pulumi.Output<string>;
        const access = {
          url: ci.access.gitUrl,
          publicUrl: teamUrl(team, "git"),
          upstreamUrl: upstream?.url,
          repositories,
          password,
        };
        const args = {
          platform,
          member,
          tls: team.tls,
          trust,
          signIn: team.visibility !== undefined,
          git: access,
          mail: mail.access(member.id),
          names,
        };
        return [member.id, new MemberEnvironment(platform.name(member.id), args, child).credentials];
      }),
    );
    const members = Object.fromEntries(team.members.map(({ id }) => [id, made[id] as Credentials]));
    const databases = sites.map(({ scope, server }) => [scope, { database: server.databasePassword }] as const);
    this.credentials = { ...members, ...Object.fromEntries(databases) };
    const access =
      team.visibility && new Access(platform.name("access"), { platform, scope, team, ...this.secrets() }, child);
    new Gateway(
      platform.name("gateway"),
      {
        platform,
        scope,
        domain: team.domain,
        entrance: team,
        team: team.id,
        hosts: certifiedHosts(team),
        portal: portal.endpoint,
        routes: { ...routes, ...liveRoutes(live, team) },
        pageTime: Math.max(...[...team.members, team.live].map(({ php }) => php.maxExecutionTime)),
        workers: ci.access.workers,
        access: access?.service,
      },
      child,
    );
    this.registerOutputs();
  }

  /** Passwords by service and, in it, by member id. */
  private secrets(): Pick<AccessArgs, "passwords" | "editors" | "databases"> {
    const of = (service: keyof Credentials) =>
      Object.fromEntries(
        Object.entries(this.credentials).flatMap(([id, { [service]: secret }]) => (secret ? [[id, secret]] : [])),
      );
    return { passwords: of("git"), editors: of("editor"), databases: of("database") };
  }
}

/** Those of the live sites by host, but for the first, which has the live server's own. */
const liveRoutes = (live: Readonly<Record<string, Endpoint>>, { repositories }: Team): Record<string, Endpoint> =>
  Object.fromEntries(
    repositories.slice(1).map((repository) => [liveHost(repository) as string, live[repository] as Endpoint]),
  );
