import { createAddresses } from "./addresses.mjs";
import { createCookies } from "./cookies.mjs";
import { DAY } from "./store.mjs";

/** Milliseconds in which a command asks services. */
const OPERATION = 10 * 60_000;
const HOUR = 60 * 60 * 1000;

export class Refused extends Error {}

/**
 * What the commands of whoever runs the environment ask for. They come through a socket in the container.
 *
 * @param {import("./config.mjs").AccessConfig} config
 * @param {import("./store.mjs").Store} store
 * @param {() => number} now
 * @returns {Record<string, (order: any) => unknown>}
 */
export function createOperations(config, store, now) {
  const addresses = createAddresses(config.url);
  const cookies = createCookies(config.tls);

  return {
    /** @param {{members: string[], days: number}} order */
    invite: ({ members, days }) =>
      members.map((id) => {
        const member = config.members.get(id);
        if (member === undefined) throw new Refused(`"${id}" is not on the roster: npm run up brings a new member in`);
        const expires = now() + days * DAY;
        const secret = store.addInvitation(id, expires);
        return { id, name: member.name, url: new URL(`/-/invite/${secret}`, config.url).href, expires };
      }),

    /** @param {{label: string, hours: number}} order A host below the domain. */
    share({ label, hours }) {
      const base = addresses.base(label);
      const expires = now() + hours * HOUR;
      const secret = store.addShare(base.hostname, expires);
      return { url: new URL(`/-/share/${secret}`, base).href, expires };
    },

    /** @param {{label: string}} order */
    unshare: ({ label }) => ({ ended: store.endShares(addresses.base(label).hostname) }),

    log: () => store.log(),

    /**
     * A cookie with which a command asks every service, or what a member sees.
     *
     * @param {{member?: string}} order
     */
    session({ member }) {
      if (member !== undefined && !config.members.has(member)) throw new Refused(`"${member}" is not on the roster`);
      const kind = member === undefined ? "operator" : "member";
      const value = store.addSession({ kind, member: member ?? "", host: "", expires: now() + OPERATION });
      return { cookie: `${cookies.names.session}=${value}` };
    },
  };
}
