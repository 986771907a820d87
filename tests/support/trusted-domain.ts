import { X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { launch } from "./browser";
import { DockerEnvironment } from "./docker-environment";
import { run } from "./environment";
import { request } from "./http";

const DOMAIN = "dev.test";

/** A name that is not the team's, but leads to this machine too. */
export const FOREIGN = "bank.example";

/** What puts an authority into a browser's store; Debian has it in libnss3-tools. */
export const CERTUTIL = "certutil";

/** A command that has to end well. */
export async function succeed(command: string, ...args: string[]): Promise<string> {
  const { code, output } = await run(command, args);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}:\n${output}`);
  return output;
}

/**
 * An environment on a domain, with the team's own authority, and a browser in whose store that authority is, as it would
 * be after the steps of the trust page. No check of any certificate is switched off.
 */
export class TrustedDomain {
  readonly #home = mkdtempSync(join(tmpdir(), "muster-home-"));
  readonly host = DOMAIN;
  /** File with the authority's certificate. */
  readonly authority = join(this.#home, "authority.crt");

  private constructor(readonly muster: DockerEnvironment) {}

  static async create(team: string, members: readonly object[]): Promise<TrustedDomain> {
    const domain = new TrustedDomain(await DockerEnvironment.create(team, "compose"));
    // As the README says; https is the default of every domain.
    domain.muster.configure({ domain: DOMAIN, members });
    await domain.muster.succeed("up");
    return domain;
  }

  url(host: string | undefined, path = "/"): string {
    return `https://${host === undefined ? "" : `${host}.`}${DOMAIN}:${this.muster.port}${path}`;
  }

  /** One that trusts the authority as it is now, and those that it has trusted before. */
  async browser(): Promise<Browser> {
    const { status, body } = await request(`http://${DOMAIN}:${this.muster.port}/trust/authority.crt`);
    if (status !== 200) throw new Error(`the authority: ${status} ${body}`);
    writeFileSync(this.authority, body);
    const store = join(this.#home, ".pki/nssdb");
    const database = ["-d", `sql:${store}`];
    if (!existsSync(store)) {
      mkdirSync(store, { recursive: true });
      await succeed(CERTUTIL, ...database, "-N", "--empty-password");
    }
    const name = new X509Certificate(body).serialNumber;
    await succeed(CERTUTIL, ...database, "-A", "-t", "C,,", "-n", name, "-i", this.authority);
    return await launch({ home: this.#home, hosts: [DOMAIN, `*.${DOMAIN}`, FOREIGN] });
  }

  /** Replaces the authority, as docs/operations.md says. */
  async replaceAuthority(): Promise<void> {
    const [file, , text] = this.muster.keptFiles().find(([path]) => path.endsWith("/secrets.env")) ?? [];
    if (file === undefined || text === undefined) throw new Error("no secrets.env");
    writeFileSync(file, text.replace(/^GATEWAY_AUTHORITY=.*\n/m, ""));
    await this.muster.succeed("up");
  }

  async invitation(member: string): Promise<string> {
    const [link] = /https:\S+\/-\/invite\/\S+/.exec(await this.muster.succeed("invite", member)) ?? [];
    if (link === undefined) throw new Error(`no invitation of ${member}`);
    return link;
  }

  /** A certificate and its key that whoever stole the authority's key makes for `name`. */
  async forge(name: string): Promise<{ readonly cert: string; readonly key: string }> {
    const { code, output } = await this.muster.shell(
      "gateway",
      `cd /tmp/nginx && openssl req -new -x509 -subj /CN=x -CA public/-/authority.crt -CAkey tls/authority.key \\
        -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout - -days 1 -addext subjectAltName=DNS:${name} \\
        -addext basicConstraints=critical,CA:FALSE 2> /dev/null`,
    );
    const [key] = /-----BEGIN PRIVATE KEY-----.*-----END PRIVATE KEY-----/s.exec(output) ?? [];
    const [cert] = /-----BEGIN CERTIFICATE-----.*-----END CERTIFICATE-----/s.exec(output) ?? [];
    if (code !== 0 || key === undefined || cert === undefined) throw new Error(`openssl in the gateway: ${output}`);
    return { cert, key };
  }

  async dispose(): Promise<void> {
    await this.muster.dispose();
    rmSync(this.#home, { recursive: true, force: true });
  }
}
