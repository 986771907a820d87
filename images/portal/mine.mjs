import { lastBuildOf } from "./delivery-page.mjs";
import { avatar, escapeHtml, link } from "./html.mjs";

/** @typedef {import("./config.mjs").PortalConfig} PortalConfig */
/** @typedef {import("./config.mjs").Member} Member */
/** @typedef {import("./prober.mjs").State} State */
/** @typedef {keyof typeof TEXTS} Language */

const TEXTS = {
  en: {
    yours: "Yours",
    account: "Account",
    lastPush: "Your last push",
    noPush:
      "You have not pushed anything yet. Your site shows each saved file at once; a push is tested, and goes live.",
    begin: "How to begin",
    steps: [
      "<b>Open your editor.</b> You are signed in there, and in your database, git, the CI and the mail.",
      "<b>Edit and save.</b> Your site serves your files: reload it, and the change is there.",
      "<b>Use the terminal.</b> <code>mariadb</code> opens your own database; PHP, Composer, Node and git are at hand.",
      "<b>Share it.</b> Push to the team's repository; what passes the tests goes live. With <code>git push -o ci.wait</code> your terminal shows how the tests end.",
      "<b>From your own computer,</b> git asks for your id and your password.",
    ],
    services: { site: "Site", editor: "Editor", database: "Database" },
  },
  ko: {
    yours: "내 공간",
    account: "계정",
    lastPush: "마지막 푸시",
    noPush: "아직 푸시한 것이 없습니다. 저장한 파일은 내 사이트에 바로 보이고, 푸시하면 테스트를 거쳐 공개됩니다.",
    begin: "시작하는 방법",
    steps: [
      "<b>편집기를 여세요.</b> 편집기, 데이터베이스, git, CI, 메일에 이미 로그인되어 있습니다.",
      "<b>고치고 저장하세요.</b> 내 사이트를 새로 고치면 바뀐 것이 보입니다.",
      "<b>터미널을 쓰세요.</b> <code>mariadb</code>로 내 데이터베이스를 열 수 있고, PHP, Composer, Node, git이 준비되어 있습니다.",
      "<b>공유하세요.</b> 팀 저장소에 푸시하면 테스트를 통과한 것이 공개됩니다. <code>git push -o ci.wait</code>는 테스트 결과를 터미널에 보여 줍니다.",
      "<b>내 컴퓨터에서는</b> git이 아이디와 비밀번호를 묻습니다.",
    ],
    services: { site: "사이트", editor: "편집기", database: "데이터베이스" },
  },
};

/**
 * What the page begins with for a member who is signed in.
 *
 * @typedef {object} Viewer
 * @property {Member} member
 * @property {Language} language
 */

/**
 * Who looks at the page, as the gateway says. The portal tells everybody the same; only the order is the viewer's own.
 *
 * @param {PortalConfig} config
 * @param {{user: string, accepted: string}} request
 * @returns {Viewer | undefined}
 */
export function viewerOf({ members }, { user, accepted }) {
  const member = members.find(({ id }) => id === user);
  return member && { member, language: /^ko\b/i.test(accepted.trim()) ? "ko" : "en" };
}

/**
 * @param {PortalConfig} config
 * @param {Readonly<Record<string, State>>} states
 * @param {import("./delivery.mjs").DeliveryState | undefined} state
 * @param {Viewer} viewer
 * @param {number} now
 */
export function renderMine({ delivery, url }, states, state, { member, language }, now) {
  const text = TEXTS[language];
  const names = /** @type {Record<string, string>} */ (text.services);
  const links = member.services.map((service) =>
    link(member, { ...service, name: names[service.kind] ?? service.name }, states),
  );
  const build = delivery && state && lastBuildOf(delivery, state, member.id, now);
  const push =
    delivery === undefined
      ? ""
      : `<div class="push"><h4>${text.lastPush}</h4>${build ? `<ul class="builds">${build}</ul>` : `<p class="soft">${text.noPush}</p>`}</div>`;
  return `<section aria-labelledby="mine" lang="${language}"><h2 id="mine" tabindex="-1">${text.yours}</h2>
<div class="card mine"><div class="who">${avatar(member)}<div><p class="name"><bdi>${escapeHtml(member.name)}</bdi></p><p class="id">${escapeHtml(member.id)}</p></div><a class="account" href="${escapeHtml(`${url}/-/account`)}">${text.account}</a></div><div class="services">${links.join("")}</div>${push}</div></section>`;
}

/** @param {Viewer} viewer */
export function howToBeginFor({ language }) {
  const { begin, steps } = TEXTS[language];
  return `<section class="begin" aria-labelledby="begin" lang="${language}"><h2 id="begin" tabindex="-1">${begin}</h2><ol>
${steps.map((step) => `<li>${step}</li>`).join("\n")}
</ol></section>`;
}
