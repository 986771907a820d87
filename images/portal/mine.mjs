import { escapeHtml } from "../node/web/html.mjs";
import { lastBuildOf } from "./delivery-page.mjs";
import { avatar, link } from "./html.mjs";

/** @typedef {import("./config.mjs").PortalConfig} PortalConfig */
/** @typedef {import("./config.mjs").Member} Member */
/** @typedef {import("./prober.mjs").State} State */
/** @typedef {import("./texts.mjs").Say} Say */

/**
 * What the page begins with for a member who is signed in. The portal tells everybody the same; only the order is the
 * viewer's own.
 *
 * @param {PortalConfig} config
 * @param {Readonly<Record<string, State>>} states
 * @param {import("./delivery.mjs").DeliveryState | undefined} state
 * @param {Member} member
 * @param {Say} t
 * @param {number} now
 */
export function renderMine({ delivery, url }, states, state, member, t, now) {
  const links = member.services.map((service) => link(t, member, service, states));
  const build = delivery && state && lastBuildOf(delivery, state, member.id, t, now);
  const push =
    delivery === undefined
      ? ""
      : `<div class="push"><h4>${t("lastPush")}</h4>${build ? `<ul class="builds">${build}</ul>` : `<p class="soft">${t("noPush")}</p>`}</div>`;
  return `<section aria-labelledby="mine"><h2 id="mine" tabindex="-1">${t("yours")}</h2>
<div class="card mine"><div class="who">${avatar(member)}<div><p class="name"><bdi>${escapeHtml(member.name)}</bdi></p><p class="id">${escapeHtml(member.id)}</p></div><a class="account" href="${escapeHtml(`${url}/-/account`)}">${t("account")}</a></div><div class="services">${links.join("")}</div>${push}</div></section>`;
}
