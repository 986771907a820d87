import { header, send } from "../node/web/http.mjs";
import { lastParameter } from "./addresses.mjs";
import { readForm, redirect } from "./http.mjs";
import { Busy, fault } from "./passwords.mjs";

/** @typedef {import("./server.mjs").Visit} Visit */
/** @typedef {import("./config.mjs").Member} Member */

/**
 * The pages on which somebody becomes somebody: sign-in, invitation, account.
 *
 * @param {object} parts
 * @param {import("./config.mjs").AccessConfig} parts.config
 * @param {import("./store.mjs").Store} parts.store
 * @param {import("./passwords.mjs").Hasher} parts.hasher
 * @param {import("./cookies.mjs").Cookies} parts.cookies
 * @param {import("./addresses.mjs").Addresses} parts.addresses
 * @param {import("./sessions.mjs").Sessions} parts.sessions
 * @param {import("./identity.mjs").Prove} parts.prove
 * @param {() => number} parts.now
 */
export function createAccount({ config, store, hasher, cookies, addresses, sessions, prove, now }) {
  /** @param {import("./http.mjs").Request} request */
  const from = (request) => ({ address: header(request, "x-real-ip"), agent: header(request, "user-agent") });

  /** @param {Visit} visit */
  const memberAt = ({ request }) => {
    const { session, visitor } = sessions.find(request.headers.cookie, config.domain);
    return session !== undefined && visitor?.kind === "member" ? { session, member: visitor.member } : undefined;
  };

  /** A form counts only when a page of this host has sent it. @param {Visit} visit */
  const isOwnForm = ({ request, here }) => header(request, "origin") === here.origin;

  /** Everything here is at the portal. @param {Visit} visit @returns {boolean} whether it is elsewhere */
  function isElsewhere({ here, request, response, portal }) {
    if (here.hostname === config.domain) return false;
    redirect(response, new URL(addresses.path(request.url ?? "/"), portal));
    return true;
  }

  /**
   * The cookies of a new session of this browser, whose earlier one ends.
   *
   * @param {Visit} visit
   * @param {Member} member
   * @param {string} event
   */
  function begin({ request }, member, event) {
    const cookie = request.headers.cookie;
    for (const value of cookies.values(cookie, "session")) {
      const earlier = store.session(value);
      if (earlier?.kind === "member") store.endSessions(earlier.root);
    }
    store.note(event, member.id, from(request));
    const value = store.addSession({ kind: "member", member: member.id, host: config.domain });
    const session = store.session(value);
    const seconds = ((session?.expires ?? now()) - now()) / 1000;
    const known = cookies.values(cookie, "device").some((device) => store.isDevice(device, member.id));
    return [
      cookies.set("session", value, seconds),
      ...(known ? [] : [cookies.set("device", store.addDevice(member.id), 365 * 24 * 3600)]),
    ];
  }

  /** @param {string} to */
  const onwards = (to) => (to === "" ? "/" : `/-/enter?to=${to}`);

  /** @param {Visit} visit */
  async function signIn(visit) {
    const { request, response, here, pages, portal } = visit;
    if (isElsewhere(visit)) return;
    if (request.method !== "POST") {
      const wanted = addresses.destination(lastParameter(request.url ?? "", "to"), here);
      const to = wanted?.href ?? "";
      if (memberAt(visit) !== undefined) return redirect(response, wanted ?? portal);
      return send(response, 200, pages.signIn({ to }));
    }
    const form = await readForm(request);
    const name = (form.get("id") ?? "").trim().toLowerCase();
    const to = addresses.destination(form.get("to") ?? "", here)?.href ?? "";
    /** @param {number} status @param {import("./pages.mjs").Message} message */
    const again = (status, message) => send(response, status, pages.signIn({ to, id: name, message }));
    if (!isOwnForm(visit)) return again(403, { text: "foreign" });
    const device = cookies.values(request.headers.cookie, "device").find((value) => store.isDevice(value, name));
    try {
      const proof = await prove({
        name,
        password: form.get("password") ?? "",
        address: from(request).address,
        ...(device === undefined ? {} : { device }),
      });
      if ("member" in proof) return redirect(response, onwards(to), begin(visit, proof.member, "sign-in"));
      if ("pause" in proof) {
        response.setHeader("retry-after", proof.pause);
        return again(429, { text: "pause", values: { seconds: proof.pause } });
      }
    } catch (error) {
      if (error instanceof Busy) return again(503, { text: "busy" });
      throw error;
    }
    // Who mistypes may have given the password as the name.
    store.note("wrong password", config.members.has(name) ? name : "(nobody's id)", from(request));
    return again(401, { text: "wrong" });
  }

  /** @param {Visit} visit */
  async function signOut(visit) {
    const { request, response, pages, portal } = visit;
    if (isElsewhere(visit)) return;
    const known = memberAt(visit);
    if (request.method !== "POST") {
      return known === undefined
        ? send(response, 200, pages.plain("signedOut", "signedOutText", { href: portal.href, text: "portal" }))
        : redirect(response, "/-/account");
    }
    const form = await readForm(request);
    if (!isOwnForm(visit)) return send(response, 403, pages.plain("closed", "foreign"));
    if (known !== undefined) {
      const everywhere = form.get("everywhere") === "yes";
      if (everywhere) store.endAllSessions(known.member.id);
      else store.endSessions(known.session.root);
      store.note(everywhere ? "sign-out everywhere" : "sign-out", known.member.id, from(request));
    }
    redirect(response, "/-/sign-out", [cookies.clear("session")]);
  }

  /**
   * Takes a new password from a form.
   *
   * @param {URLSearchParams} form
   * @param {Member} member
   * @returns {Promise<import("./texts.mjs").Text | undefined>} what is wrong with it
   */
  async function takePassword(form, member) {
    const password = form.get("new") ?? "";
    const wrong = fault(password, member);
    if (wrong !== undefined) return wrong;
    if (password !== form.get("again")) return "differ";
    store.setPassword(member.id, await hasher.hash(password));
    return undefined;
  }

  /** @param {Visit} visit */
  async function manage(visit) {
    const { request, response, pages, portal } = visit;
    if (isElsewhere(visit)) return;
    const known = memberAt(visit);
    if (known === undefined) return redirect(response, `/-/sign-in?to=${new URL("/-/account", portal)}`);
    const { member } = known;
    /** @param {number} status @param {import("./pages.mjs").Message} [message] */
    const show = (status, message) =>
      send(response, status, pages.account({ ...member, portal: portal.href, message }));
    if (request.method !== "POST") return show(200);
    const form = await readForm(request);
    if (!isOwnForm(visit)) return show(403, { text: "foreign" });
    const { address } = from(request);
    // A session that was left open is no password.
    const device = cookies.values(request.headers.cookie, "device").find((value) => store.isDevice(value, member.id));
    const proof = await prove({
      name: member.id,
      password: form.get("password") ?? "",
      address,
      ...(device === undefined ? {} : { device }),
    });
    if ("pause" in proof) return show(429, { text: "pause", values: { seconds: proof.pause } });
    if (!("member" in proof)) return show(401, { text: "wrong" });
    const wrong = await takePassword(form, member);
    if (wrong !== undefined) return show(400, { text: wrong });
    response.setHeader("set-cookie", begin(visit, member, "new password"));
    return show(200, { text: "changed", good: true });
  }

  /**
   * Looking at an invitation does not use it up: chat programs look at every link.
   *
   * @param {Visit} visit
   * @param {string} secret
   */
  async function invitation(visit, secret) {
    const { request, response, pages, portal } = visit;
    if (isElsewhere(visit)) return;
    const member = config.members.get(store.invited(secret) ?? "");
    if (member === undefined) {
      return send(response, 410, pages.plain("gone", "goneInvitation", { href: portal.href, text: "portal" }));
    }
    if (request.method !== "POST") return send(response, 200, pages.invitation(member));
    const form = await readForm(request);
    /** @param {number} status @param {import("./texts.mjs").Text} text */
    const again = (status, text) => send(response, status, pages.invitation({ ...member, message: { text } }));
    if (!isOwnForm(visit)) return again(403, "foreign");
    const wrong = await takePassword(form, member);
    if (wrong !== undefined) return again(400, wrong);
    redirect(response, "/", begin(visit, member, "invitation"));
  }

  /**
   * Opens one site to whoever has the link.
   *
   * @param {Visit} visit
   * @param {string} secret
   */
  function shared({ request, response, here, pages }, secret) {
    const share = store.share(secret);
    if (share === undefined || share.host !== here.hostname)
      return send(response, 410, pages.plain("gone", "goneShare"));
    // A member sees the site as a member.
    if (sessions.find(request.headers.cookie, here.hostname).visitor?.kind === "member") return redirect(response, "/");
    const value = store.addSession({
      kind: "guest",
      member: "",
      host: here.hostname,
      root: share.id,
      expires: share.expires,
    });
    store.note("shared link", here.hostname, from(request));
    redirect(response, "/", [cookies.set("session", value, (share.expires - now()) / 1000)]);
  }

  return { signIn, signOut, manage, invitation, shared };
}
