import { existsSync } from "node:fs";
import { request } from "node:http";
import { homedir } from "node:os";
import { join } from "node:path";
import { UserError } from "../errors";
import type { Progress } from "../progress";
import { type AptAccess, aptAccess } from "./apt";
import { dockerAdvice, type Failure } from "./docker-advice";
import { installDocker, startDocker } from "./install-docker";
import { capture } from "./process";
import { compareVersions } from "./version";

/** The daemon that everything runs on. */
export interface DockerHost {
  /** As `DOCKER_HOST` takes it. */
  readonly url: string;
  /** Where its address comes from, for messages. */
  readonly source: string;
  /** The process environment, with `DOCKER_HOST` where the daemon is not at the default socket. */
  readonly env: NodeJS.ProcessEnv;
  /** Whether its disk is this machine's. */
  readonly local: boolean;
  /** Where its published ports are reached. */
  readonly address: string;
}

export interface Candidate {
  readonly url: string;
  readonly source: string;
  /** Whether the user chose it: then no other daemon will do. */
  readonly chosen: boolean;
  /** Folder with the TLS files of a context. */
  readonly certificates?: string;
}

export const DEFAULT_SOCKET = "/var/run/docker.sock";

/** The oldest Engine API that everything used here exists in: Docker Engine 20.10. */
const MIN_API = "1.41";

/**
 * Finds a daemon that answers: `DOCKER_HOST`, then the current Docker context, then the default socket and the sockets
 * of Docker Desktop, Colima, OrbStack, Rancher Desktop and rootless Docker. On Debian and Ubuntu, root gets Docker
 * installed and started.
 *
 * @param options `mayInstall: false` leaves the last part out
 * @throws UserError that says what to do on this platform
 */
export async function findDocker(
  progress: Progress,
  { mayInstall = true, env = process.env }: { mayInstall?: boolean; env?: NodeJS.ProcessEnv } = {},
): Promise<DockerHost> {
  const found = await search(env);
  if ("host" in found) return found.host;
  const access = aptAccess();
  const canInstall = mayInstall && !found.failure.chosen && access.debianLike && access.root;
  if (!canInstall) throw unreachable(found.failure, access);

  if (!existsSync("/usr/bin/docker") || !existsSync("/usr/sbin/iptables")) await installDocker(progress);
  await startDocker(progress, async () => (await ping(`unix://${DEFAULT_SOCKET}`)).state === "answers");
  const started = await search(env);
  if ("host" in started) return started.host;
  throw unreachable(started.failure, access);
}

/** The environment that leads to the daemon, for a program that reports itself what is wrong with it. */
export async function dockerEnvironment(env: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  const found = await search(env);
  return "host" in found ? found.host.env : env;
}

async function search(env: NodeJS.ProcessEnv): Promise<{ host: DockerHost } | { failure: Failure }> {
  const failures: Failure[] = [];
  for (const candidate of candidates(env, homedir(), await currentContext(env))) {
    const { url, source, chosen } = candidate;
    const answer = await ping(url, connectionEnv(candidate, env));
    if (answer.state !== "answers") failures.push({ ...answer, url, source, chosen });
    else if (compareVersions(answer.api, MIN_API) < 0) {
      failures.push({ state: "too-old", url, source, chosen, message: answer.version });
    } else if ((await capture("docker", ["--version"], { env })).code === 127) {
      failures.push({ state: "no-client", url, source, chosen });
    } else {
      return {
        host: {
          url,
          source,
          env: connectionEnv(candidate, env),
          local: url.startsWith("unix:"),
          address: address(url),
        },
      };
    }
  }
  const telling = failures.find(({ state }) => state !== "absent") ?? failures[0];
  return { failure: telling as Failure };
}

/** Where a daemon may be, the most likely first. If the user chose one, it is the only candidate. */
export function candidates(
  env: NodeJS.ProcessEnv,
  home: string,
  context: Omit<Candidate, "chosen"> | undefined,
): Candidate[] {
  if (env.DOCKER_HOST) return [{ url: env.DOCKER_HOST, source: "DOCKER_HOST", chosen: true }];
  if (context && context.url !== `unix://${DEFAULT_SOCKET}`) return [{ ...context, chosen: true }];
  const config = env.XDG_CONFIG_HOME || join(home, ".config");
  const sockets: [string, string][] = [
    [DEFAULT_SOCKET, "the default socket"],
    [join(home, ".docker/run/docker.sock"), "Docker Desktop"],
    [join(home, ".docker/desktop/docker.sock"), "Docker Desktop"],
    [join(home, ".orbstack/run/docker.sock"), "OrbStack"],
    [join(home, ".colima/default/docker.sock"), "Colima"],
    [join(config, "colima/default/docker.sock"), "Colima"],
    [join(home, ".rd/docker.sock"), "Rancher Desktop"],
    ...(env.XDG_RUNTIME_DIR ? [[join(env.XDG_RUNTIME_DIR, "docker.sock"), "rootless Docker"] as [string, string]] : []),
  ];
  return sockets.map(([path, source]) => ({ url: `unix://${path}`, source, chosen: false }));
}

