import { escapeHtml } from "./html.mjs";

/** @typedef {import("./config.mjs").Delivery} DeliveryConfig */
/** @typedef {import("./delivery.mjs").DeliveryState} DeliveryState */
/** @typedef {import("./delivery.mjs").RepositoryState} RepositoryState */
/** @typedef {import("./history.mjs").BranchState} BranchState */
/** @typedef {import("./buildbot.mjs").Result} Result */

const SHORT = 8;
const LONGEST = 120;
const LONGEST_NAME = 40;

/** @type {Record<Result, string>} */
const SHAPES = {
  passed: '<circle cx="12" cy="12" r="9"/><path d="m8 12.3 2.8 2.8L16 9.6"/>',
  failed: '<circle cx="12" cy="12" r="9"/><path d="m9 9 6 6M15 9l-6 6"/>',
  running: '<path d="M12 3a9 9 0 1 1-9 9"/>',
  waiting: '<circle cx="12" cy="12" r="9"/><path d="M12 7v5.2l3.4 2"/>',
  cancelled: '<circle cx="12" cy="12" r="9"/><path d="m5.7 5.7 12.6 12.6"/>',
};

/**
 * The section of the portal's page.
 *
 * @param {DeliveryConfig} config
 * @param {DeliveryState} state
 * @param {number} now Milliseconds.
 */
export function renderDelivery(config, state, now) {
  return `<section aria-labelledby="delivery-title"><h2 id="delivery-title">Tests and releases</h2><div id="delivery">${renderRepositories(config, state, now)}</div></section>`;
}

/**
 * What changes of it; public/live.js puts it in its place.
 *
 * @param {DeliveryConfig} config
 * @param {DeliveryState} state
 * @param {number} now
 */
export function renderRepositories(config, state, now) {
  const { repositories } = state;
  const troubles = troublesOf(config, state).map((trouble) => `<p class="trouble">${trouble}</p>`);
  const list =
    repositories.length === 0
      ? `<p class="empty">There is no repository yet. The first push to a new name makes one.</p>`
      : `<ul class="repositories${repositories.length < 3 ? " few" : ""}">${repositories.map((repository) => card(config, state, repository, now)).join("\n")}</ul>`;
  return `${troubles.join("")}${list}`;
}

/**
 * @param {DeliveryConfig} config
 * @param {DeliveryState} state
 */
function troublesOf({ ciUrl }, { ci, away, live, repositories }) {
  const troubles = [];
  if (ci === "forbidden") troubles.push(`<a href="${escapeHtml(ciUrl)}">Sign in to the CI</a> to see builds.`);
  if (ci === "silent") {
    const known = repositories.some(({ branches }) => branches.length > 0);
    troubles.push(`The CI does not answer${known ? "; the builds are those it told of last" : " at the moment"}.`);
  }
  if (ci === "answers" && away.length > 0) {
    const [are, their] = away.length === 1 ? ["is", "its"] : ["are", "their"];
    const names = away.map((name) => `<code>${escapeHtml(name)}</code>`).join(", ");
    troubles.push(`${names} ${are} away, and builds wait: npm run status, and ${their} log, tell why.`);
  }
  if (live === "silent") {
    const known = repositories.some(({ release }) => release !== undefined);
    troubles.push(
      `The live server does not answer${known ? "; the releases are those it told of last" : " at the moment"}.`,
    );
  }
  return troubles;
}

const NO_ADDRESS = 'a name with "--", or one that ends in ".", "_" or "-", is no part of a host name';

/**
 * @param {DeliveryConfig} config
 * @param {DeliveryState} state
 * @param {RepositoryState} repository
 * @param {number} now
 */
function card(config, state, repository, now) {
  const { name, gitUrl, liveUrl, branches } = repository;
  const of = `<span class="hush"> of ${escapeHtml(name)}</span>`;
  const links = [
    gitUrl === undefined ? "" : `<a href="${escapeHtml(gitUrl)}">Code${of}</a>`,
    liveUrl === undefined
      ? `<span class="soft">No address on the live server: ${NO_ADDRESS}</span>`
      : `<a href="${escapeHtml(liveUrl)}">Live site${of}</a>`,
  ];
  const builds =
    branches.length > 0
      ? `<ul class="builds">${branches.map((branch) => build(config, branch, now)).join("")}</ul>`
      : nothingBuilt(config, state.ci);
  return `<li class="repository"><div class="heading"><h3>${escapeHtml(name)}</h3><p class="links">${links.join("")}</p></div>${release(config, state, repository, now)}${builds}</li>`;
}

/**
 * @param {DeliveryConfig} config
 * @param {DeliveryState["ci"]} ci
 */
function nothingBuilt({ deployBranch }, ci) {
  if (ci === "asking") return '<p class="soft">Asking the CI …</p>';
  if (ci !== "answers") return "";
  return `<p class="soft">Nothing was pushed yet. Every push is tested and shows up here; what passes on ${branchName(deployBranch)} goes live.</p>`;
}

/**
 * @param {DeliveryConfig} config
 * @param {DeliveryState} state
 * @param {RepositoryState} repository
 * @param {number} now
 */
