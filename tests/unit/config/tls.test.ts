import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { resolveTeam } from "../../../config/members";
import { certifiedHosts, teamUrl } from "../../../config/naming";
import { parseTeamConfig, teamConfig } from "../../../config/schema/team";
import { replaceSecretValues } from "../../../config/secrets";
import { problems } from "../../support/config";

const DOMAIN = "dev.example.org";
const team = (config: object) =>
  resolveTeam(parseTeamConfig({ members: [{ id: "alice" }], registry: { push: "registry.example.org" }, ...config }));
const entranceOf = (config: object) => {
  const { port, listenPort, httpPort, tls, gatewayTls, proxies } = team(config);
  return { port, listenPort, httpPort, tls, kind: gatewayTls.kind, proxies };
};
const plain = { httpPort: undefined, tls: false, kind: "off", proxies: [] };
const own = { port: 443, listenPort: 443, httpPort: 80, tls: true, kind: "own", proxies: [] };

describe("what a config means", () => {
  test.each([
    ["localhost stays as it is", {}, { ...plain, port: 8080, listenPort: 8080 }],
    ["a domain has the team's own authority", { domain: DOMAIN }, own],
    [
      "another port leads nowhere else",
      { domain: DOMAIN, port: 8443 },
      { ...own, port: 8443, listenPort: 8443, httpPort: undefined },
    ],
    [
      "unless it is said",
      { domain: DOMAIN, port: 8443, httpPort: 8081 },
      { ...own, port: 8443, listenPort: 8443, httpPort: 8081 },
    ],
    ["none", { domain: DOMAIN, httpPort: 0 }, { ...own, httpPort: undefined }],
    ["off", { domain: DOMAIN, tls: "off" }, { ...plain, port: 8080, listenPort: 8080 }],
    [
      "a proxy in front has visitors' port",
      { domain: DOMAIN, proxies: ["10.0.0.0/8", "fd00::/8"] },
      { ...plain, tls: true, port: 443, listenPort: 8080, proxies: ["10.0.0.0/8", "fd00::/8"] },
    ],
    [
      "a cluster's ingress ends TLS",
      { domain: DOMAIN, target: "kubernetes", kubernetes: { ingress: { tlsSecret: "t" } } },
      { ...plain, tls: true, port: 8080, listenPort: 8080 },
    ],
    ["a cluster without one does not", { domain: DOMAIN, target: "kubernetes" }, own],
  ])("%s", (_, config, expected) => expect(entranceOf(config)).toEqual(expected));

  test("URLs follow", () => {
    expect(teamUrl(team({ domain: DOMAIN }), "git")).toBe(`https://git.${DOMAIN}`);
    expect(teamUrl(team({ domain: DOMAIN, proxies: ["10.0.0.1"], publicPort: 8443 }), "git")).toBe(
      `https://git.${DOMAIN}:8443`,
    );
  });

  test("more names than one variable of the gateway's holds are refused, unless one wildcard covers them", () => {
    const large = {
      members: Array.from({ length: 200 }, (_, index) => ({ id: `member-${index}` })),
      repositories: Array.from({ length: 20 }, (_, index) => `repository-${index}`),
    };
    const acme = { email: "ops@example.org" };
    const said = (config: object) =>
      problems({ ...large, ...config }).map((problem) => problem.replace(/^config\/repositories: \[.*?(?:\]|…) /, ""));
    const many = "make 4425 addresses, too many to name each in a certificate:";
    expect(said({ domain: DOMAIN, tls: { acme } })).toEqual([`${many} set tls/acme/dns, for a wildcard`]);
    expect(said({ domain: "intranet" })).toEqual([`${many} use a domain of two labels or more, for a wildcard`]);
    expect(said({ domain: DOMAIN })).toEqual([]);
    expect(said({ domain: "intranet", tls: "off" })).toEqual([]);
    expect(said({ domain: DOMAIN, tls: { acme: { ...acme, dns: { provider: "exec" } } } })).toEqual([]);
    expect(said({ domain: DOMAIN, tls: { acme }, members: large.members.slice(0, 60) })).toEqual([]);
  });

  test("names are certified one by one only where no wildcard can be", () => {
    const acme = { email: "ops@example.org" };
    expect(certifiedHosts(team({ domain: DOMAIN }))).toEqual([]);
    expect(certifiedHosts(team({ domain: DOMAIN, tls: { acme: { ...acme, dns: { provider: "exec" } } } }))).toEqual([]);
    const hosts = certifiedHosts(team({ domain: DOMAIN, tls: { acme }, repositories: ["app", "shop"] }));
    expect(hosts).toEqual(
      expect.arrayContaining(["www", "git", "live", "alice", "code-alice", "db-alice", "shop--alice", "shop--live"]),
    );
  });
});

