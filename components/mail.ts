import * as pulumi from "@pulumi/pulumi";
import { TEAM_ADDRESSES, WORKLOADS } from "../config/catalogue";
import type { Relay } from "../config/members";
import { workerNames } from "../config/workloads";
import type { Endpoint, Platform, Scope } from "../platform/platform";

export interface MailArgs {
  /** What runs the workloads: Docker or Kubernetes. */
  readonly platform: Platform;
  /** The team's own scope. */
  readonly scope: Scope;
  /**
   * Domain of the senders that it gives.
   *
   * @default "localhost"
   */
  readonly domain?: string;
  /**
   * How many CI workers send mail.
   *
   * @default 1
   */
  readonly workers?: number;
}

/** How a workload sends mail, by PHP's `mail()` and by SMTP; `secrets` holds a relay's password. */
export interface MailAccess {
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, pulumi.Output<string>>>;
}

const SMTP_PORT = 1025;

/**
 * The team's inbox: takes every message that its code sends, shows it, and sends none on. It keeps the last hundred
 * until it is replaced.
 *
 * @example
 * const mail = new Mail("mail", { platform, scope: platform.scope(undefined, {}) });
 * // mail.access("alice").env.SMTP_HOST is "muster-mail"
 */
export class Mail extends pulumi.ComponentResource {
  /** Where its page is reached. */
  readonly endpoint: Endpoint;
  private readonly domain: string;

  constructor(name: string, args: MailArgs, opts?: pulumi.ComponentResourceOptions) {
    super("muster:index:Mail", name, {}, opts);
    const { platform, scope, domain = "localhost", workers = 1 } = args;
    this.domain = domain;

    this.endpoint = platform.workload(
      scope,
      {
        component: "mail",
        image: platform.image("mail"),
        env: {},
        port: WORKLOADS.mail.port,
        extraPorts: [
          {
            port: SMTP_PORT,
            clients: ["web", "code", "deployer", "release-worker", ...workerNames({ ci: { workers } })],
          },
        ],
        exposure: "scopes",
        clients: ["gateway", "portal"],
        probe: { kind: "http", path: TEAM_ADDRESSES.mail.probe },
        resources: WORKLOADS.mail.limits,
        stopGrace: 5,
      },
      { parent: this },
    );

    this.registerOutputs();
  }

  /** @param sender whose mail it is: the part before the @ of a sender that says nothing else */
  access(sender: string): MailAccess {
    const { host } = this.endpoint;
    const env = { MAIL_FROM: `${sender}@${this.domain}`, SMTP_HOST: host, SMTP_PORT: String(SMTP_PORT) };
    return { env, secrets: {} };
  }
}

/** The way to a server that delivers mail to the world. */
export function relayAccess({ host, port, from, tls, account }: Relay): MailAccess {
  const env = { MAIL_FROM: from, SMTP_HOST: host, SMTP_PORT: String(port), SMTP_TLS: tls ? "on" : "off" };
  return account
    ? { env: { ...env, SMTP_USER: account.user }, secrets: { SMTP_PASSWORD: pulumi.secret(account.password) } }
    : { env, secrets: {} };
}