/** The context that `docker context use` or `DOCKER_CONTEXT` chose; undefined without the docker command. */
async function currentContext(env: NodeJS.ProcessEnv): Promise<Omit<Candidate, "chosen"> | undefined> {
  if (env.DOCKER_HOST) return undefined;
  const { code, stdout } = await capture("docker", ["context", "inspect"], { env });
  if (code !== 0) return undefined;
  return parseContext(stdout);
}

/** The daemon in the answer of `docker context inspect`. */
export function parseContext(json: string): Omit<Candidate, "chosen"> | undefined {
  const [context] = JSON.parse(json) as {
    Name: string;
    Endpoints?: { docker?: { Host?: string } };
    TLSMaterial?: { docker?: string[] };
    Storage?: { TLSPath?: string };
  }[];
  const url = context?.Endpoints?.docker?.Host;
  if (!context || !url) return undefined;
  const tls = context.TLSMaterial?.docker?.length ? context.Storage?.TLSPath : undefined;
  return {
    url,
    source: `the Docker context "${context.Name}"`,
    ...(tls === undefined ? {} : { certificates: join(tls, "docker") }),
  };
}

/** What child processes need to reach a daemon: Pulumi's provider knows no contexts. */
function connectionEnv({ url, certificates }: Candidate, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (url === `unix://${DEFAULT_SOCKET}`) return env;
  const { DOCKER_CONTEXT: _, ...rest } = env;
  return {
    ...rest,
    DOCKER_HOST: url,
    ...(certificates === undefined ? {} : { DOCKER_CERT_PATH: certificates, DOCKER_TLS_VERIFY: "1" }),
  };
}

type Answer =
  | { readonly state: "answers"; readonly api: string; readonly version: string }
  | { readonly state: "silent" | "forbidden" | "absent"; readonly message: string };

/** Asks a daemon for its version. A socket is asked directly, as the docker command may be missing. */
function ping(url: string, env: NodeJS.ProcessEnv = process.env): Promise<Answer> {
  return url.startsWith("unix://") ? pingSocket(url.slice("unix://".length)) : pingThroughClient(env);
}

function pingSocket(socketPath: string): Promise<Answer> {
  return new Promise((resolve) => {
    const call = request({ socketPath, path: "/version", timeout: 10_000 }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text) => (body += text));
      response.on("end", () => {
        try {
          const { ApiVersion: api, Version: version } = JSON.parse(body);
          resolve({ state: "answers", api, version });
        } catch {
          resolve({ state: "silent", message: `it answered with status ${response.statusCode}` });
        }
      });
    });
    call.on("timeout", () => call.destroy(new Error("it does not answer")));
    call.on("error", (error: NodeJS.ErrnoException) => resolve({ state: socketState(error), message: error.message }));
    call.end();
  });
}

function socketState({ code }: NodeJS.ErrnoException): "silent" | "forbidden" | "absent" {
  if (code === "EACCES" || code === "EPERM") return "forbidden";
  return code === "ENOENT" ? "absent" : "silent";
}

async function pingThroughClient(env: NodeJS.ProcessEnv): Promise<Answer> {
  const format = "{{.Server.APIVersion}} {{.Server.Version}}";
  const { code, stdout, stderr } = await capture("docker", ["version", "--format", format], { env, timeout: 15_000 });
  const [api, version] = stdout.trim().split(" ");
  if (code === 0 && api && version) return { state: "answers", api, version };
  return { state: "silent", message: code === 124 ? "it does not answer" : stderr.trim() };
}

/** Where ports that the daemon publishes are reached from here. */
export function address(url: string): string {
  if (url.startsWith("unix:") || url.startsWith("npipe:")) return "127.0.0.1";
  return new URL(url).hostname;
}

function unreachable(failure: Failure, access: AptAccess): UserError {
  const wsl = existsSync("/proc/sys/fs/binfmt_misc/WSLInterop") || Boolean(process.env.WSL_DISTRO_NAME);
  return new UserError(dockerAdvice(failure, { platform: process.platform, wsl, ...access }));
}

export const APT_COMMANDS = [
  "sudo apt-get update && sudo apt-get install -y docker.io iptables ca-certificates",
  'sudo usermod -aG docker "$USER" && newgrp docker',
];