describe("what is refused", () => {
  test.each([
    [
      { tls: "yes" },
      "config/tls: is no form of TLS: use own, off, { certificate: …, key: … } or { acme: { email: … } }",
    ],
    [{ domain: DOMAIN, tls: { acme: {} } }, "config/tls/acme/email: is missing: add it, for example ops@example.org"],
    [{ domain: DOMAIN, tls: {} }, "config/tls/certificate: is missing: name the file, or use tls: own"],
    [
      { tls: { acme: { email: "ops@example.org" } } },
      "config/tls/acme: cannot prove localhost, which is everybody's own: use a public domain",
    ],
    [
      { domain: DOMAIN, port: 8443, tls: { acme: { email: "ops@example.org" } } },
      "config/httpPort: is missing: an ACME server without dns asks at port 80, so let it lead here",
    ],
    [
      { domain: DOMAIN, proxies: ["10.0.0.0/40"] },
      'config/proxies/0: "10.0.0.0/40" is not a network: use addresses such as 10.0.0.0/8 or fd00::/8',
    ],
    [
      { domain: DOMAIN, tls: "own", proxies: ["10.0.0.0/8"] },
      'config/proxies: ["10.0.0.0/8"] end TLS, and so does the gateway: set tls to off, or leave proxies out',
    ],
    [{ publicPort: 443 }, "config/publicPort: 443 is for a proxy in front: set proxies, or use port"],
    [{ httpPort: 80 }, "config/httpPort: 80 leads to https, and nothing is encrypted: leave it out"],
    [
      { domain: DOMAIN, port: 80 },
      "config/port: 80 is the port of plain HTTP, and the gateway encrypts: leave it out for 443, or set tls to off",
    ],
    [
      { domain: DOMAIN, port: 443, httpPort: 443 },
      "config/httpPort: 443 is the port of https too: use another one, or 0 for none",
    ],
  ])("%j", (config, problem) => {
    expect(problems({ members: [{ id: "alice" }], ...config })).toEqual([problem]);
  });

  test("a key that nobody knows", () => {
    expect(problems({ members: [{ id: "alice" }], tls: { own: true } })).toContain(
      'config/tls/own: "own" is not a known key: use acme, certificate, key',
    );
  });

  test("TLS behind an entrance of the cluster", () => {
    const kubernetes = {
      target: "kubernetes",
      registry: { push: "registry.example.org" },
      kubernetes: { ingress: {} },
    };
    expect(problems({ members: [{ id: "alice" }], domain: DOMAIN, tls: "own", ...kubernetes })).toEqual([
      "config/tls: comes behind an entrance of the cluster, which ends TLS: leave it out",
    ]);
  });
});

describe("the company's files", () => {
  const folder = mkdtempSync(join(tmpdir(), "tls-"));
  const file = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  beforeAll(() => {
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Company", "-days", "30");
    const leaf = (name: string, names: string) => {
      openssl("req", ...key, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
      writeFileSync(file(`${name}.ext`), `subjectAltName=${names}\n`);
      const signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30"];
      openssl("x509", "-req", "-in", `${name}.csr`, "-out", `${name}.one`, "-extfile", `${name}.ext`, ...signed);
      writeFileSync(
        file(`${name}.pem`),
        readFileSync(file(`${name}.one`), "utf8") + readFileSync(file("ca.pem"), "utf8"),
      );
    };
    leaf("good", `DNS:${DOMAIN},DNS:*.${DOMAIN}`);
    leaf("other", "DNS:other.example.org");
    writeFileSync(file("broken.pem"), readFileSync(file("good.one"), "utf8") + readFileSync(file("other.one"), "utf8"));
    writeFileSync(file("empty.pem"), "");
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const config = (certificate: string, key: string) => ({
    members: [{ id: "alice" }],
    domain: DOMAIN,
    tls: { certificate: file(certificate), key: file(key) },
  });

  test("their content is what the gateway gets, the key as a secret", () => {
    const { gatewayTls } = team(config("good.pem", "good.key"));
    const key = readFileSync(file("good.key"), "utf8");
    // Who vouches for itself in the chain is unknown to systems, so that containers are told of it.
    const authority = readFileSync(file("ca.pem"), "utf8");
    const certificate = readFileSync(file("good.pem"), "utf8");
    expect(gatewayTls).toEqual({ kind: "files", certificate, key, authority });
    const hidden: Record<string, string> = {};
    replaceSecretValues(teamConfig, parseTeamConfig(config("good.pem", "good.key")), (name, value) => {
      hidden[name] = value;
      return name;
    });
    expect(hidden).toEqual({ TLS_KEY: key });
  });

  test("an ACME server of the company's own is vouched for by a file too", () => {
    const acme = (authority: string) => ({
      ...{ members: [{ id: "alice" }], domain: DOMAIN },
      tls: { acme: { email: "ops@example.org", dns: { provider: "exec" }, authority: file(authority) } },
    });
    expect(team(acme("ca.pem")).gatewayTls).toMatchObject({ authority: readFileSync(file("ca.pem"), "utf8") });
    expect(problems(acme("good.one"))).toEqual([
      expect.stringContaining("names no certificate that vouches for itself"),
    ]);
  });

  test.each([
    ["good.pem", "other.key", "config/tls/key: is not the key of the certificate: name the file that belongs to it"],
    ["good.one", "good.key", "lacks the certificate of CN=Company: append the intermediate ones to the file"],
    ["broken.pem", "good.key", "names a broken chain: CN=good is not issued by CN=other, which follows it"],
    ["other.pem", "other.key", `is not valid for ${DOMAIN} and *.${DOMAIN}: it names DNS:other.example.org`],
    ["empty.pem", "good.key", "names a file without a certificate in PEM: "],
    ["missing.pem", "good.key", "names a file that cannot be read; its path is relative to the stack file: "],
  ])("%s with %s", (certificate, key, problem) => {
    const found = problems(config(certificate, key));
    expect(found).toEqual([expect.stringContaining(problem)]);
    expect(found[0]).not.toContain("PRIVATE KEY");
  });
});
