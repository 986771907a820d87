import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { EngineCase } from "../support/engines";
import { type AcmeHost, acmeHost, type Company, company, type Front, proxy } from "../support/entrance";
import { run, type TestEnvironment } from "../support/environment";
import { handshake, type RequestOptions, request } from "../support/http";
import { eventually } from "../support/poll";
import { Visitor } from "../support/visitor";

const DOMAIN = "entrance.test";
const PASSWORD = "correct horse battery";
const MEMBERS = [
  { id: "alice", name: "Alice Kim" },
  { id: "bob", name: "Bob" },
];

/** Every client of a container, in a line each; `git` is asked about the repository. */
const clients = (site: string, repository: string): string =>
  [
    `php -r 'exit(file_get_contents("${site}") ? 0 : 1);'`,
    `php -r '$c = curl_init("${site}"); curl_setopt($c, CURLOPT_RETURNTRANSFER, 1); exit(curl_exec($c) ? 0 : 1);'`,
    `python3 -c 'import urllib.request as u; u.urlopen("${site}")'`,
    `! command -v curl > /dev/null || curl -fsS -o /dev/null ${site}`,
    `! command -v node > /dev/null || node -e 'fetch("${site}").catch((e) => { console.error(e); process.exit(1) })'`,
    `! command -v git > /dev/null || git ls-remote -q --exit-code ${repository} main`,
  ].join("\n");

/**
 * The whole way of a member, through each form of `muster:tls`: one environment is led from one form to the next, so
 * that who is signed in, and what is stored, goes through all of them.
 */
