import { distance, nearest } from "./nearest";

/** Namespaces of Pulumi itself and of providers that stacks often configure: their keys may be called anything. */
const PROVIDERS = new Set([
  ...["alicloud", "auth0", "aws", "aws-native", "awsx", "azure", "azure-native", "azuread", "cloudflare", "command"],
  ...["datadog", "digitalocean", "docker", "docker-build", "eks", "gcp", "github", "gitlab", "google-native", "hcloud"],
  ...["kubernetes", "linode", "local", "mysql", "oci", "openstack", "postgresql", "pulumi", "random", "tls", "vault"],
]);

/** A key that was meant for Muster, and that Muster would not see. */
export interface StrayKey {
  /** As it was written. */
  readonly key: string;
  /** The key of Muster's that was most likely meant, without its namespace. */
  readonly meant: string;
  readonly problem: string;
}

/**
 * Keys without a namespace, with a misspelt one, or with one that nothing here uses before the name of a key of
 * Muster's. Other namespaces are left alone.
 *
 * @param keys full keys
 * @param namespace the project's name
 * @param known Muster's keys
 */
export function strayKeys(keys: readonly string[], namespace: string, known: readonly string[]): StrayKey[] {
  return keys.flatMap((key) => {
    const [space, ...rest] = key.split(":");
    const name = rest.length === 0 ? key : rest.join(":");
    const guess = nearest(name, known);
    const right = `${namespace}:${guess ?? name}`;
    if (key === namespace) {
      const example = `${namespace}:team: hackathon`;
      const problem = `config/${key}: "${key}" is no key by itself: write each with it, for example ${example}`;
      return [{ key, meant: key, problem }];
    }
    const problem = (what: string) => [{ key, meant: guess ?? name, problem: `config/${key}: "${key}" ${what}` }];
    if (rest.length === 0) return problem(`has no namespace: write ${right}`);
    if (space === namespace || PROVIDERS.has(space as string)) return [];
    const far = distance((space as string).toLowerCase(), namespace);
    const misspelt = far <= 1 || (far <= 2 && guess !== undefined) || guess === name;
    return misspelt ? problem(`is of a namespace that nothing here uses: did you mean ${right}?`) : [];
  });
}
