import { setTimeout as sleep } from "node:timers/promises";
import { ask } from "../targets/readiness";
import type { GatewayAddress } from "../targets/target";

/** Milliseconds in which a site that has changed has to answer. */
const PATIENCE = 15_000;
const INTERVAL = 500;
const REDIRECTS = 5;
/** How many of the scripts and styles of a page are asked for. */
const PARTS = 20;
/** What no project has: a front end leads its own paths by itself. */
const DEEP_LINK = "muster/deep/link";

/** Who looks at a page. */
export interface Visitor {
  readonly gateway: GatewayAddress;
  /** Of somebody who is signed in. */
  readonly cookie: string | undefined;
}

/**
 * `works`, or what is wrong with the page at `url`, redirects followed.
 *
 * @param parts whether the page's scripts and styles have to answer too
 * @param deep whether a path that only its script knows has to
 */
export async function visit(url: string, visitor: Visitor, parts: boolean, deep: boolean): Promise<string> {
  const end = performance.now() + PATIENCE;
  for (;;) {
    const result = await look(url, visitor, parts, deep);
    if (result === "works" || performance.now() > end) return result;
    await sleep(INTERVAL);
  }
}

async function look(url: string, visitor: Visitor, parts: boolean, isDeep: boolean): Promise<string> {
  const page = await open(url, visitor);
  if ("problem" in page) return page.problem;
  for (const part of parts ? partsOf(page.body, page.url).slice(0, PARTS) : []) {
    const answer = await open(part, visitor);
    if ("problem" in answer) return `${new URL(part).pathname}: ${answer.problem}`;
  }
  if (!isDeep) return "works";
  const deep = await open(new URL(DEEP_LINK, url).href, visitor);
  if (!("problem" in deep)) return "works";
  // A site of many pages has one for those that are not there.
  const own = deep.problem === "404" && !("problem" in (await open(new URL("404.html", url).href, visitor)));
  return own ? "works" : `/${DEEP_LINK}: ${deep.problem}`;
}

type Opened = { readonly url: string; readonly body: string } | { readonly problem: string };

async function open(url: string, { gateway, cookie }: Visitor): Promise<Opened> {
  let address = url;
  for (let hop = 0; hop <= REDIRECTS; hop++) {
    const answer = await ask(address, gateway, cookie);
    if (answer === undefined) return { problem: "no answer" };
    const { status, location, body } = answer;
    if (status < 300) {
      const error = errorIn(body);
      return error === undefined ? { url: address, body } : { problem: error };
    }
    if (status >= 400 || location === undefined) return { problem: String(status) };
    const next = new URL(location, address);
    if (next.host !== new URL(url).host) return { problem: `leads to ${next.host}` };
    address = next.href;
  }
  return { problem: "redirects for ever" };
}

/** PHP's error where it shows its errors, which it answers with 200; undefined on a page without one. */
export function errorIn(html: string): string | undefined {
  const text = html.replace(/<[^>]*>/g, "").replace(/\s+/g, " ");
  return /\b(?:Fatal|Parse) error: .{0,400}? in \S+ on line \d+/.exec(text)?.[0];
}

/** The scripts and styles that a page loads from its own host. */
export function partsOf(html: string, page: string): string[] {
  const tags = html.replace(/<!--[\s\S]*?-->/g, "").matchAll(/<(script|link)\b([^>]*)>/gi);
  const found = [...tags].flatMap(([, name, attributes = ""]) => {
    const value = (key: string) => {
      const match = new RegExp(`\\b${key}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, "i").exec(attributes);
      return match?.[1] ?? match?.[2] ?? match?.[3];
    };
    const isScript = name?.toLowerCase() === "script";
    const wanted = isScript || /\b(?:stylesheet|modulepreload)\b/i.test(value("rel") ?? "");
    const address = wanted ? value(isScript ? "src" : "href") : undefined;
    return address !== undefined && URL.canParse(address, page) ? [new URL(address, page)] : [];
  });
  return [...new Set(found.filter(({ host }) => host === new URL(page).host).map(({ href }) => href))];
}