export function entranceSuite({ engine, unavailable, create }: EngineCase): void {
  if (unavailable !== undefined) {
    test.skip(`skipped: ${unavailable}`, () => {});
    return;
  }

  let muster: TestEnvironment;
  let files: Company;
  let acme: AcmeHost;
  let front: Front;
  let httpPort: number;
  const folder = mkdtempSync(join(tmpdir(), "entrance-"));

  /** Who is trusted by visitors, and the port of URLs. */
  let ca: string;
  let port: number;
  /** Comes by an invitation to the first form, and never signs in again. */
  let kept: Visitor;

  const url = (host: string | undefined, path = "/") =>
    `https://${host === undefined ? "" : `${host}.`}${DOMAIN}:${port}${path}`;
  const ask = (host: string | undefined, path?: string, options: RequestOptions = {}) =>
    request(url(host, path), { ca, ...options });

  beforeAll(async () => {
    muster = await create("walk");
    [files, httpPort] = [await company(`DNS:${DOMAIN}`, `DNS:*.${DOMAIN}`), await muster.furtherPort()];
    acme = await acmeHost(muster.port);
    front = await proxy(files, muster.port);
  });
  afterAll(async () => {
    front?.close();
    acme?.stop();
    files?.remove();
    rmSync(folder, { recursive: true });
    await muster?.dispose();
  });

  const FORMS: readonly {
    readonly form: string;
    /** Keys of the roster. */
    readonly config: () => object;
    readonly ca: () => string | Promise<string>;
    /** What is at `/trust`. */
    readonly trust?: true;
    /** What the switch to it replaces, where that is less than what knows a URL. */
    readonly replaces?: readonly string[];
    readonly proxied?: true;
  }[] = [
    {
      form: "own",
      config: () => ({ httpPort }),
      ca: async () => (await request(`http://${DOMAIN}:${muster.port}/trust/authority.crt`)).body,
      trust: true,
    },
    {
      form: "files",
      config: () => ({ httpPort, tls: { certificate: files.certificate, key: files.key } }),
      ca: () => files.ca,
      replaces: ["gateway"],
    },
    {
      form: "acme",
      config: () => ({
        httpPort,
        tls: { acme: { email: "ops@example.org", directory: acme.directory, authority: acme.authority } },
      }),
      ca: () => acme.ca,
      replaces: ["gateway"],
    },
    {
      form: "off",
      config: () => ({
        tls: "off",
        publicPort: front.port,
        proxies: ["127.0.0.1", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"],
      }),
      ca: () => files.ca,
      proxied: true,
    },
  ];

  describe.each(FORMS)("with $form", ({ form, config, ca: authority, trust, proxied, replaces }) => {
    let visitor: Visitor;
    let replaced: string[];

    /** `git` of somebody at home, with alice's account. */
    async function git(...args: string[]): Promise<string> {
      const trusted = join(folder, "ca.pem");
      writeFileSync(trusted, ca);
      const { host, hostname } = new URL(url("git"));
      const options = [`http.curloptResolve=${hostname}:${port}:127.0.0.1`];
      const person = ["user.name=Alice", "user.email=alice@example.org"];
      const own = [...options, ...person].flatMap((option) => ["-c", option]);
      const remote = `https://alice:${encodeURIComponent(PASSWORD)}@${host}/app.git`;
      const { code, output } = await run("git", [...own, ...args.map((arg) => (arg === "REMOTE" ? remote : arg))], {
        GIT_SSL_CAINFO: trusted,
        GIT_TERMINAL_PROMPT: "0",
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_CONFIG_GLOBAL: "/dev/null",
      });
      if (code !== 0) throw new Error(`git ${args.join(" ")}\n${output}`);
      return output;
    }

    beforeAll(async () => {
      const before = await muster.containers();
      muster.configure({ domain: DOMAIN, listen: "127.0.0.1", members: MEMBERS, ...config() });
      await muster.succeed("up");
      const after = await muster.containers();
      replaced = Object.keys(before).filter((name) => after[name] !== before[name]);
      port = proxied ? front.port : muster.port;
      ca = await authority();
      // An ACME server that could not be reached is asked again after a while; and for a moment after the gateway has
      // taken its certificate, connections still meet the former one.
      let since = Number.POSITIVE_INFINITY;
      await eventually(
        "the certificate, at every connection of a second",
        async () => {
          const before = since;
          since = Number.POSITIVE_INFINITY;
          if ((await ask("live", "/-/status")).status !== 200) return false;
          since = Math.min(before, Date.now());
          return Date.now() - since > 1000;
        },
        240,
      );
    });

    test("a switch touches no data, and no more than has to know of it", () => {
      expect(replaced.filter((name) => name.endsWith("-db"))).toEqual([]);
      if (replaces !== undefined) expect(replaced).toEqual(replaces);
    });

    test("who was in stays in, and somebody new comes in once", async () => {
      if (kept === undefined) {
        kept = new Visitor(ca);
        const link = (await muster.succeed("invite", "alice")).match(/https\S+\/-\/invite\/\S+/)?.[0] as string;
        expect(link).toContain(url(undefined, "/-/invite/"));
        expect((await kept.goTo(link)).body).toContain("Welcome, Alice Kim");
        expect((await kept.send(link, { new: PASSWORD, again: PASSWORD })).status).toBe(303);
      }
      kept.ca = ca;
      // At another port, browsers have the same cookies.
      kept.follow(port);
      expect((await kept.goTo(url(undefined))).body).toContain("Alice Kim");

      visitor = new Visitor(ca);
      expect((await visitor.goTo(url("code-alice"))).url).toContain(url(undefined, "/-/sign-in"));
      const answer = await visitor.send(url(undefined, "/-/sign-in"), { id: "alice", password: PASSWORD, to: "" });
      expect([answer.status, answer.headers.location]).toEqual([303, "/"]);
      for (const line of answer.headers["set-cookie"] ?? []) {
        expect(line).toMatch(/^__Host-muster[\w-]*=.*; Path=\/; HttpOnly; SameSite=Lax; Secure/);
      }
    });

    test("the same password clones and pushes over https, and what is pushed goes live", async () => {
      const clone = join(folder, form);
      await git("clone", "--quiet", "REMOTE", clone);
      // Names are left to DNS where something in front ends TLS.
      const script = proxied ? "true" : clients(url("alice", "/-/status"), url("git", "/app.git"));
      writeFileSync(join(clone, "reach.sh"), `set -eu\n${script}\n`);
      writeFileSync(join(clone, "public/entrance.txt"), form);
      await run("sed", ["-i", 's/"test": .*,/"test": "sh reach.sh",/', join(clone, "package.json")]);
      await run("sed", [
        "-i",
        's/"migrate": "@php.*/"migrate": ["@php bin\\/migrate.php", "sh reach.sh"]/',
        join(clone, "composer.json"),
      ]);
      await git("-C", clone, "add", "--all");
      await git("-C", clone, "commit", "--quiet", "--message", `Reach ${form}`);
      const output = await git("-C", clone, "push", "-o", "ci.wait", "REMOTE", "main");
      expect(output).toMatch(/deploy: passed/);
      expect((await ask("live", "/entrance.txt")).body).toBe(form);
    });

    test("the one sign-in opens everything that is one's own", async () => {
      for (const [host, text] of [
        [undefined, "Alice Kim"],
        ["alice", "Alice Kim"],
        ["live", "This is the live site."],
        ["code-alice", "vscode-workbench-web-configuration"],
        ["db-alice", "<title>Database: app"],
        ["git", "app"],
        ["ci", '"username": "alice"'],
        ["mail", "<title>"],
      ] as const) {
        const { status, body } = await visitor.goTo(url(host));
        expect([host, status, body]).toEqual([host, 200, expect.stringContaining(text)]);
      }
      const cookie = visitor.cookie(new URL(url("code-alice")).host);
      const socket = (headers: Record<string, string>) =>
        handshake(url("code-alice", "/?reconnectionToken=a&reconnection=false"), headers, ca);
      expect(await socket({ cookie, origin: url("code-alice").slice(0, -1) })).toBe(101);
      expect(await socket({ cookie, origin: url("alice").slice(0, -1) })).toBe(403);
      const denied = await visitor.goTo(url("code-bob"));
      expect([denied.status, denied.body.match(/<h1>(.*)<\/h1>/)?.[1]]).toEqual([403, "This is Bob’s editor"]);
    });

    test("the certificate is for the team's names alone, and plain HTTP leads to it", async () => {
      await expect(request(`https://bank.example:${port}/`, { ca })).rejects.toMatchObject({
        code: "ERR_TLS_CERT_ALTNAME_INVALID",
      });
      if (proxied) return;
      const ports = muster.reachesFurtherPort ? [port, httpPort] : [port];
      for (const each of ports) {
        const { status, headers } = await request(`http://alice.${DOMAIN}:${each}/a?b=1`);
        expect([each, status, headers.location]).toEqual([each, 307, url("alice", "/a?b=1")]);
      }
      const { status, body } = await request(`http://${DOMAIN}:${ports.at(-1)}/trust`);
      if (trust) expect([status, body]).toEqual([200, expect.stringContaining("authority.crt")]);
      else expect(status).toBe(307);
    });

    test("signing out ends all of it, on this device", async () => {
      const answer = await visitor.send(url(undefined, "/-/sign-out"), {});
      expect(answer.status).toBe(303);
      for (const host of [undefined, "code-alice", "db-alice", "ci", "git", "mail", "alice"]) {
        // The gateway remembers an answer for some seconds.
        await eventually(`the end of ${host ?? "the portal"}`, async () =>
          (await visitor.goTo(url(host))).url.includes("/-/sign-in"),
        );
      }
      expect((await kept.goTo(url("ci"))).status).toBe(200);
    });

    // Through the export, the one that keeps certificates stands for all.
    if (engine === "pulumi" || form === "acme") {
      test("a second up changes nothing", async () => {
        const before = await muster.containers();
        await muster.succeed("up");
        expect(await muster.containers()).toEqual(before);
        if (engine !== "pulumi") return;
        const { code, output } = await muster.pulumi("refresh", "--preview-only", "--expect-no-changes");
        if (code !== 0) throw new Error(output);
      });
    }

    if (proxied) return;
    test.each(["alice-web", "alice-code", "live-web"])(
      "from %s, public addresses are what they are outside",
      async (container) => {
        const script = clients(url(container === "live-web" ? "live" : "alice", "/-/status"), url("git", "/app.git"));
        const reaches = async (lines: string) => {
          const { code, output } = await muster.shell(container, `set -eu\n${lines}`);
          if (code !== 0) throw new Error(output);
          return true;
        };
        // Programs follow another authority within a minute: one of them asks until then, all of them afterwards.
        await eventually(`${container} trusting it`, () => reaches(script.slice(0, script.indexOf("\n"))), 90);
        await eventually(`${container} reaching it`, () => reaches(script));
      },
    );
  });
}
