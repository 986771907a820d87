import { speaker } from "../node/web/language.mjs";
import { en } from "./texts.en.mjs";
import { ko } from "./texts.ko.mjs";

/** @typedef {import("../node/web/language.mjs").Language} Language */
/** @typedef {import("../node/web/language.mjs").Values} Values */
/** @typedef {keyof typeof en} Text */
/**
 * Says a sentence in the visitor's language. What is filled into a page must be safe HTML.
 *
 * @typedef {(text: Text, values?: Values) => string} Say
 */

/** What the pages say, by language. */
export const TEXTS = { en, ko };

const say = speaker(TEXTS);

/**
 * @param {Language} language
 * @returns {Say}
 */
export const speak = (language) => (text, values) => say(language, text, values);

/** @typedef {"site" | "editor" | "database" | "git" | "ci" | "live" | "mail"} Kind */

/**
 * The name of a service in the visitor's language; one that the team gave it stays.
 *
 * @param {Say} t
 * @param {{kind: string, name: string}} service
 */
export function serviceName(t, { kind, name }) {
  return Object.hasOwn(en, kind) && en[/** @type {Kind} */ (kind)] === name ? t(/** @type {Kind} */ (kind)) : name;
}

/** @type {Record<string, Text>} */
const VOLUMES = {
  workspace: "volumeWorkspace",
  home: "volumeHome",
  database: "volumeDatabase",
  repositories: "volumeRepositories",
  ci: "volumeCi",
  releases: "volumeReleases",
  shared: "volumeShared",
  "release-worker": "volumeReleaseWorker",
};

/**
 * A volume by its purpose.
 *
 * @param {Say} t
 * @param {string} purpose
 */
export function volumeName(t, purpose) {
  const [, number] = /^worker-(\d+)$/.exec(purpose) ?? [];
  if (number !== undefined) return t("volumeWorker", { number });
  const text = VOLUMES[purpose];
  return text === undefined ? purpose : t(text);
}
