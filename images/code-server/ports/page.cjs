// What a visitor sees where nothing listens.

const escapeHtml = (text) => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

const TEXTS = {
  en: {
    title: (port) => `Nothing listens on port ${port}`,
    where: (owner) => (owner === "" ? "in this editor." : `in ${owner}’s editor.`),
    how: "Start a server in the editor’s terminal, for example with one of these. This page opens it by itself.",
  },
  ko: {
    title: (port) => `${port}번 포트에서 실행 중인 서버가 없습니다`,
    where: (owner) => (owner === "" ? "이 편집기의 포트입니다." : `${owner} 님의 편집기 포트입니다.`),
    how: "편집기 터미널에서 서버를 시작하세요. 예를 들면 다음과 같습니다. 시작되면 이 페이지가 저절로 열립니다.",
  },
};

const commands = (port) => [
  `npm run dev -- --port ${port}`,
  `php -S localhost:${port}`,
  `python3 -m http.server ${port}`,
];

function page(language, port, owner) {
  const { title, where, how } = TEXTS[language];
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta http-equiv="refresh" content="3">
<title>${title(port)}</title>
<style>
:root { color-scheme: light dark; --ground: #f6f4ee; --surface: #fff; --ink: #16202e; --soft: #566072; --line: #e2ded3; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #0f141b; --surface: #18202b; --ink: #eef1f6; --soft: #a3aec0; --line: #2a3443; }
}
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--ground); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main { box-sizing: border-box; width: min(34rem, calc(100% - 2rem)); padding: 2.5rem; border: 1px solid var(--line);
  border-radius: 1.25rem; background: var(--surface); }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.2; letter-spacing: -.015em; }
p { margin: .5rem 0 1.25rem; color: var(--soft); }
pre { margin: 0; padding: 1rem; overflow-x: auto; border: 1px solid var(--line); border-radius: .75rem; }
</style>
</head>
<body>
<main>
<h1>${title(port)}</h1>
<p>${escapeHtml(where(owner))}</p>
<p>${how}</p>
<pre>${commands(port).join("\n")}</pre>
</main>
</body>
</html>
`;
}

/** Says so, and how to start something; in Korean to whoever prefers it. */
function nothingListens({ headers }, response, { port, owner }) {
  const html = /text\/html/.test(headers.accept ?? "");
  const language = /^ko\b/i.test(headers["accept-language"] ?? "") ? "ko" : "en";
  response.writeHead(503, {
    "content-type": `text/${html ? "html" : "plain"}; charset=utf-8`,
    "cache-control": "no-store",
    "retry-after": "3",
    "x-content-type-options": "nosniff",
  });
  response.end(html ? page(language, port, owner) : `Nothing listens on port ${port} in this editor.\n`);
}

module.exports = { nothingListens };
