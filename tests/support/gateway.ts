import { once } from "node:events";
import { type IncomingHttpHeaders, request as plain } from "node:http";
import { request as encrypted } from "node:https";
import { resolve } from "node:path";
import { connect, type PeerCertificate, type TLSSocket } from "node:tls";
import { buildImages, imageBuilds, missingImages } from "../../cli/images/build";
import { createProgress } from "../../cli/progress";
import { dockerClient } from "../../cli/tools/docker";
import { capture } from "../../cli/tools/process";
import { resolveTeam } from "../../config/members";
import { parseTeamConfig } from "../../config/schema/team";
import { eventually } from "./poll";
import { freePort } from "./ports";

const ROOT = resolve(__dirname, "../..");
const docker = dockerClient(process.env);

export const DOMAIN = "dev.test";

/** What stands behind the gateway here: it tells what reached it. */
const UPSTREAM = `
const http = require("node:http");
let open = 0;
http.createServer((request, response) => {
  open++;
  response.on("close", () => open--);
  const { pathname } = new URL(request.url, "http://x");
  const answer = (headers, body) => response.writeHead(200, headers).end(body);
  if (pathname === "/open") return answer({}, String(open - 1));
  if (pathname === "/hang") return;
  if (pathname === "/big") return answer({ "content-length": 30e6 }, Buffer.alloc(30e6));
  if (pathname === "/accel") return answer({ "X-Accel-Redirect": "/-/fallback.txt" }, "own");
  if (pathname === "/cookies") {
    return answer({ "set-cookie": ["code-server-session=1; Path=/", "TWISTED_SESSION=2; Path=/", "theirs=3"] }, "");
  }
  if (pathname === "/events") {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const timer = setInterval(() => response.write("data: now\\n\\n"), 200);
    return response.on("close", () => clearInterval(timer));
  }
  let length = 0;
  request.on("data", (data) => (length += data.length));
  request.on("end", () => answer({}, JSON.stringify({ url: request.url, headers: request.headers, length })));
}).on("upgrade", (request, socket) => {
  socket.write("HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n\\r\\n");
  socket.on("data", (data) => socket.write(data)).on("error", () => {});
}).listen(8080);
`;

/** Where the upstreams are: one program under every name. */
const HOSTS = ["portal", "alice-web", "alice-code", "git", "ci", "mail", "live-web"];
const at = (host: string) => `upstream-${host}:8080`;

const SETTINGS = {
  GATEWAY_DOMAIN: DOMAIN,
  GATEWAY_TEAM: "gateways",
  GATEWAY_PORTAL: at("portal"),
  GATEWAY_PAGE_PATIENCE: "3",
  GATEWAY_ROUTES: ["git", "ci", "mail", "live", "*--live"]
    .map((host) => `${host}=${at(host.endsWith("live") ? "live-web" : host)}`)
    .join(" "),
  GATEWAY_MEMBERS: [
    `editor=code-{member}=${at("{member}-code")}=20s`,
    `database=db-{member}=${at("{member}-web")}=10m`,
    `site={member}=${at("{member}-web")}=10m`,
  ].join(" "),
};

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  /** Whom to trust for https; by default whoever answers. */
  readonly ca?: string;
}

/** A gateway by itself, in front of upstreams that tell what reaches them. */
export class LoneGateway {
  private constructor(
    readonly name: string,
    /** The published port, of the gateway's own `GATEWAY_PORT` too. */
    readonly port: number,
  ) {}

