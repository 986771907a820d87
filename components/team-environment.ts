import * as pulumi from "@pulumi/pulumi";
import { LIVE } from "../config/catalogue";
import type { Team } from "../config/members";
import { teamUrl } from "../config/naming";
import type { Platform } from "../platform/platform";
import { Access, type AccessArgs } from "./access";
import { CiRunner } from "./ci-runner";
import { Gateway } from "./gateway";
import { GitServer } from "./git-server";
import { LiveServer } from "./live-server";
import { Mail, relayAccess } from "./mail";
import { type Credentials, MemberEnvironment } from "./member-environment";
import { Portal } from "./portal";

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
    const [repository = "app"] = repositories;
    const mail = new Mail(
      platform.name("mail"),
      { platform, scope, domain: team.domain, workers: team.ci.workers },
      child,
    );
    const live = new LiveServer(
      platform.name("live"),
      {
        platform,
        owner: team.live,
        tls: team.tls,
        repository,
        address: team,
        mail: team.relay ? relayAccess(team.relay) : mail.access(LIVE),
      },
      child,
    );
    const ci = new CiRunner(
      platform.name("ci"),
      {
        platform,
        scope,
        url: teamUrl(team, "ci"),
        gitUrl: teamUrl(team, "git"),
        team: team.id,
        settings: team.ci,
        timezone: team.live.php.timezone,
        live: live.target,
        mail: mail.access("ci"),
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
    const routes = { ci: ci.endpoint, git: git.endpoint, live: live.endpoint, mail: mail.endpoint };
    const portal = new Portal(platform.name("portal"), { platform, scope, team, routes }, child);
    const { domain, tls } = team;

    const members = Object.fromEntries(
      team.members.map((member) => {
        const password = git.passwords[member.id] as pulumi.Output<string>;
        const access = {
          url: ci.access.gitUrl,
          upstreamUrl: upstream?.url,
          repositories,
          password,
        };
        const args = { platform, member, tls, git: access, mail: mail.access(member.id) };
        return [member.id, new MemberEnvironment(platform.name(member.id), args, child).credentials];
      }),
    );
    this.credentials = { ...members, [LIVE]: { database: live.databasePassword } };
    const access =
      team.visibility && new Access(platform.name("access"), { platform, scope, team, ...this.secrets() }, child);
    new Gateway(
      platform.name("gateway"),
      { platform, scope, domain, tls, portal: portal.endpoint, routes, access: access?.service },
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
