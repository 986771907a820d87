import { createPrivateKey, type X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { z } from "zod";
import { authoritiesIn, CERTIFICATE, certificatesIn } from "../certificates";
import { defaultTls } from "../entrance";
import { certifiedHosts, isLocalDomain } from "../naming";
import { concealed, emailAddress, group, network, pattern, quantity, text, typeError, url } from "./values";

/** How visitors' connections are encrypted. */

/** The content of a file that the stack file names. */
const fileOf = (what: string, marker: RegExp) => (path: string, context: z.RefinementCtx) => {
  const refused = (message: string) => {
    context.addIssue({ code: "custom", input: path, message: `${message}: ${path}` });
    return z.NEVER;
  };
  try {
    const content = readFileSync(path, "utf8");
    // Unlike test, this begins at the start also for a pattern that is global.
    return content.search(marker) >= 0 ? content : refused(`names a file without ${what} in PEM`);
  } catch {
    return refused("names a file that cannot be read; its path is relative to the stack file");
  }
};

const acme = group({
  email: emailAddress("ops@example.org").describe("Who is told when a certificate is about to expire."),
  directory: url("https://acme.example.org/directory")
    .default("https://acme-v02.api.letsencrypt.org/directory")
    .describe("Directory of the ACME server. Let's Encrypt's by default."),
  authority: text("authority.pem")
    .transform(fileOf("a certificate", CERTIFICATE))
    .optional()
    .describe(
      "File with the certificates that vouch for a company's own ACME server, and for what it issues. Default: none, " +
        "for a server that systems know.",
    ),
  dns: group({
    provider: pattern(
      /^[a-z0-9]{1,30}$/,
      "provider",
      "its name in lego, such as cloudflare or route53",
      "cloudflare",
    ).describe("DNS provider of the domain, by its name in lego."),
    environment: z
      .record(
        text("CLOUDFLARE_DNS_API_TOKEN").regex(
          /^(?!(?:GATEWAY|LEGO|LD|LC)_|(?:HOME|PATH|IFS|ENV)$)[A-Z][A-Z0-9_]{0,99}$/,
          {
            error: "is no variable of a provider: use capitals, digits and _, as lego's documentation writes it",
          },
        ),
        concealed(
          text("token")
            .regex(/^[^\p{Cc}\p{Cs}]*$/u, { error: "has control characters: use a value on one line" })
            .max(2000, { error: "is too long: use at most 2000 characters" }),
        ),
        { error: typeError("CLOUDFLARE_DNS_API_TOKEN: token") },
      )
      .default({})
      .describe("Its account, as environment variables of lego's. Values may be secrets."),
  })
    .optional()
    .describe("For one wildcard certificate. Default: none, and each name of the roster is proved over HTTP."),
});

export const tls = z
  .union(
    [
      z.enum(["own", "off"]),
      group({
        certificate: text("certificate.pem")
          .transform(fileOf("a certificate", CERTIFICATE))
          .optional()
          .describe("File with the certificate and those above it. Needs `key`."),
        key: concealed(text("key.pem"))
          .transform(fileOf("a private key", /-----BEGIN (?:RSA |EC )?PRIVATE KEY-----/))
          .optional()
          .describe("File with its private key. Needs `certificate`."),
        acme: acme.optional().describe("A certificate from Let's Encrypt or another ACME server."),
      }),
    ],
    { error: "is no form of TLS: use own, off, { certificate: …, key: … } or { acme: { email: … } }" },
  )
  .optional()
  .describe(
    "How the gateway encrypts: `own`, with the team's own authority; `off`; the company's files; or `acme`. " +
      "Default: own; off for localhost, behind proxies, and behind a cluster's ingress or Gateway.",
  );

export const httpPort = quantity(0, 65_535, "(a TCP port, 0 for none)", 80)
  .optional()
  .describe("Port that leads to https. Default: 80 where `port` is 443 and the gateway encrypts, else none.");

export const proxies = z
  .array(network, { error: typeError("[10.0.0.0/8]") })
  .max(50, { error: "has too many entries: list at most 50 networks" })
  .default([])
  .describe(
    "Networks of the proxies in front that end TLS: their X-Forwarded-For and X-Forwarded-Proto are believed, and " +
      "every URL is https. Only with `tls: off`. Default: none.",
  );

export const publicPort = quantity(1, 65_535, "(a TCP port)", 443)
  .optional()
  .describe("Port that visitors of the proxies in front use. Default: 443. Only with `proxies`.");

type Tls = z.output<typeof tls>;

/** Bytes of the names in certificates, which go to the gateway in one variable: Linux ends those at 128 KiB. */
const NAMES_LIMIT = 120 * 1024;

/** Something wrong with the value at `path`. */
export interface TlsProblem {
  readonly path: readonly string[];
  readonly message: string;
}

interface TlsConfig {
  readonly domain: string;
  readonly target: string;
  readonly tls?: Tls;
  readonly port?: number | undefined;
  readonly httpPort?: number | undefined;
  readonly proxies: readonly string[];
  readonly publicPort?: number | undefined;
  readonly members: readonly { readonly id: string }[];
  readonly repositories: readonly string[];
  readonly kubernetes: { readonly ingress?: object | undefined; readonly gatewayApi?: object | undefined };
}

/** What is wrong with values that are each right by themselves. */
export function* tlsProblems(config: TlsConfig): Iterable<TlsProblem> {
  const { tls, domain, target, kubernetes, proxies } = config;
  const encrypts = tls !== undefined && tls !== "off";
  if (target === "kubernetes" && encrypts && (kubernetes.ingress ?? kubernetes.gatewayApi) !== undefined) {
    yield { path: ["tls"], message: "comes behind an entrance of the cluster, which ends TLS: leave it out" };
  }
  if (encrypts && proxies.length > 0) {
    yield { path: ["proxies"], message: "end TLS, and so does the gateway: set tls to off, or leave proxies out" };
  }
  if (config.publicPort !== undefined && proxies.length === 0) {
    yield { path: ["publicPort"], message: "is for a proxy in front: set proxies, or use port" };
  }
  if (!encrypts && config.httpPort !== undefined && config.httpPort > 0 && (tls === "off" || isLocalDomain(domain))) {
    yield { path: ["httpPort"], message: "leads to https, and nothing is encrypted: leave it out" };
  }
  if (config.httpPort !== undefined && config.httpPort > 0 && config.httpPort === config.port) {
    yield { path: ["httpPort"], message: "is the port of https too: use another one, or 0 for none" };
  }
  if (config.port === 80 && (tls ?? defaultTls(config)) !== "off") {
    yield {
      path: ["port"],
      message: "is the port of plain HTTP, and the gateway encrypts: leave it out for 443, or set tls to off",
    };
  }
  const names = certifiedHosts({ ...config, gatewayTls: tlsForm(config) }).map((host) => `${host}.${domain}`);
  if (names.join(" ").length > NAMES_LIMIT) {
    const remedy = isAcme(tls) ? "set tls/acme/dns" : "use a domain of two labels or more";
    const message = `make ${names.length} addresses, too many to name each in a certificate: ${remedy}, for a wildcard`;
    yield { path: ["repositories"], message };
  }
  if (typeof tls !== "object") return;
  const { certificate, key, acme } = tls;
  if (acme !== undefined) {
    if (acme.authority !== undefined && authoritiesIn(acme.authority) === undefined) {
      const message = "names no certificate that vouches for itself: name the file with that of the authority itself";
      yield { path: ["tls", "acme", "authority"], message };
    }
    if (certificate !== undefined || key !== undefined) {
      yield { path: ["tls", "acme"], message: "comes beside files: keep one of the two" };
    }
    if (isLocalDomain(domain)) {
      yield { path: ["tls", "acme"], message: `cannot prove ${domain}, which is everybody's own: use a public domain` };
    } else if (acme.dns === undefined && (config.httpPort ?? ((config.port ?? 443) === 443 ? 80 : 0)) === 0) {
      yield {
        path: ["httpPort"],
        message: "is missing: an ACME server without dns asks at port 80, so let it lead here",
      };
    }
    return;
  }
  if (certificate === undefined) {
    yield { path: ["tls", "certificate"], message: "is missing: name the file, or use tls: own" };
  } else if (key === undefined) {
    yield { path: ["tls", "key"], message: "is missing: name the file of the certificate's private key" };
  } else yield* fileProblems(domain, certificate, key);
}

const isAcme = (tls: Tls): boolean => typeof tls === "object" && tls.acme !== undefined;

/** What `certifiedHosts` asks about the gateway, whether or not the rest is right. */
function tlsForm(config: TlsConfig): Parameters<typeof certifiedHosts>[0]["gatewayTls"] {
  const { tls = defaultTls(config) } = config;
  if (typeof tls === "string") return { kind: tls };
  return tls.acme === undefined ? { kind: "files" } : { kind: "acme", ...tls.acme };
}

function* fileProblems(domain: string, certificate: string, key: string): Iterable<TlsProblem> {
  const at = (name: "certificate" | "key", message: string) => ({ path: ["tls", name], message });
  let chain: X509Certificate[];
  try {
    chain = certificatesIn(certificate);
  } catch {
    yield at("certificate", "names a file with a broken certificate: write it anew");
    return;
  }
  const [own, ...above] = chain as [X509Certificate, ...X509Certificate[]];
  const names = [domain, `any-name.${domain}`].filter((name) => own.checkHost(name) === undefined);
  if (names.length > 0) {
    yield at("certificate", `is not valid for ${domain} and *.${domain}: it names ${own.subjectAltName ?? "nothing"}`);
  }
  let below = own;
  for (const issuer of above) {
    if (!below.checkIssued(issuer)) {
      yield at(
        "certificate",
        `names a broken chain: ${line(below)} is not issued by ${line(issuer)}, which follows it`,
      );
      break;
    }
    below = issuer;
  }
  if (above.length === 0 && own.ca === false && own.subject !== own.issuer) {
    yield at(
      "certificate",
      `lacks the certificate of ${line(own, "issuer")}: append the intermediate ones to the file`,
    );
  }
  try {
    if (own.checkPrivateKey(createPrivateKey(key))) return;
    yield at("key", "is not the key of the certificate: name the file that belongs to it");
  } catch {
    yield at("key", "cannot be used: name a private key in PEM without a passphrase");
  }
}

const line = (certificate: X509Certificate, of: "subject" | "issuer" = "subject"): string =>
  certificate[of].replaceAll("\n", ", ");