  /**
   * @param settings beside those of a team with one member, alice
   * @param options of `docker run`
   * @param beside starts what it needs on its network; `remove` removes `<name>-beside`
   */
  static async start(
    name: string,
    settings: Record<string, string>,
    options: readonly string[] = [],
    beside: (image: string) => Promise<unknown> = async () => undefined,
  ) {
    const gateway = new LoneGateway(name, await freePort());
    await gateway.remove();
    const images = await built();
    await docker.run("network", "create", name);
    const aliases = HOSTS.flatMap((host) => ["--network-alias", `upstream-${host}`]);
    const upstream = ["--init", "--name", `${name}-upstream`, "--network", name, ...aliases];
    await docker.run("run", "--detach", ...upstream, "--entrypoint", "node", images.portal, "-e", UPSTREAM);
    await beside(images.gateway);
    const env = Object.entries({ ...SETTINGS, GATEWAY_PORT: String(gateway.port), ...settings });
    await docker.run(
      ...["run", "--detach", "--init", "--name", name, "--network", name, "--memory", "128m"],
      ...["--publish", `127.0.0.1:${gateway.port}:8080`, "--cap-drop", "ALL"],
      ...env.flatMap(([key, value]) => ["--env", `${key}=${value}`]),
      ...options,
      images.gateway,
    );
    await gateway.answers();
    return gateway;
  }

  /** Waits until it answers, and what is behind it. */
  async answers(): Promise<void> {
    await eventually(`${this.name} answering`, async () => {
      const scheme = (await this.ask(`http://alice.${DOMAIN}/`)).status === 307 ? "https" : "http";
      return (await this.ask(`${scheme}://alice.${DOMAIN}/`)).status === 200;
    }).catch(async (error) => {
      throw new Error(await docker.run("logs", this.name), { cause: error });
    });
  }

  /** Asks for a URL of any name; its port is the gateway's. */
  ask(url: string, { method = "GET", headers = {}, body, ca }: Ask = {}): Promise<Answer> {
    const { protocol, hostname, pathname, search } = new URL(url);
    return new Promise((answer, reject) => {
      const options = {
        host: "127.0.0.1",
        port: this.port,
        method,
        path: pathname + search,
        headers: { host: `${hostname}:${this.port}`, ...headers },
        agent: false as const,
      };
      const call =
        protocol === "http:"
          ? plain(options)
          : encrypted({ ...options, servername: hostname, ...(ca ? { ca } : { rejectUnauthorized: false }) });
      call.on("response", (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (data) => (text += data));
        response.on("end", () => answer({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
        response.on("error", reject);
      });
      call.on("error", reject);
      call.end(body);
    });
  }

  /** What reached the upstream of a request. */
  async reached(url: string, options: Ask = {}): Promise<{ headers: Record<string, string>; length: number }> {
    const { status, body } = await this.ask(url, options);
    if (status !== 200) throw new Error(`${url}: ${status} ${body}`);
    return JSON.parse(body);
  }

  /** A connection by TLS. */
  async socket(url: string): Promise<TLSSocket> {
    const { hostname } = new URL(url);
    const options = { host: "127.0.0.1", port: this.port, servername: hostname, rejectUnauthorized: false };
    const socket = connect(options);
    await once(socket, "secureConnect");
    return socket;
  }

  /** What it shows to visitors. */
  async certificate(): Promise<PeerCertificate> {
    const socket = await this.socket(`https://${DOMAIN}/`);
    const shown = socket.getPeerCertificate();
    socket.destroy();
    return shown;
  }

  logs = async () => (await capture("docker", ["logs", "--tail", "50", this.name], { env: docker.env })).stderr;

  async restart(): Promise<void> {
    await docker.run("restart", "-t", "2", this.name);
    await this.answers();
  }

  run = (...command: string[]) => docker.run("exec", this.name, ...command);

  async remove(): Promise<void> {
    await docker
      .run("rm", "--force", "--volumes", ...["", "-upstream", "-beside"].map((end) => `${this.name}${end}`))
      .catch(() => undefined);
    await docker.run("network", "rm", this.name).catch(() => undefined);
  }
}

async function built(): Promise<{ gateway: string; portal: string }> {
  const builds = imageBuilds(resolveTeam(parseTeamConfig({ members: [{ id: "alice" }] })), ["gateway", "portal"], ROOT);
  const missing = await missingImages(docker, builds);
  await buildImages(docker, missing, ROOT, createProgress());
  const name = (image: string) => builds.find((build) => build.image === image)?.name as string;
  return { gateway: name("gateway"), portal: name("portal") };
}
