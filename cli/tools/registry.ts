/** A registry by the distribution API, as far as the commands ask it. */

/** Milliseconds for one answer. */
const TIMEOUT = 5_000;

const MANIFEST_TYPES = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** Whether a registry answers, and over which protocol. */
export type RegistryState =
  | { readonly reached: true; readonly scheme: "https" | "http" | undefined }
  | { readonly reached: false; readonly message: string };

export interface Login {
  readonly user: string;
  readonly password: string;
}

/** `registry.example.org:5000/team` → its host and its path. */
export function registryParts(registry: string): { readonly host: string; readonly path: string } {
  const slash = registry.indexOf("/");
  const host = slash < 0 ? registry : registry.slice(0, slash);
  return { host, path: slash < 0 ? "" : registry.slice(slash + 1) };
}

/** Whether a host name, with or without port and path, leads to whoever uses it. */
export const loopback = (host: string): boolean => /^(?:localhost|127(?:\.\d+){3}|\[::1\])(?:[:/]|$)/.test(host);

/** Docker Hub's API is not below the name that images carry. */
const apiHost = (host: string): string => (host === "docker.io" ? "registry-1.docker.io" : host);

/**
 * Whether a registry answers, by HTTPS or, as Docker does too, by HTTP. Any answer counts: a login is Docker's
 * business.
 */
export async function reachRegistry(registry: string): Promise<RegistryState> {
  const host = apiHost(registryParts(registry).host);
  let message = "";
  for (const scheme of ["https", "http"] as const) {
    try {
      await fetch(`${scheme}://${host}/v2/`, { signal: AbortSignal.timeout(TIMEOUT) });
      return { reached: true, scheme };
    } catch (error) {
      const { code = "", text } = reason(error);
      // Docker has certificates of its own for registries.
      if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code)) return { reached: true, scheme: undefined };
      message ||= text;
      if (scheme === "https" && !/SSL|TLS|ECONNREFUSED|EPROTO/.test(`${code} ${text}`)) break;
    }
  }
  return { reached: false, message };
}

function reason(error: unknown): { code?: string; text: string } {
  const { cause, message, name } = error as Error & { cause?: Error & { code?: string; errors?: Error[] } };
  if (name === "TimeoutError") return { text: `it did not answer within ${TIMEOUT / 1000} s` };
  const inner = cause?.errors?.[0] ?? cause;
  const code = cause?.code ?? (inner as { code?: string } | undefined)?.code;
  return { ...(code ? { code } : {}), text: inner?.message || message };
}

/**
 * Whether the registry has an image.
 *
 * @param name repository below the registry, with its tag: `muster/php:1a2b3c4d5e6f`
 * @param login used if the registry asks for one
 * @returns undefined when it gives no answer
 */
export async function hasImage(registry: string, name: string, login?: Login): Promise<boolean | undefined> {
  const state = await reachRegistry(registry);
  if (!state.reached || state.scheme === undefined) return undefined;
  const { host, path } = registryParts(registry);
  const [repository = "", tag = ""] = name.split(":");
  const repositoryPath = [path, repository].filter(Boolean).join("/");
  const url = `${state.scheme}://${apiHost(host)}/v2/${repositoryPath}/manifests/${tag}`;
  try {
    const first = await head(url);
    const { status } =
      first.status === 401 ? await head(url, await authorization(first, repositoryPath, login)) : first;
    if (status === 200) return true;
    return status === 404 ? false : undefined;
  } catch {
    return undefined;
  }
}

const head = (url: string, authorization?: string): Promise<Response> =>
  fetch(url, {
    method: "HEAD",
    headers: { accept: MANIFEST_TYPES, ...(authorization === undefined ? {} : { authorization }) },
    signal: AbortSignal.timeout(TIMEOUT),
  });

/** What a registry wants to see: the login itself, or a token that another server gives for it. */
async function authorization(refusal: Response, repository: string, login: Login | undefined) {
  const basic = login && `Basic ${Buffer.from(`${login.user}:${login.password}`).toString("base64")}`;
  const challenge = refusal.headers.get("www-authenticate") ?? "";
  const realm = /^Bearer\s.*realm="([^"]+)"/i.exec(challenge)?.[1];
  if (realm === undefined) return basic;
  const url = new URL(realm);
  const service = /service="([^"]+)"/.exec(challenge)?.[1];
  if (service !== undefined) url.searchParams.set("service", service);
  url.searchParams.set("scope", `repository:${repository}:pull`);
  const answer = await fetch(url, {
    headers: basic === undefined ? {} : { authorization: basic },
    signal: AbortSignal.timeout(TIMEOUT),
  });
  const { token, access_token } = (await answer.json()) as { token?: string; access_token?: string };
  return `Bearer ${token ?? access_token ?? ""}`;
}
