import http from "node:http";
import https from "node:https";

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  /** Who vouches for the server, in PEM, where the URL is https. */
  readonly ca?: string | undefined;
}

/** Of a request to the gateway on the loopback, for a host name that need not resolve. */
function target(url: string, ca: string | undefined) {
  const { protocol, hostname, port, pathname, search } = new URL(url);
  return {
    call: protocol === "https:" ? https.request : http.request,
    options: {
      host: "127.0.0.1",
      port,
      path: pathname + search,
      ...(protocol === "https:" ? { servername: hostname, ca, agent: false as const } : {}),
    },
    host: `${hostname}:${port}`,
  };
}

/**
 * Asks the gateway on the loopback for a host name that need not resolve. Redirects are not followed.
 *
 * @param url for example `http://alice.localhost:18080/`
 */
export function request(url: string, { method = "GET", headers = {}, body, ca }: RequestOptions = {}): Promise<Answer> {
  const { call, options, host } = target(url, ca);
  return new Promise((resolve, reject) => {
    const outgoing = call(
      {
        ...options,
        method,
        headers: { host, ...headers, ...(body && { "content-length": Buffer.byteLength(body) }) },
        timeout: 60_000,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    outgoing.on("timeout", () => outgoing.destroy(new Error(`${url} did not answer in a minute`)));
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** The status of a WebSocket handshake: 101 when it is accepted. */
export function handshake(url: string, headers: Record<string, string>, ca?: string): Promise<number> {
  const { call, options, host } = target(url, ca);
  return new Promise((resolve, reject) => {
    const outgoing = call({
      ...options,
      headers: {
        host,
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": Buffer.from("0123456789abcdef").toString("base64"),
        ...headers,
      },
    });
    outgoing.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve(response.statusCode ?? 0);
    });
    outgoing.on("response", (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}
