import { howToBeginFor } from "./mine.mjs";
import { serviceId } from "./prober.mjs";

/** @typedef {import("./config.mjs").PortalConfig} PortalConfig */
/** @typedef {import("./config.mjs").Member} Member */
/** @typedef {import("./config.mjs").Service} Service */
/** @typedef {import("./prober.mjs").State} State */
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

/** What public/live.js writes too. @type {Record<State, string>} */
const WORDS = { up: "up", starting: "starting", down: "down", unknown: "checking" };

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
 * Makes a text safe inside elements and quoted attributes. Control characters have no business in a page.
 *
 * @param {string} text
 */
export function escapeHtml(text) {
  return text
    .replace(/[\p{Cc}\p{Cs}]/gu, "\u{fffd}")
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

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
 * @param {string} [delivery] The section of tests and releases.
 * @param {{viewer: import("./mine.mjs").Viewer, section: string}} [mine] For a member who is signed in.
 */
export function renderPortal(config, states, assets, roster, delivery = "", mine = undefined) {
  const { members, services, team } = config;
  const filter =
    members.length < FILTER_FROM
      ? ""
      : `<div class="filter" hidden><input type="search" id="filter" placeholder="Find a member" aria-label="Find a member by name or id" autocomplete="off" spellcheck="false"></div>`;
  return document({
    title: `${team} · Muster`,
    assets,
    script: assets.live,
    attributes: ` data-roster="${escapeHtml(roster)}"`,
    body: `<a class="skip" href="#members">Skip to the members</a>
<header class="top"><div class="wide">
<p class="brand">${mark()}Muster</p>
<h1><bdi>${escapeHtml(team)}</bdi></h1>
<div class="roll">${faces(members)}<p class="summary" id="summary" role="status">${escapeHtml(summary(shownStates(config, states)))}</p><a class="jump" href="#begin">How to begin</a></div>
</div></header>
<main class="wide">
${mine?.section ?? ""}
${services.length === 0 ? "" : `<section aria-labelledby="team-title"><h2 id="team-title">For the team</h2><ul class="team">${services.map((service) => `<li>${link(undefined, service, states)}</li>`).join("")}</ul></section>`}
<section aria-labelledby="members"><div class="heading"><h2 id="members" tabindex="-1">Members <span class="count" id="count" aria-live="polite">${members.length}</span></h2>${filter}</div>
${members.length === 0 ? `<p class="empty">Nobody is on the roster yet. Add a member to it, and this page shows where to begin.</p>` : `<ul class="members${members.length < 3 ? " few" : ""}">${members.map((member) => card(member, states)).join("\n")}</ul>`}
<p class="empty" id="nobody" hidden>No member matches that.</p></section>
${delivery}
${mine === undefined ? howToBegin(config) : howToBeginFor(mine.viewer)}
</main>
<footer class="wide"><p id="checked">The states are those of this moment; reload for newer ones.</p></footer>`,
  });
}

/**
 * The page of a service that is starting, or that broke off an answer.
 *
 * @param {PortalConfig} config
 * @param {import("./notice.mjs").Notice} page
 * @param {Assets} assets
 */
export function renderNotice(config, page, assets) {
  const others = (page.others ?? []).map(
    ({ name, url }) => `<li><a href="${escapeHtml(url)}"><bdi>${escapeHtml(name)}</bdi></a></li>`,
  );
  return document({
    title: page.title,
    assets,
    ...(page.wait
      ? { script: assets.retry, head: '<noscript><meta http-equiv="refresh" content="5"></noscript>' }
      : {}),
    body: `<main class="notice">
<div class="sign" aria-hidden="true">${page.member === undefined ? "" : avatar(page.member)}${page.wait ? "<i></i><i></i><i></i>" : ""}${page.member === undefined && !page.wait ? mark() : ""}</div>
<h1>${escapeHtml(page.title)}</h1>
<p role="status" id="message">${escapeHtml(page.text)}</p>
${page.later === undefined ? "" : `<p id="later" hidden>${escapeHtml(page.later)}</p>`}
${others.length === 0 ? "" : `<ul class="others">${others.join("")}</ul>`}
<p class="back"><a class="button" href="${escapeHtml(config.url)}">Open the portal</a></p>
</main>`,
  });
}

/**
 * @param {{title: string, assets: Assets, body: string, script?: string, head?: string, attributes?: string}} parts
 */
function document({ title, assets, body, script, head = "", attributes = "" }) {
  return `<!doctype html>
<html lang="en"${attributes}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="${FAVICON}">
${head}<style>${assets.style}</style>
</head>
<body>
${body}
${script === undefined ? "" : `<script>${script}</script>`}
</body>
</html>
`;
}

/**
 * @param {Member} member
 * @param {Readonly<Record<string, State>>} states
 */
function card(member, states) {
  const name = escapeHtml(member.name);
  return `<li class="card" data-find="${escapeHtml(`${member.name} ${member.id}`.toLowerCase())}"><div class="who">${avatar(member)}<div><h3 dir="auto" title="${name}">${name}</h3>${member.name === member.id ? "" : `<p class="id">${escapeHtml(member.id)}</p>`}</div></div><div class="services">${member.services.map((service) => link(member, service, states)).join("")}</div></li>`;
}

/**
 * @param {Member | undefined} member
 * @param {Service} service
 * @param {Readonly<Record<string, State>>} states
 */
export function link(member, service, states) {
  const id = serviceId(member?.id, service.kind);
  const state = states[id];
  const owner = member === undefined ? "" : `<span class="hush"> of ${escapeHtml(member.name)}</span>`;
  // Not every service can be asked; then the link speaks for itself.
  const shown =
    state === undefined
      ? ""
      : `<span class="state" data-service="${escapeHtml(id)}" data-state="${state}"><span class="hush">, </span><span>${WORDS[state]}</span></span>`;
  return `<a class="service" href="${escapeHtml(service.url)}">${icon(service.kind)}<span class="label"><bdi>${escapeHtml(service.name)}</bdi>${owner}</span>${shown}</a>`;
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

function mark() {
  return '<svg class="mark" viewBox="0 0 24 24" aria-hidden="true"><g><circle cx="5" cy="6.5" r="3"/><circle cx="19" cy="6.5" r="3"/><circle cx="5" cy="17.5" r="3"/><circle cx="19" cy="17.5" r="3"/></g><circle class="you" cx="12" cy="12" r="4"/></svg>';
}

/** @param {PortalConfig} config */
function howToBegin({ services, delivery }) {
  const wait =
    delivery === undefined ? "" : " With <code>git push -o ci.wait</code> your terminal shows how the tests end.";
  const push = services.some(({ kind }) => kind === "git")
    ? `<li><b>Share it.</b> Push to the team's repository; what passes the tests goes live.${wait}</li>`
    : "<li><b>Try things.</b> Site, editor and database are your own: nothing you do there disturbs anybody else.</li>";
  return `<section class="begin" aria-labelledby="begin"><h2 id="begin" tabindex="-1">How to begin</h2><ol>
<li><b>Open your editor.</b> Log in with your password. Whoever runs this environment sees it with <code>npm run credentials</code>.</li>
<li><b>Edit and save.</b> Your site serves the folder <code>public</code>: reload it, and the change is there.</li>
<li><b>Use the terminal.</b> <code>mariadb</code> opens your own database; PHP, Composer, Node and git are at hand.</li>
${push}
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
 * @param {State[]} states
 */
export function summary(states) {
  if (states.length === 0) return "";
  if (states.includes("unknown")) return "Checking what is up …";
  const up = states.filter((state) => state === "up").length;
  return up === states.length ? "Everything is up" : `${up} of ${states.length} services are up`;
}
