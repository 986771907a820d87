import { escapeHtml } from "../node/web/html.mjs";

/** @typedef {import("./config.mjs").Delivery} DeliveryConfig */
/** @typedef {import("./delivery.mjs").DeliveryState} DeliveryState */
/** @typedef {import("./delivery.mjs").RepositoryState} RepositoryState */
/** @typedef {import("./history.mjs").BranchState} BranchState */
/** @typedef {import("./buildbot.mjs").Result} Result */
/** @typedef {import("./texts.mjs").Say} Say */

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
 * @param {Say} t
 * @param {number} now Milliseconds.
 */
export function renderDelivery(config, state, t, now) {
  return `<section aria-labelledby="delivery-title"><h2 id="delivery-title">${t("delivery")}</h2><div id="delivery">${renderRepositories(config, state, t, now)}</div></section>`;
}

/**
 * What changes of it; public/live.js puts it in its place.
 *
 * @param {DeliveryConfig} config
 * @param {DeliveryState} state
 * @param {Say} t
 * @param {number} now
 */
export function renderRepositories(config, state, t, now) {
  const { repositories } = state;
  const troubles = troublesOf(config, state, t).map((trouble) => `<p class="trouble">${trouble}</p>`);
  const list =
    repositories.length === 0
      ? `<p class="empty">${t("noRepository")}</p>`
      : `<ul class="repositories${repositories.length < 3 ? " few" : ""}">${repositories.map((repository) => card(config, state, repository, t, now)).join("\n")}</ul>`;
  return `${troubles.join("")}${list}`;
}

/**
 * @param {DeliveryConfig} config
 * @param {DeliveryState} state
 * @param {Say} t
 */
function troublesOf({ ciUrl }, { ci, away, live, repositories }, t) {
  const troubles = [];
  if (ci === "forbidden") troubles.push(t("ciForbidden", { url: escapeHtml(ciUrl) }));
  if (ci === "silent") {
    troubles.push(t(repositories.some(({ branches }) => branches.length > 0) ? "ciSilentSince" : "ciSilent"));
  }
  if (ci === "answers" && away.length > 0) {
    const names = away.map((name) => `<code>${escapeHtml(name)}</code>`).join(", ");
    troubles.push(t(away.length === 1 ? "workerAway" : "workersAway", { names }));
  }
  if (live === "silent") {
    troubles.push(t(repositories.some(({ release }) => release !== undefined) ? "liveSilentSince" : "liveSilent"));
  }
  return troubles;
}

/**
 * @param {DeliveryConfig} config
 * @param {DeliveryState} state
 * @param {RepositoryState} repository
 * @param {Say} t
 * @param {number} now
 */
function card(config, state, repository, t, now) {
  const { name, gitUrl, liveUrl, branches } = repository;
  const of = `<span class="hush">${t("of", { name: escapeHtml(name) })}</span>`;
  const links = [
    gitUrl === undefined ? "" : `<a href="${escapeHtml(gitUrl)}">${t("code")}${of}</a>`,
    liveUrl === undefined
      ? `<span class="soft">${t("noAddress")}</span>`
      : `<a href="${escapeHtml(liveUrl)}">${t("liveSite")}${of}</a>`,
  ];
  const builds =
    branches.length > 0
      ? `<ul class="builds">${branches.map((branch) => build(config, branch, t, now)).join("")}</ul>`
      : nothingBuilt(config, state.ci, t);
  return `<li class="repository"><div class="heading"><h3>${escapeHtml(name)}</h3><p class="links">${links.join("")}</p></div>${release(config, state, repository, t, now)}${builds}</li>`;
}

/**
 * @param {DeliveryConfig} config
 * @param {DeliveryState["ci"]} ci
 * @param {Say} t
 */
function nothingBuilt({ deployBranch }, ci, t) {
  if (ci === "asking") return `<p class="soft">${t("askingCi")}</p>`;
  if (ci !== "answers") return "";
  return `<p class="soft">${t("nothingPushed", { branch: branchName(deployBranch) })}</p>`;
}

/**
 * @param {DeliveryConfig} config
 * @param {DeliveryState} state
 * @param {RepositoryState} repository
 * @param {Say} t
 * @param {number} now
 */
