import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createProgress } from "../../cli/progress";
import { findGo } from "./cluster-go";

const VERSION = "v2.10.3";
const GO = "1.26.0";

/**
 * Pebble, an ACME server for tests, and the DNS server that it asks, from the Go module proxy. They are built once for
 * each machine.
 *
 * @returns folder with `pebble` and `pebble-challtestsrv`
 */
export async function buildPebble(): Promise<string> {
  const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "muster", `pebble-${VERSION}`);
  const programs = ["pebble", "pebble-challtestsrv"].filter((name) => !existsSync(join(folder, name)));
  if (programs.length === 0) return folder;
  mkdirSync(folder, { recursive: true });
  const go = await findGo(createProgress(), GO);
  const modules = programs.map((name) => `github.com/letsencrypt/pebble/v2/cmd/${name}@${VERSION}`);
  await promisify(execFile)(go, ["install", ...modules], {
    env: { ...process.env, CGO_ENABLED: "0", GOBIN: folder, GOFLAGS: "-trimpath" },
  });
  return folder;
}

const SERVER = "pebble";

/** An ACME server on a gateway's network, and what trusts it. */
export interface AcmeServer {
  /** Options of `docker run` with which the gateway knows it. */
  readonly options: readonly string[];
  readonly settings: Record<string, string>;
  /** Starts it on the network of that name, from an image that has nothing of its own to start. */
  start(network: string, image: string, asksDns: boolean): Promise<void>;
  remove(): void;
}

/** Pebble with a DNS server of its own, which knows the TXT records that `set-record` gives it. */
export async function acmeServer(): Promise<AcmeServer> {
  const programs = await buildPebble();
  const folder = mkdtempSync(join(tmpdir(), "acme-"));
  const command = promisify(execFile);
  await command("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"],
    ...["-subj", `/CN=${SERVER}`, "-addext", `subjectAltName=DNS:${SERVER}`],
    ...["-keyout", join(folder, "server.key"), "-out", join(folder, "server.pem")],
  ]);
  const pebble = {
    listenAddress: "0.0.0.0:14000",
    managementListenAddress: "0.0.0.0:15000",
    certificate: "/acme/server.pem",
    privateKey: "/acme/server.key",
    httpPort: 8080,
    tlsPort: 8080,
  };
  writeFileSync(join(folder, "pebble.json"), JSON.stringify({ pebble }));
  writeFileSync(join(folder, "set-record"), SET_RECORD);
  for (const [name, mode] of [
    [".", 0o755],
    ["server.key", 0o644],
    ["set-record", 0o755],
  ] as const) {
    chmodSync(join(folder, name), mode);
  }
  const mounts = ["--volume", `${folder}:/acme:ro`, "--volume", `${programs}:/programs:ro`];
  return {
    options: mounts,
    settings: {
      GATEWAY_ACME_EMAIL: "ops@example.org",
      GATEWAY_ACME_DIRECTORY: `https://${SERVER}:14000/dir`,
      GATEWAY_TRUSTED: readFileSync(join(folder, "server.pem"), "utf8"),
      EXEC_PATH: "/acme/set-record",
      EXEC_SEQUENCE_INTERVAL: "1",
    },
    async start(network, image, asksDns) {
      const env = ["--env", "PEBBLE_VA_NOSLEEP=1", "--env", "PEBBLE_WFE_NONCEREJECT=0"];
      // HTTP is asked for by Docker's names, which the other DNS server does not know.
      const dns = asksDns ? "-dnsserver 127.0.0.1:8053" : "";
      const line = `programs/pebble-challtestsrv -dnsserver :8053 & exec programs/pebble -config acme/pebble.json ${dns}`;
      await command("docker", [
        ...[
          "run",
          "--detach",
          "--init",
          "--name",
          `${network}-beside`,
          "--network",
          network,
          "--network-alias",
          SERVER,
        ],
        ...[...env, ...mounts, "--workdir", "/", "--entrypoint", "sh", image, "-c", line],
      ]);
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** lego's provider "exec" calls it: present or cleanup, name, value. */
const SET_RECORD = `#!/bin/bash
[ "$1" = present ] || exit 0
body="{\\"host\\":\\"$2\\",\\"value\\":\\"$3\\"}"
exec 3<>/dev/tcp/${SERVER}/8055
printf 'POST /set-txt HTTP/1.0\\r\\nContent-Length: %s\\r\\n\\r\\n%s' "\${#body}" "$body" >&3
read -r _ status _ <&3
[ "$status" = 200 ]
`;
