/** Days below which the end of a certificate is told, as by `npm run status`. */
export const SOON = 21;

const DAY = 86_400;

/**
 * A line for everybody when the gateway's certificate ends soon; otherwise nothing.
 *
 * @param {string} end When it ends, in seconds since 1970, as the gateway says; empty where it has none.
 * @param {import("./texts.mjs").Say} t
 * @param {number} now Milliseconds.
 */
export function renderCertificate(end, t, now) {
  if (!/^\d{1,12}$/.test(end)) return "";
  const days = Math.floor((Number(end) - now / 1000) / DAY);
  if (days >= SOON) return "";
  const text =
    days < 0 ? t("certificateEnded") : days === 0 ? t("certificateEndsToday") : t("certificateEnds", { days });
  return `<ul class="alerts" role="status"><li class="${days < 7 ? "critical" : "high"}">${text}</li></ul>\n`;
}
