import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request as plain } from "node:http";
import { createServer, request as encrypted, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { buildPebble } from "./pebble";
import { eventually } from "./poll";
import { freePort } from "./ports";

const command = promisify(execFile);

/** A company's certificate, and who vouches for it. */
export interface Company {
  /** Files in PEM; the chain ends with the authority. */
  readonly certificate: string;
  readonly key: string;
  readonly ca: string;
  remove(): void;
}

/** @param names of servers, as in certificates: `DNS:dev.test` */
export async function company(...names: string[]): Promise<Company> {
  const folder = mkdtempSync(join(tmpdir(), "company-"));
  const file = (name: string) => join(folder, name);
  const made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"];
  // Python asks for what an authority may do.
  const authority = ["-subj", "/CN=Company", "-addext", "keyUsage=critical,keyCertSign,cRLSign"];
  await command("openssl", [...made, ...authority, "-keyout", file("ca.key"), "-out", file("ca.pem")]);
  await command("openssl", [
    ...[...made, "-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-subj", "/CN=server"],
    ...["-addext", "basicConstraints=critical,CA:FALSE", "-addext", `subjectAltName=${names.join(",")}`],
    ...["-keyout", file("key.pem"), "-out", file("server.pem")],
  ]);
  const ca = readFileSync(file("ca.pem"), "utf8");
  writeFileSync(file("chain.pem"), readFileSync(file("server.pem"), "utf8") + ca);
  return {
    certificate: file("chain.pem"),
    key: file("key.pem"),
    ca,
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** An address of this machine that containers and pods reach. */
function ownAddress(): string {
  const [found] = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === "IPv4" && !internal);
  if (found === undefined) throw new Error("this machine has no address but the loopback's");
  return found.address;
}

/** An ACME server of a company's own. */
export interface AcmeHost {
  readonly directory: string;
  /** File with those who vouch for it, and for what it issues. */
  readonly authority: string;
  /** Who vouches for what it issues. */
  readonly ca: string;
  stop(): void;
}

/** Pebble on this machine, for which every name leads to the loopback. @param port where it asks by HTTP */
export async function acmeHost(port: number): Promise<AcmeHost> {
  const programs = await buildPebble();
  const address = ownAddress();
  const own = await company(`IP:${address}`);
  const listen = await freePort();
  const [management, dns] = [listen + 1, listen + 2];
  const inner = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "acme-"));
  const config = join(folder, "pebble.json");
  const pebble = {
    listenAddress: `127.0.0.1:${inner}`,
    managementListenAddress: `127.0.0.1:${management}`,
    certificate: own.certificate,
    privateKey: own.key,
    httpPort: port,
    tlsPort: port,
  };
  writeFileSync(config, JSON.stringify({ pebble }));
  const start = (program: string, ...args: string[]) =>
    spawn(join(programs, program), args, {
      stdio: "ignore",
      env: { ...process.env, PEBBLE_VA_NOSLEEP: "1", PEBBLE_WFE_NONCEREJECT: "0" },
    });
  const off = ["-doh", "-http01", "-https01", "-tlsalpn01"].flatMap((name) => [name, ""]);
  // Without an address it would take the port of HTTP.
  const managed = ["-management", "127.0.0.1:0"];
  const running = [
    start("pebble-challtestsrv", ...off, ...managed, "-dnsserver", `127.0.0.1:${dns}`, "-defaultIPv6", ""),
    start("pebble", "-config", config, "-dnsserver", `127.0.0.1:${dns}`),
  ];
  const front = hurried(own, inner).listen(listen, "0.0.0.0");
  const root = await eventually("the ACME server answering", () =>
    text(`https://127.0.0.1:${management}/roots/0`, own.ca),
  );
  const authority = join(folder, "authority.pem");
  writeFileSync(authority, own.ca + root);
  return {
    directory: `https://${address}:${listen}/dir`,
    authority,
    ca: root,
    stop() {
      front.close();
      front.closeAllConnections();
      for (const child of running) child.kill();
      rmSync(folder, { recursive: true });
      own.remove();
    },
  };
}

/** Pebble does not say when to ask for a proof's outcome again, and the client then waits five seconds for each name. */
function hurried({ certificate, key, ca }: Company, inner: number): Server {
  const pebble = { host: "127.0.0.1", port: inner, ca, checkServerIdentity: () => undefined };
  return createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (incoming, response) => {
    const { method, url: path = "/", headers } = incoming;
    const outgoing = encrypted({ ...pebble, method, path, headers });
    outgoing.on("response", (answer) => {
      const soon = path.startsWith("/chalZ/") ? { "retry-after": "1" } : {};
      response.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...soon });
      answer.pipe(response);
    });
    outgoing.on("error", () => response.destroy());
    incoming.pipe(outgoing);
  });
}

const text = (url: string, ca: string): Promise<string> =>
  new Promise((resolve, reject) => {
    // Its certificate is for another address.
    encrypted(url, { ca, checkServerIdentity: () => undefined }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (data) => (body += data));
      response.on("end", () => resolve(body));
    })
      .on("error", reject)
      .end();
  });

/** What ends TLS in front of a gateway, as docs/operations.md describes it. */
export interface Front {
  readonly port: number;
  close(): void;
}

/** @param upstream port of the gateway on the loopback */
export async function proxy({ certificate, key }: Company, upstream: number): Promise<Front> {
  const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) });
  server.on("request", (incoming, response) => {
    const { method, url: path, headers, socket } = incoming;
    const told = { ...headers, "x-forwarded-for": socket.remoteAddress, "x-forwarded-proto": "https" };
    const outgoing = plain({ host: "127.0.0.1", port: upstream, method, path, headers: told });
    outgoing.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(response);
    });
    outgoing.on("error", () => response.destroy());
    incoming.pipe(outgoing);
  });
  server.on("upgrade", ({ method, url: path, headers }, socket) => {
    const told = { ...headers, "x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "https" };
    const outgoing = plain({ host: "127.0.0.1", port: upstream, method, path, headers: told });
    outgoing.on("upgrade", ({ rawHeaders }, inner) => {
      const lines = rawHeaders.flatMap((name, index) => (index % 2 ? [] : [`${name}: ${rawHeaders[index + 1]}`]));
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("\r\n")}\r\n\r\n`);
      inner.pipe(socket).pipe(inner);
      for (const end of [inner, socket]) end.on("error", () => end.destroy());
    });
    outgoing.on("response", ({ statusCode }) => socket.end(`HTTP/1.1 ${statusCode} Refused\r\n\r\n`));
    outgoing.on("error", () => socket.destroy());
    outgoing.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
