/** One label below the team's domain. */
const LABEL = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

/**
 * The team's addresses, as visitors write them. The port is that of the request: whoever forwards another one stays on
 * it.
 *
 * @param {URL} portal
 */
export function createAddresses(portal) {
  const { protocol, hostname: domain } = portal;

  /** @param {string} hostname */
  const isOurs = (hostname) =>
    hostname === domain || (hostname.endsWith(`.${domain}`) && LABEL.test(hostname.slice(0, -domain.length - 1)));

  return {
    /**
     * The address of a host of the team.
     *
     * @param {string} label Empty for the portal.
     * @param {string} [port] That of the request.
     */
    base: (label, port = portal.port) =>
      new URL(`${protocol}//${label === "" ? domain : `${label}.${domain}`}${port === "" ? "" : `:${port}`}/`),

    /**
     * The host of a request, as the gateway tells it.
     *
     * @param {string} host `alice.example.org:8080`
     * @returns {URL | undefined} undefined for one that is not the team's
     */
    read(host) {
      const url = URL.canParse(`${protocol}//${host}`) ? new URL(`${protocol}//${host}`) : undefined;
      return url !== undefined && isOurs(url.hostname) ? url : undefined;
    },

    /**
     * Where somebody wants to go after they have signed in.
     *
     * @param {string} to A whole address.
     * @param {URL} here
     * @returns {URL | undefined} undefined for what is not the team's
     */
    destination(to, here) {
      if (!/^https?:\/\//i.test(to) || !URL.canParse(to)) return undefined;
      const url = new URL(to);
      const plain = url.username === "" && url.password === "";
      return plain && url.protocol === protocol && url.port === here.port && isOurs(url.hostname) ? url : undefined;
    },

    /**
     * A path of the same host.
     *
     * @param {string} path
     * @returns {string} `/` for what leads elsewhere
     */
    path(path) {
      const url =
        /^\/(?![/\\])/.test(path) && URL.canParse(path, "http://here") ? new URL(path, "http://here") : undefined;
      return url === undefined || url.host !== "here" ? "/" : `${url.pathname}${url.search}`;
    },
  };
}

/** @typedef {ReturnType<typeof createAddresses>} Addresses */

/**
 * What a request's address says after `name=`, as it was written: the gateway cannot encode it, so it comes last.
 *
 * @param {string} url
 * @param {string} name
 */
export function lastParameter(url, name) {
  const start = url.search(new RegExp(`[?&]${name}=`));
  return start < 0 ? "" : url.slice(start + name.length + 2);
}
