import { escapeHtml, MARK, page } from "../node/web/html.mjs";
import { serviceId } from "./prober.mjs";
import { serviceName, speak } from "./texts.mjs";

/** @typedef {import("./config.mjs").PortalConfig} PortalConfig */
/** @typedef {import("./config.mjs").Member} Member */
/** @typedef {import("./config.mjs").Service} Service */
/** @typedef {import("./prober.mjs").State} State */
/** @typedef {import("./texts.mjs").Language} Language */
/** @typedef {import("./texts.mjs").Say} Say */
/**
 * @typedef {object} Assets Texts that are written into the pages: error pages appear under the members' host names,
 *   where the portal's own files cannot be asked for.
 * @property {string} style
 * @property {string} live Script of the portal's page.
 * @property {string} retry Script of the pages that wait.
 */

/** From this many members on, a box to search them is worth its place. */
const FILTER_FROM = 13;
const HUES = 12;
const FACES = 9;

/** What public/live.js writes too. @type {readonly import("./texts.mjs").Text[]} */
const LIVE_TEXTS = ["up", "starting", "down", "unknown", "allUp", "someUp", "checkedAt", "found", "portalAway"];

const ICONS = {
  site: '<circle cx="12" cy="12" r="9"/><path d="M3 12h18M12 3c2.6 2.6 3.9 5.6 3.9 9s-1.3 6.4-3.9 9c-2.6-2.6-3.9-5.6-3.9-9S9.4 5.6 12 3z"/>',
  editor: '<path d="m8.5 7.5-4.5 4.5 4.5 4.5M15.5 7.5 20 12l-4.5 4.5M13.5 5l-3 14"/>',
  database:
    '<ellipse cx="12" cy="5.5" rx="7.5" ry="2.7"/><path d="M4.5 5.5v13c0 1.5 3.4 2.7 7.5 2.7s7.5-1.2 7.5-2.7v-13M4.5 12c0 1.5 3.4 2.7 7.5 2.7s7.5-1.2 7.5-2.7"/>',
  git: '<circle cx="7" cy="5.5" r="2.3"/><circle cx="7" cy="18.5" r="2.3"/><circle cx="17" cy="8.5" r="2.3"/><path d="M7 7.8v8.4M17 10.8c0 3.2-3 4.2-7.7 6.2"/>',
  ci: '<path d="M20 12a8 8 0 1 1-2.5-5.8"/><path d="m8.5 11.5 3 3L20.5 5"/>',
  live: '<path d="M12 14.5V21M7.8 21h8.4"/><circle cx="12" cy="11" r="2.2"/><path d="M7.3 15.7a6.6 6.6 0 0 1 0-9.4M16.7 6.3a6.6 6.6 0 0 1 0 9.4M4.5 18.5a10.6 10.6 0 0 1 0-15M19.5 3.5a10.6 10.6 0 0 1 0 15"/>',
  other: '<rect x="4" y="4" width="16" height="16" rx="4"/><path d="M9 12h6"/>',
};

