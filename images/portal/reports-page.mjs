import { escapeHtml } from "./html.mjs";
import { fullness, severity } from "./reports.mjs";

/** @typedef {import("./reports.mjs").Report} Report */
/** @typedef {import("./reports.mjs").Volume} Volume */

const MB = 1e6;
const GB = 1e9;

/**
 * The section of volumes, and what is wrong with them.
 *
 * @param {Report[]} reports
 */
export function renderReports(reports) {
  return `<div id="reports">${renderVolumes(reports)}</div>`;
}

/** @param {Report[]} reports */
export function renderVolumes(reports) {
  const rows = reports.filter(({ volumes }) => volumes.length > 0);
  const lines = [...diskLines(rows), ...reports.flatMap(extensionLines)];
  if (rows.length === 0 && lines.length === 0) return "";
  const said = lines.map(
    ({ kind, text }) => `<li class="${kind}"><b>${kind === "critical" ? "Now: " : ""}</b>${escapeHtml(text)}</li>`,
  );
  return `<section class="disks" aria-labelledby="disks"><h2 id="disks">Disks</h2>
${said.length === 0 ? "" : `<ul class="alerts" role="status">${said.join("")}</ul>`}
<details><summary>What the volumes hold</summary><div class="sheet"><table><thead><tr><th scope="col">Whose</th><th scope="col">Volume</th><th scope="col">Holds</th><th scope="col">Its disk is full</th></tr></thead><tbody>${rows.map(rowsOf).join("")}</tbody></table></div></details></section>`;
}

/** @param {Report} report */
function rowsOf({ owner, name, volumes }) {
  const who = owner !== "team" ? name : name === "live" ? "Live" : "Team";
  return volumes
    .map((volume) => {
      const percent = fullness(volume);
      const used = volume.used === null ? "…" : amount(volume.used);
      return `<tr><th scope="row"><bdi>${escapeHtml(who)}</bdi></th><td>${escapeHtml(volume.purpose)}</td><td>${used}</td><td class="${severity(percent)}">${percent} % of ${amount(volume.size)}</td></tr>`;
    })
    .join("");
}

/**
 * One line for each disk: volumes that say the same are on the same one.
 *
 * @param {Report[]} reports
 */
function diskLines(reports) {
  /** @type {Map<string, {kind: "high" | "critical", percent: number, free: number, titles: string[]}>} */
  const disks = new Map();
  for (const { owner, name, volumes } of reports) {
    for (const volume of volumes) {
      const percent = fullness(volume);
      const kind = severity(percent);
      if (kind === "") continue;
      const key = `${volume.size} ${percent}`;
      const disk = disks.get(key) ?? { kind, percent, free: volume.free, titles: [] };
      disk.titles.push(
        owner === "team"
          ? `${name === "live" ? "the live server" : "the team"}'s ${volume.purpose}`
          : `${name}'s ${volume.purpose}`,
      );
      disks.set(key, disk);
    }
  }
  return [...disks.values()].map(({ kind, percent, free, titles }) => {
    const what = titles.length > 3 ? `The disk of ${titles.length} volumes` : `The disk of ${titles.join(", ")}`;
    return { kind, text: `${what} is ${percent} % full: ${amount(free)} are free.` };
  });
}

/** @param {Report} report */
function extensionLines({ name, extensions }) {
  if (extensions.length === 0) return [];
  const what = extensions.join(", ");
  return [{ kind: "high", text: `${name}'s editor could not install ${what}: see its log.` }];
}

/** @param {number} bytes */
function amount(bytes) {
  if (bytes >= GB) return `${(bytes / GB).toFixed(1)} GB`;
  return `${(bytes / MB).toFixed(bytes < 10 * MB ? 1 : 0)} MB`;
}