function release({ deployBranch }, { ci, live }, { release, branches, liveUrl }, t, now) {
  const nothing = (/** @type {string} */ text) => `<p class="release soft">${text}</p>`;
  if (release === undefined) return live === "silent" ? "" : nothing(t("askingLive"));
  if (release === null) {
    if (ci === "answers" && branches.length === 0) return "";
    const why = branches.find(({ branch }) => branch === deployBranch)?.notDeployed;
    if (why) return nothing(t("notLiveWhy", { why: quoted(why) }));
    if (liveUrl === undefined) return nothing(t("notLiveNoSite"));
    return nothing(t("notLive", { branch: branchName(deployBranch) }));
  }
  const { revision, author, by, rolledBack, problem, at } = release;
  const whose = author === "" ? "" : ` ${t("by", { person: person(author) })}`;
  const back = by === "" ? t("rolledBack") : t("rolledBackBy", { person: person(by) });
  const how = rolledBack ? ` <span class="back">${back}</span>` : "";
  const state = `<b>${t(problem === "" ? "isLive" : "isBroken")}</b>`;
  const why = problem === "" ? "" : ` <bdi class="problem" lang="en">${escapeHtml(short(problem))}</bdi>`;
  return `<p class="release">${state} <code title="${revision}">${revision.slice(0, SHORT)}</code>${whose}${how} <span class="soft">${age(at, t, now)}</span>${why}</p>`;
}

/**
 * @param {DeliveryConfig} config
 * @param {BranchState} state
 * @param {Say} t
 * @param {number} now
 */
function build({ ciUrl }, state, t, now) {
  const { branch, result, warnings, findings, by, at, page, log } = state;
  const name = page === undefined ? branchName(branch) : `<a href="${address(ciUrl, page)}">${branchName(branch)}</a>`;
  const shape = `<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${SHAPES[result]}</svg>`;
  const careful = result === "passed" && warnings;
  const word = careful ? withWarnings(state.text, t) : t(result);
  const who = by === "" ? "" : `${person(by)}, `;
  const told = result === "failed" || /^(?:not working|tested, not deployed):/.test(state.text);
  const why = told ? reason(state.text) : "";
  const on = { branch: escapeHtml(short(branch)) };
  const more = [
    why === "" ? "" : quoted(short(why)),
    log === undefined
      ? ""
      : `<a href="${address(ciUrl, log)}">${t("openLog")}<span class="hush">${t("openLogOf", on)}</span></a>`,
  ].filter(Boolean);
  const found = findings.map((line) => `<li>${quoted(line)}</li>`).join("");
  if (found !== "") {
    more.push(
      `<details><summary>${t("findings")}<span class="hush">${t("findingsOn", on)}</span></summary><ul>${found}</ul></details>`,
    );
  }
  return `<li class="build" data-result="${careful ? "warned" : result}"><span class="branch">${name}</span><span class="result">${shape}${word}</span><span class="soft when">${who}${age(at, t, now)}</span>${more.length === 0 ? "" : `<span class="why">${more.join(" ")}</span>`}</li>`;
}

/**
 * The last build of what somebody pushed; empty when there is none.
 *
 * @param {DeliveryConfig} config
 * @param {DeliveryState} state
 * @param {string} member
 * @param {Say} t
 * @param {number} now
 */
export function lastBuildOf(config, { repositories }, member, t, now) {
  const own = repositories.flatMap(({ branches }) => branches.filter(({ by }) => by === member));
  const [last] = own.sort((a, b) => b.at - a.at);
  return last === undefined ? "" : build(config, last, t, now);
}

/** How a build passed that left something out. @param {string} text @param {Say} t */
function withWarnings(text, t) {
  const [, left, all] = /(\d+) of (\d+) jobs not run/.exec(text) ?? [];
  return left === undefined || all === undefined ? t("passedWithWarnings") : t("passedInPart", { left, all });
}

/** What the CI says, in its own language. @param {string} text */
function quoted(text) {
  return `<bdi lang="en">${escapeHtml(text)}</bdi>`;
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
export function person(name) {
  return `<bdi>${escapeHtml(short(name.replace(/ *<[^<>]*@[^<>]*>$/, "") || name, LONGEST_NAME))}</bdi>`;
}

/** @param {string} text */
export function short(text, longest = LONGEST) {
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
 * @param {Say} t
 * @param {number} now
 */
function age(at, t, now) {
  const iso = new Date(at).toISOString();
  return `<time datetime="${iso}" title="${iso.slice(0, 16).replace("T", " ")} UTC">${ageWords(at, t, now)}</time>`;
}

/**
 * How long ago, as coarse as people say it; the clocks of two containers may differ a little.
 *
 * @param {number} at
 * @param {Say} t
 * @param {number} now
 */
export function ageWords(at, t, now) {
  const minutes = Math.floor((now - at) / 60_000);
  if (minutes < 1) return t("justNow");
  if (minutes < 60) return t("minutesAgo", { count: minutes });
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return t("hoursAgo", { count: hours });
  const days = Math.floor(hours / 24);
  if (days === 1) return t("yesterday");
  return days < 60 ? t("daysAgo", { count: days }) : new Date(at).toISOString().slice(0, 10);
}