function release({ deployBranch }, { ci, live }, { release, branches, liveUrl }, now) {
  if (release === undefined) {
    return live === "silent" ? "" : '<p class="release soft">Asking what is live …</p>';
  }
  if (release === null) {
    if (ci === "answers" && branches.length === 0) return "";
    const why = branches.find(({ branch }) => branch === deployBranch)?.notDeployed;
    if (why) return `<p class="release soft">Nothing is live: <bdi>${escapeHtml(why)}</bdi></p>`;
    if (liveUrl === undefined)
      return '<p class="release soft">No host name can be made of its name: it has no site.</p>';
    return `<p class="release soft">Nothing is live yet: what passes the tests on ${branchName(deployBranch)} goes live.</p>`;
  }
  const { revision, author, by, rolledBack, problem, at } = release;
  const whose = author === "" ? "" : ` by ${person(author)}`;
  const back = by === "" ? "rolled back" : `rolled back by ${person(by)}`;
  const how = rolledBack ? ` <span class="back">${back}</span>` : "";
  const state = problem === "" ? "<b>Live</b>" : "<b>Not working</b>";
  const why = problem === "" ? "" : ` <bdi class="problem">${escapeHtml(short(problem))}</bdi>`;
  return `<p class="release">${state} <code title="${revision}">${revision.slice(0, SHORT)}</code>${whose}${how} <span class="soft">${age(at, now)}</span>${why}</p>`;
}

/**
 * @param {DeliveryConfig} config
 * @param {BranchState} state
 * @param {number} now
 */
function build({ ciUrl }, state, now) {
  const { branch, result, warnings, findings, by, at, page, log } = state;
  const name = page === undefined ? branchName(branch) : `<a href="${address(ciUrl, page)}">${branchName(branch)}</a>`;
  const shape = `<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${SHAPES[result]}</svg>`;
  const careful = result === "passed" && warnings;
  const word = careful ? withWarnings(state.text) : result;
  const who = by === "" ? "" : `${person(by)}, `;
  const told = result === "failed" || /^(?:not working|tested, not deployed):/.test(state.text);
  const why = told ? reason(state.text) : "";
  const more = [
    why === "" ? "" : `<bdi>${escapeHtml(short(why))}</bdi>`,
    log === undefined
      ? ""
      : `<a href="${address(ciUrl, log)}">Open the log<span class="hush"> of what failed on ${escapeHtml(short(branch))}</span></a>`,
  ].filter(Boolean);
  const found = findings.map((line) => `<li><bdi>${escapeHtml(line)}</bdi></li>`).join("");
  if (found !== "") {
    more.push(
      `<details><summary>What was found<span class="hush"> on ${escapeHtml(short(branch))}</span></summary><ul>${found}</ul></details>`,
    );
  }
  return `<li class="build" data-result="${careful ? "warned" : result}"><span class="branch">${name}</span><span class="result">${shape}${word}</span><span class="soft when">${who}${age(at, now)}</span>${more.length === 0 ? "" : `<span class="why">${more.join(" ")}</span>`}</li>`;
}

/**
 * The last build of what somebody pushed; empty when there is none.
 *
 * @param {DeliveryConfig} config
 * @param {DeliveryState} state
 * @param {string} member
 * @param {number} now
 */
export function lastBuildOf(config, { repositories }, member, now) {
  const own = repositories.flatMap(({ branches }) => branches.filter(({ by }) => by === member));
  const [last] = own.sort((a, b) => b.at - a.at);
  return last === undefined ? "" : build(config, last, now);
}

/** How a build passed that left something out. @param {string} text */
function withWarnings(text) {
  const left = /\d+ of \d+ jobs not run/.exec(text);
  return left === null ? "passed with warnings" : `passed, ${left[0]}`;
}

/** What the CI says of a failure, without what the page says itself. @param {string} text */
function reason(text) {
  return text.replace(/^(?:(?:failed|exception) ?)+/, "").replace(/ \((?:failure|exception)\)$/, "");
}

/** @param {string} branch */
function branchName(branch) {
  return `<bdi class="name" title="${escapeHtml(branch)}">${escapeHtml(short(branch))}</bdi>`;
}

/** A name, without the address that git writes after it. @param {string} name */
function person(name) {
  return `<bdi>${escapeHtml(short(name.replace(/ *<[^<>]*@[^<>]*>$/, "") || name, LONGEST_NAME))}</bdi>`;
}

/** @param {string} text */
function short(text, longest = LONGEST) {
  const characters = [...text];
  return characters.length <= longest ? text : `${characters.slice(0, longest - 1).join("")}…`;
}

/**
 * @param {string} base
 * @param {string} path
 */
function address(base, path) {
  return escapeHtml(`${base.replace(/\/+$/, "")}/${path}`);
}

/**
 * @param {number} at Milliseconds.
 * @param {number} now
 */
function age(at, now) {
  const iso = new Date(at).toISOString();
  return `<time datetime="${iso}" title="${iso.slice(0, 16).replace("T", " ")} UTC">${ageWords(at, now)}</time>`;
}

/**
 * How long ago, as coarse as people say it; the clocks of two containers may differ a little.
 *
 * @param {number} at
 * @param {number} now
 */
export function ageWords(at, now) {
  const minutes = Math.floor((now - at) / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ago`;
  const days = Math.floor(hours / 24);
  if (days === 1) return "yesterday";
  return days < 60 ? `${days} days ago` : new Date(at).toISOString().slice(0, 10);
}
