import { escapeHtml, MARK, page as wholePage } from "../node/web/html.mjs";
import { say } from "./texts.mjs";

/** @typedef {import("./texts.mjs").Language} Language */
/** @typedef {import("./texts.mjs").Text} Text */
/** @typedef {{team: string, style: string}} Look */
/** @typedef {{text: Text, values?: Record<string, string | number>, good?: boolean}} Message */

/**
 * The pages of one language. They work without JavaScript, and load nothing.
 *
 * @param {Look} look
 * @param {Language} language
 */
export function createPages({ team, style }, language) {
  /** @param {Text} text @param {Record<string, string | number>} [values] */
  const t = (text, values) => escapeHtml(say(language, text, values));

  /**
   * @param {string} title already safe
   * @param {string} body
   */
  const page = (title, body) =>
    wholePage({
      language,
      title: `${title} · ${escapeHtml(team)}`,
      style,
      body: `<main>
<p class="brand">${MARK}${escapeHtml(team)}</p>
<h1>${title}</h1>
${body}
</main>`,
    });

  /** @param {Message | undefined} message */
  const notice = (message) =>
    message === undefined
      ? ""
      : `<p class="message${message.good ? " good" : ""}" role="${message.good ? "status" : "alert"}">${t(message.text, message.values)}</p>`;

  /**
   * @param {string} name
   * @param {Text} label
   * @param {string} attributes
   * @param {Text} [hint]
   */
  const field = (name, label, attributes, hint) => `<label for="${name}">${t(label)}</label>
<input id="${name}" name="${name}" ${attributes} required${hint ? ` aria-describedby="${name}-hint"` : ""}>${hint ? `\n<p class="hint" id="${name}-hint">${t(hint)}</p>` : ""}`;

  const newPassword = () =>
    `${field("new", "newPassword", 'type="password" autocomplete="new-password" minlength="10" maxlength="200"', "passwordRule")}
${field("again", "again", 'type="password" autocomplete="new-password"')}`;

  /** @param {string} id For password managers. */
  const username = (id) =>
    `<input class="hush" name="id" value="${escapeHtml(id)}" autocomplete="username" tabindex="-1" aria-hidden="true" readonly>`;

  /** @param {string} href @param {Text} text */
  const button = (href, text) => `<p><a class="button" href="${escapeHtml(href)}">${t(text)}</a></p>`;

  return {
    /** @param {{to: string, id?: string, message?: Message | undefined}} parts */
    signIn: ({ to, id = "", message }) =>
      page(
        t("signInTo", { team }),
        `${notice(message)}<form method="post" action="/-/sign-in">
<input type="hidden" name="to" value="${escapeHtml(to)}">
${field("id", "name", `value="${escapeHtml(id)}" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="40"${id === "" ? " autofocus" : ""}`, "nameHint")}
${field("password", "password", `type="password" autocomplete="current-password" maxlength="200"${id === "" ? "" : " autofocus"}`)}
<button class="button">${t("signIn")}</button>
</form>
<p class="soft">${t("noPassword")}</p>`,
      ),

    /** @param {{name: string, id: string, message?: Message | undefined}} parts */
    invitation: ({ name, id, message }) =>
      page(
        t("welcome", { name }),
        `<p>${t("welcomeText", { team })}</p>
${notice(message)}<form method="post">
${username(id)}${newPassword()}
<button class="button">${t("start")}</button>
</form>`,
      ),

    /** @param {{name: string, id: string, portal: string, message?: Message | undefined}} parts */
    account: ({ name, id, portal, message }) =>
      page(
        t("account"),
        `<p>${t("signedInAs", { name })}</p>
${notice(message)}<form method="post" action="/-/account">
<h2>${t("changePassword")}</h2>
<p class="hint">${t("changeText")}</p>
${username(id)}${field("password", "current", 'type="password" autocomplete="current-password" maxlength="200"')}
${newPassword()}
<button class="button">${t("changePassword")}</button>
</form>
<form method="post" action="/-/sign-out">
<h2>${t("signOut")}</h2>
<p class="hint">${t("signOutText")}</p>
<button class="button quiet">${t("signOut")}</button>
<button class="button quiet" name="everywhere" value="yes">${t("signOutAll")}</button>
</form>
<p class="soft"><a href="${escapeHtml(portal)}">${t("portal")}</a></p>`,
      ),

    /** @param {Text} title @param {Text} text @param {{href: string, text: Text}} [link] */
    plain: (title, text, link) => page(t(title), `<p>${t(text)}</p>\n${link ? button(link.href, link.text) : ""}`),

    /**
     * @param {{title: Text, name: string, owner: string, organisers: string[], own?: string | undefined, portal: string}} parts
     */
    denied: ({ title, name, owner, organisers, own, portal }) =>
      page(
        t(title, { owner }),
        `<p>${organisers.length > 0 ? t("ask", { name, owner, organisers: organisers.join(", ") }) : t("askAlone", { name, owner })}</p>
${own === undefined ? "" : button(own, "own")}<p><a href="${escapeHtml(portal)}">${t("portal")}</a></p>`,
      ),
  };
}
