import { escapeHtml } from "../node/web/html.mjs";
import { fullness, severity } from "./reports.mjs";
import { volumeName } from "./texts.mjs";

/** @typedef {import("./reports.mjs").Report} Report */
/** @typedef {import("./reports.mjs").Volume} Volume */
/** @typedef {import("./texts.mjs").Say} Say */

const MB = 1e6;
const GB = 1e9;

/**
 * The section of volumes, and what is wrong with them.
 *
 * @param {Report[]} reports
 * @param {Say} t
 */
export function renderReports(reports, t) {
  return `<div id="reports">${renderVolumes(reports, t)}</div>`;
}

/** @param {Report[]} reports @param {Say} t */
export function renderVolumes(reports, t) {
  const rows = reports.filter(({ volumes }) => volumes.length > 0);
  const lines = [...diskLines(rows, t), ...reports.flatMap((report) => extensionLines(report, t))];
  if (rows.length === 0 && lines.length === 0) return "";
  const said = lines.map(
    ({ kind, text }) => `<li class="${kind}"><b>${kind === "critical" ? t("urgent") : ""}</b>${escapeHtml(text)}</li>`,
  );
  const heads = [t("volumeWhose"), t("volume"), t("volumeHolds"), t("volumeDisk")];
  return `<section class="disks" aria-labelledby="disks"><h2 id="disks">${t("disks")}</h2>
${said.length === 0 ? "" : `<ul class="alerts" role="status">${said.join("")}</ul>`}
<details><summary>${t("volumes")}</summary><div class="sheet"><table><thead><tr>${heads.map((head) => `<th scope="col">${head}</th>`).join("")}</tr></thead><tbody>${rows.map((report) => rowsOf(report, t)).join("")}</tbody></table></div></details></section>`;
}

/** @param {Report} report @param {Say} t */
function rowsOf({ owner, name, volumes }, t) {
  const who = owner !== "team" ? name : t(name === "live" ? "live" : "team");
  return volumes
    .map((volume) => {
      const percent = fullness(volume);
      const used = volume.used === null ? "…" : amount(volume.used);
      const full = t("percentOf", { percent, size: amount(volume.size) });
      return `<tr><th scope="row"><bdi>${escapeHtml(who)}</bdi></th><td>${escapeHtml(volumeName(t, volume.purpose))}</td><td>${used}</td><td class="${severity(percent)}">${full}</td></tr>`;
    })
    .join("");
}

/**
 * One line for each disk: volumes that say the same are on the same one.
 *
 * @param {Report[]} reports
 * @param {Say} t
 */
function diskLines(reports, t) {
  /** @type {Map<string, {kind: "high" | "critical", percent: number, free: number, titles: string[]}>} */
  const disks = new Map();
  for (const { owner, name, volumes } of reports) {
    for (const volume of volumes) {
      const percent = fullness(volume);
      const kind = severity(percent);
      if (kind === "") continue;
      const key = `${volume.size} ${percent}`;
      const disk = disks.get(key) ?? { kind, percent, free: volume.free, titles: [] };
      const whose = owner !== "team" ? "membersVolume" : name === "live" ? "livesVolume" : "teamsVolume";
      disk.titles.push(t(whose, { name, volume: volumeName(t, volume.purpose) }));
      disks.set(key, disk);
    }
  }
  return [...disks.values()].map(({ kind, percent, free, titles }) => {
    const volumes = titles.length > 3 ? t("manyVolumes", { count: titles.length }) : titles.join(", ");
    return { kind, text: t("diskFull", { volumes, percent, free: amount(free) }) };
  });
}

/** @param {Report} report @param {Say} t */
function extensionLines({ name, extensions }, t) {
  if (extensions.length === 0) return [];
  return [{ kind: "high", text: t("extensions", { name, extensions: extensions.join(", ") }) }];
}

/** @param {number} bytes */
function amount(bytes) {
  if (bytes >= GB) return `${(bytes / GB).toFixed(1)} GB`;
  return `${(bytes / MB).toFixed(bytes < 10 * MB ? 1 : 0)} MB`;
}
