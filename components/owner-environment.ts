import * as pulumi from "@pulumi/pulumi";
import type { Owner } from "../config/members";

type Environment = Pick<Owner, "environment">;

/**
 * The owner's own variables.
 *
 * @param inside hosts and domains of the team's own, which no proxy that the variables name leads to
 */
export const environmentOf = (owner: Environment, inside: readonly string[]): Record<string, pulumi.Output<string>> =>
  Object.fromEntries(Object.entries(withoutProxy(owner, inside)).map(([name, value]) => [name, pulumi.secret(value)]));

/** Apache hands on to PHP's $_SERVER what it is told to. */
export function environmentNames(owner: Environment, inside: readonly string[]): Record<string, string> {
  const names = Object.keys(withoutProxy(owner, inside)).sort();
  return names.length === 0 ? {} : { SITE_ENVIRONMENT: names.join(" ") };
}

const PROXY = /^(?:all|https?)_proxy$/i;

/** Programs that are named a proxy reach the team's own services, and what runs beside them, without it. */
function withoutProxy({ environment }: Environment, inside: readonly string[]): Owner["environment"] {
  if (!Object.keys(environment).some((name) => PROXY.test(name))) return environment;
  const exceptions = withoutProxyTo([environment.NO_PROXY, environment.no_proxy], inside);
  return { ...environment, NO_PROXY: exceptions, no_proxy: exceptions };
}

/** One list of both spellings, and of the team's own. */
function withoutProxyTo(lists: readonly (string | undefined)[], inside: readonly string[]): string {
  const own = new Set(lists.map((list) => list?.trim()).filter(Boolean));
  // Everything, which it means only by itself.
  if (own.has("*")) return "*";
  // Some take a name for its own alone, and what begins with a dot for all below it.
  const hosts = ["localhost", "127.0.0.1", "::1", ...inside.flatMap((host) => [host, `.${host}`])];
  return [...own, ...hosts].join(",");
}