const FAVICON = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#16263d"/><g fill="#8fa3c2"><circle cx="9" cy="11" r="3.5"/><circle cx="23" cy="11" r="3.5"/><circle cx="9" cy="21.5" r="3.5"/><circle cx="23" cy="21.5" r="3.5"/></g><circle cx="16" cy="16" r="4.5" fill="#ffb547"/></svg>',
)}`;

/**
 * The first characters, as people see them, of a name's first and last words.
 *
 * @param {string} name
 */
export function initials(name) {
  const words = name.split(/[^\p{L}\p{N}\p{M}\p{Extended_Pictographic}\p{Emoji_Component}]+/u).filter(Boolean);
  // A picture in front is a mark of its own, and two together are too wide for the disc.
  const lone = words.length < 2 || /^\p{Extended_Pictographic}/u.test(name);
  const ends = lone ? words.slice(0, 1) : [words.at(0), words.at(-1)];
  const [first, last] = ends.map((word) => {
    const [segment] = new Intl.Segmenter().segment(word ?? "");
    return segment?.segment.toUpperCase() ?? "";
  });
  return `${first ?? "?"}${last ?? ""}`;
}

/**
 * A colour that a member keeps, however the roster changes: a hash of the id (FNV-1a).
 *
 * @param {string} id
 */
export function hueOf(id) {
  let hash = 0x811c9dc5;
  for (const character of id) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  // Its low bits repeat too soon for short ids.
  return ((hash >>> 16) ^ (hash & 0xffff)) % HUES;
}

/**
 * The portal's page.
 *
 * @param {PortalConfig} config
 * @param {Readonly<Record<string, State>>} states
 * @param {Assets} assets
 * @param {string} roster Changes with the configuration, so that an open page notices.
 * @param {Language} language
 * @param {{first?: string, last?: string, viewer?: Member | undefined}} [parts] What stands before and after the members,
 *   as HTML, and who is signed in.
 */
export function renderPortal(config, states, assets, roster, language, { first = "", last = "", viewer } = {}) {
  const t = speak(language);
  const { members, services, team } = config;
  const filter =
    members.length < FILTER_FROM
      ? ""
      : `<div class="filter" hidden><input type="search" id="filter" placeholder="${t("find")}" aria-label="${t("findBy")}" autocomplete="off" spellcheck="false"></div>`;
  const texts = escapeHtml(JSON.stringify(Object.fromEntries(LIVE_TEXTS.map((text) => [text, textOf(t, text)]))));
  return document({
    language,
    title: `${team} · Muster`,
    assets,
    script: assets.live,
    attributes: ` data-roster="${escapeHtml(roster)}" data-texts="${texts}"`,
    body: `<a class="skip" href="#members">${t("skip")}</a>
<header class="top"><div class="wide">
<p class="brand">${MARK}Muster</p>
<h1><bdi>${escapeHtml(team)}</bdi></h1>
<div class="roll">${faces(members)}<p class="summary" id="summary" role="status">${escapeHtml(summary(t, shownStates(config, states)))}</p><a class="jump" href="#begin">${t("begin")}</a></div>
</div></header>
<main class="wide">
${first}
${services.length === 0 ? "" : `<section aria-labelledby="team-title"><h2 id="team-title">${t("forTheTeam")}</h2><ul class="team">${services.map((service) => `<li>${link(t, undefined, service, states)}</li>`).join("")}</ul></section>`}
<section aria-labelledby="members"><div class="heading"><h2 id="members" tabindex="-1">${t("members")} <span class="count" id="count" aria-live="polite">${members.length}</span></h2>${filter}</div>
${members.length === 0 ? `<p class="empty">${t("noMembers")}</p>` : `<ul class="members${members.length < 3 ? " few" : ""}">${members.map((member) => card(t, member, states)).join("\n")}</ul>`}
<p class="empty" id="nobody" hidden>${t("noMatch")}</p></section>
${last}
${howToBegin(t, config, viewer !== undefined)}
</main>
<footer class="wide"><p id="checked">${t("momentary")}</p></footer>`,
  });
}

/** With its places to fill in left as they are: the page's script fills them. @param {Say} t @param {import("./texts.mjs").Text} text */
function textOf(t, text) {
  return t(text, { up: "{up}", all: "{all}", time: "{time}", found: "{found}" });
}

/**
 * The page of a service that is starting, or that broke off an answer.
 *
 * @param {PortalConfig} config
 * @param {import("./notice.mjs").Notice} notice
 * @param {Assets} assets
 * @param {Language} language
 */
export function renderNotice(config, notice, assets, language) {
  const { title, text, later, wait, member } = notice;
  const others = (notice.others ?? []).map(
    ({ name, url }) => `<li><a href="${escapeHtml(url)}"><bdi>${escapeHtml(name)}</bdi></a></li>`,
  );
  return document({
    language,
    title,
    assets,
    ...(wait ? { script: assets.retry, head: '<noscript><meta http-equiv="refresh" content="5"></noscript>' } : {}),
    body: `<main class="notice">
