import { escapeHtml } from "../node/web/html.mjs";
import { person, short } from "./delivery-page.mjs";

/** @typedef {import("./journal.mjs").Entry} Entry */
/** @typedef {import("./texts.mjs").Say} Say */

/**
 * The section of what went live.
 *
 * @param {Entry[]} entries
 * @param {Say} t
 */
export function renderJournal(entries, t) {
  return `<div id="journal">${renderEntries(entries, t)}</div>`;
}

/**
 * What changes of it; public/live.js puts it in its place.
 *
 * @param {Entry[]} entries
 * @param {Say} t
 */
export function renderEntries(entries, t) {
  if (entries.length === 0) return "";
  const heads = [
    t("historyWhen"),
    t("historyRepository"),
    t("historyWhat"),
    t("historyCommit"),
    t("historyBy"),
    t("historyAbout"),
  ];
  return `<section class="journal" aria-labelledby="journal-title"><details><summary><h2 id="journal-title">${t("history")}</h2></summary><div class="sheet"><table><thead><tr>${heads.map((head) => `<th scope="col">${head}</th>`).join("")}</tr></thead><tbody>${entries.map((entry) => row(entry, t)).join("")}</tbody></table></div></details></section>`;
}

/** @param {Entry} entry @param {Say} t */
function row({ at, repository, rollback, done, revision, by, about }, t) {
  const iso = new Date(at).toISOString();
  const what = rollback ? t(done ? "wentBack" : "notRolledBack") : t(done ? "wentLive" : "stayedBack");
  return `<tr><td><time datetime="${iso}">${iso.slice(0, 16).replace("T", " ")}</time></td><th scope="row">${escapeHtml(repository)}</th><td class="${done ? (rollback ? "high" : "") : "critical"}">${what}</td><td>${revision === "" ? "" : `<code title="${revision}">${revision.slice(0, 8)}</code>`}</td><td>${person(by)}</td><td class="about"><bdi>${escapeHtml(short(about))}</bdi></td></tr>`;
}
