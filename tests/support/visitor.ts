import { type Answer, request } from "./http";

/** Redirects that are followed. */
const HOPS = 10;

/** A browser without scripts: keeps each host's cookies, goes to pages, follows redirects, sends forms. */
export class Visitor {
  readonly #jars = new Map<string, Map<string, string>>();

  /** @param ca who is trusted for https, in PEM */
  constructor(public ca?: string) {}

  cookie = (host: string): string => [...this.#jar(host)].map(([name, value]) => `${name}=${value}`).join("; ");

  /** Goes on at another port of the same hosts: cookies know no ports. */
  follow(port: number): void {
    for (const [host, jar] of [...this.#jars]) this.#jars.set(host.replace(/:\d+$/, `:${port}`), jar);
  }

  #jar(host: string): Map<string, string> {
    const jar = this.#jars.get(host) ?? new Map<string, string>();
    this.#jars.set(host, jar);
    return jar;
  }

  /** Where the redirects end. */
  async goTo(url: string, headers: Record<string, string> = {}): Promise<Answer & { readonly url: string }> {
    let at = url;
    for (let hop = 0; hop < HOPS; hop++) {
      const answer = await this.#send(at, { headers: { accept: "text/html", ...headers } });
      if (answer.headers.location === undefined || answer.status < 300 || answer.status > 399) {
        return { ...answer, url: at };
      }
      at = new URL(answer.headers.location, at).href;
    }
    throw new Error(`${url} redirects for ever`);
  }

  /** As a form of the page's own origin. */
  send(url: string, form: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> {
    return this.#send(url, {
      method: "POST",
      body: new URLSearchParams(form).toString(),
      headers: {
        accept: "text/html",
        "content-type": "application/x-www-form-urlencoded",
        origin: new URL(url).origin,
        ...headers,
      },
    });
  }

  async #send(
    url: string,
    { headers, ...options }: { headers: Record<string, string>; method?: string; body?: string },
  ) {
    const { host } = new URL(url);
    const cookie = this.cookie(host);
    const answer = await request(url, { ...options, ca: this.ca, headers: { ...(cookie && { cookie }), ...headers } });
    for (const line of answer.headers["set-cookie"] ?? []) {
      const [name = "", value = ""] = (line.split(";")[0] as string).split(/=(.*)/);
      if (/;\s*Max-Age=0/i.test(line)) this.#jar(host).delete(name);
      else this.#jar(host).set(name, value);
    }
    return answer;
  }
}