<div class="sign" aria-hidden="true">${member === undefined ? "" : avatar(member)}${wait ? "<i></i><i></i><i></i>" : ""}${member === undefined && !wait ? MARK : ""}</div>
<h1>${escapeHtml(title)}</h1>
<p role="status" id="message">${escapeHtml(text)}</p>
${later === undefined ? "" : `<p id="later" hidden>${escapeHtml(later)}</p>`}
${others.length === 0 ? "" : `<ul class="others">${others.join("")}</ul>`}
<p class="back"><a class="button" href="${escapeHtml(config.url)}">${speak(language)("openPortal")}</a></p>
</main>`,
  });
}

/**
 * @param {{language: Language, title: string, assets: Assets, body: string, script?: string, head?: string, attributes?: string}} parts
 */
function document({ language, title, assets, body, script, head = "", attributes = "" }) {
  return page({
    language,
    title: escapeHtml(title),
    style: assets.style,
    head: `<link rel="icon" href="${FAVICON}">\n${head}`,
    attributes,
    body: script === undefined ? body : `${body}\n<script>${script}</script>`,
  });
}

/**
 * @param {Say} t
 * @param {Member} member
 * @param {Readonly<Record<string, State>>} states
 */
function card(t, member, states) {
  const name = escapeHtml(member.name);
  return `<li class="card" data-find="${escapeHtml(`${member.name} ${member.id}`.toLowerCase())}"><div class="who">${avatar(member)}<div><h3 dir="auto" title="${name}">${name}</h3>${member.name === member.id ? "" : `<p class="id">${escapeHtml(member.id)}</p>`}</div></div><div class="services">${member.services.map((service) => link(t, member, service, states)).join("")}</div></li>`;
}

/**
 * @param {Say} t
 * @param {Member | undefined} member
 * @param {Service} service
 * @param {Readonly<Record<string, State>>} states
 */
export function link(t, member, service, states) {
  const id = serviceId(member?.id, service.kind);
  const state = states[id];
  const owner = member === undefined ? "" : `<span class="hush">${t("of", { name: escapeHtml(member.name) })}</span>`;
  // Not every service can be asked; then the link speaks for itself.
  const shown =
    state === undefined
      ? ""
      : `<span class="state" data-service="${escapeHtml(id)}" data-state="${state}"><span class="hush">, </span><span>${t(state)}</span></span>`;
  return `<a class="service" href="${escapeHtml(service.url)}">${icon(service.kind)}<span class="label"><bdi>${escapeHtml(serviceName(t, service))}</bdi>${owner}</span>${shown}</a>`;
}

/** @param {Member[]} members */
function faces(members) {
  if (members.length === 0) return "";
  const more = members.length > FACES ? `<span class="avatar more">+${members.length - FACES + 1}</span>` : "";
  const shown = members.slice(0, more === "" ? FACES : FACES - 1);
  return `<div class="faces" aria-hidden="true">${shown.map(avatar).join("")}${more}</div>`;
}

/** @param {Member} member */
export function avatar({ id, name }) {
  return `<span class="avatar hue-${hueOf(id)}" aria-hidden="true">${escapeHtml(initials(name))}</span>`;
}

/** @param {string} kind */
function icon(kind) {
  const shape = /** @type {Record<string, string>} */ (ICONS)[kind] ?? ICONS.other;
  return `<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${shape}</svg>`;
}

/**
 * @param {Say} t
 * @param {PortalConfig} config
 * @param {boolean} signedIn
 */
function howToBegin(t, { services, delivery }, signedIn) {
  const wait = delivery === undefined ? "" : t("beginWait");
  const steps = [
    t(signedIn ? "beginSignedIn" : "beginLogIn"),
    t("beginEdit"),
    t("beginTerminal"),
    services.some(({ kind }) => kind === "git") ? t("beginPush", { wait }) : t("beginTry"),
    ...(signedIn ? [t("beginElsewhere")] : []),
  ];
  return `<section class="begin" aria-labelledby="begin"><h2 id="begin" tabindex="-1">${t("begin")}</h2><ol>
${steps.map((step) => `<li>${step}</li>`).join("\n")}
</ol></section>`;
}

/**
 * @param {PortalConfig} config
 * @param {Readonly<Record<string, State>>} states
 */
function shownStates({ members, services }, states) {
  const ids = [
    ...services.map(({ kind }) => serviceId(undefined, kind)),
    ...members.flatMap((member) => member.services.map(({ kind }) => serviceId(member.id, kind))),
  ];
  return ids.map((id) => states[id]).filter((state) => state !== undefined);
}

/**
 * The line under the team's name; public/live.js writes it too.
 *
 * @param {Say} t
 * @param {State[]} states
 */
export function summary(t, states) {
  if (states.length === 0) return "";
  if (states.includes("unknown")) return t("checkingAll");
  const up = states.filter((state) => state === "up").length;
  return up === states.length ? t("allUp") : t("someUp", { up, all: states.length });
}
