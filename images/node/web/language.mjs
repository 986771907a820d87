/** The languages that pages are written in. */
export const LANGUAGES = /** @type {const} */ (["en", "ko"]);

/** @typedef {(typeof LANGUAGES)[number]} Language */
/** @typedef {Record<string, string | number>} Values */
/**
 * @template {string} Key
 * @typedef {Readonly<Record<Language, Readonly<Record<Key, string>>>>} Catalogue What pages say, by language and key.
 */

/**
 * The first language of the browser that there is; English otherwise.
 *
 * @param {string | undefined} accepted `Accept-Language`
 * @returns {Language}
 */
export function languageOf(accepted) {
  const wanted = (accepted ?? "")
    .split(",")
    .map((entry) => {
      const [tag = "", ...parameters] = entry.trim().toLowerCase().split(";");
      const quality = parameters.map((each) => /^\s*q=([\d.]+)\s*$/.exec(each)?.[1]).find(Boolean);
      const language = LANGUAGES.find((each) => each === tag.split("-")[0]);
      return { language, quality: Number(quality ?? 1) };
    })
    .filter(({ language, quality }) => language !== undefined && quality > 0)
    .sort((a, b) => b.quality - a.quality);
  return wanted[0]?.language ?? "en";
}

/**
 * Says what a catalogue holds, with its `{…}` filled in.
 *
 * @template {string} Key
 * @param {Catalogue<Key>} catalogue
 */
export function speaker(catalogue) {
  /** @param {Language} language @param {Key} key @param {Values} [values] */
  return (language, key, values = {}) =>
    catalogue[language][key].replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}
