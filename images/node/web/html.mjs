/** The team's mark. */
export const MARK =
  '<svg class="mark" viewBox="0 0 24 24" aria-hidden="true"><g><circle cx="5" cy="6.5" r="3"/><circle cx="19" cy="6.5" r="3"/><circle cx="5" cy="17.5" r="3"/><circle cx="19" cy="17.5" r="3"/></g><circle class="you" cx="12" cy="12" r="4"/></svg>';

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
 * A whole page, which loads nothing.
 *
 * @param {{language: import("./language.mjs").Language, title: string, style: string, head?: string, attributes?: string, body: string}} parts
 *   All but `style` is safe HTML already.
 */
export function page({ language, title, style, head = "", attributes = "", body }) {
  return `<!doctype html>
<html lang="${language}"${attributes}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
${head}<style>${style}</style>
</head>
<body>
${body}
</body>
</html>
`;
}
