/** What the pages say, by language. `{…}` is filled in. */
export const TEXTS = {
  en: {
    signIn: "Sign in",
    signInTo: "Sign in to {team}",
    name: "Your id",
    nameHint: "As in your addresses: alice, for example.",
    password: "Password",
    newPassword: "New password",
    again: "The same once more",
    passwordRule: "At least 10 characters. Several words are easier to remember than signs.",
    noPassword: "No password, or forgotten? Ask whoever runs this environment for an invitation link.",
    wrong: "Id and password do not belong together.",
    pause:
      "Too many attempts from here. Try again in {seconds} seconds, in a browser where you have signed in before, or with an invitation link.",
    busy: "Many people are signing in. Try again in a moment.",
    foreign: "This form was sent from another page. Please send it from here.",
    short: "That is too short: use at least 10 characters.",
    long: "That is too long: use at most 200 characters.",
    obvious: "That is easy to guess: use something that is not your name or a row of keys.",
    differ: "The two passwords differ.",
    welcome: "Welcome, {name}",
    welcomeText:
      "You are on the team {team}. Choose a password, and you are in: site, editor, database, git, CI and mail, on every device.",
    start: "Start",
    account: "Your account",
    signedInAs: "Signed in as {name}",
    changePassword: "Change password",
    changeText: "It is also your password for git over HTTPS. All other devices are signed out.",
    current: "Current password",
    changed: "Your password is changed, and every other device is signed out.",
    signOut: "Sign out",
    signOutText: "Here, on all of the team's pages.",
    signOutAll: "Sign out everywhere",
    signedOut: "You are signed out",
    signedOutText: "Close the editor's other tabs if somebody else uses this device.",
    portal: "To the portal",
    gone: "This link no longer works",
    goneInvitation:
      "An invitation works once, and for some days. Ask whoever runs this environment for a new one, or sign in.",
    goneShare: "The time for which this site was shared is over. Ask whoever gave you the link.",
    editorOf: "This is {owner}’s editor",
    databaseOf: "This is {owner}’s database",
    siteOf: "This is {owner}’s site",
    portOf: "This is {owner}’s development server",
    closed: "This page is not yours",
    ask: "You are signed in as {name}. If you need to see it, ask {owner}, or one of the organisers: {organisers}.",
    askAlone: "You are signed in as {name}. If you need to see it, ask {owner}.",
    own: "To your own",
    nothing: "There is nothing here",
    nothingText: "The address is not one of the team's.",
    twice: "A site of this team has put cookies of ours into your browser",
    twiceText:
      "Who you are cannot be told from them, so nobody is signed in here. Delete this site's cookies, and sign in again.",
  },
  ko: {
    signIn: "로그인",
    signInTo: "{team} 로그인",
    name: "아이디",
    nameHint: "주소에 쓰이는 아이디입니다. 예: alice",
    password: "비밀번호",
    newPassword: "새 비밀번호",
    again: "한 번 더 입력",
    passwordRule: "10자 이상. 기호보다 단어 여러 개가 기억하기 쉽습니다.",
    noPassword: "비밀번호가 없거나 잊으셨나요? 환경을 운영하는 분께 초대 링크를 요청하세요.",
    wrong: "아이디 또는 비밀번호가 맞지 않습니다.",
    pause:
      "이곳에서 너무 많이 시도했습니다. {seconds}초 뒤에 다시 시도하거나, 전에 로그인한 브라우저 또는 초대 링크를 이용하세요.",
    busy: "로그인하는 사람이 많습니다. 잠시 뒤에 다시 시도하세요.",
    foreign: "다른 페이지에서 보낸 요청입니다. 이 페이지에서 다시 보내 주세요.",
    short: "너무 짧습니다. 10자 이상 입력하세요.",
    long: "너무 깁니다. 200자 이하로 입력하세요.",
    obvious: "추측하기 쉽습니다. 이름이나 연속된 키가 아닌 것을 쓰세요.",
    differ: "두 비밀번호가 다릅니다.",
    welcome: "{name}님, 환영합니다",
    welcomeText:
      "{team} 팀의 구성원입니다. 비밀번호를 정하면 모든 기기에서 사이트, 편집기, 데이터베이스, git, CI, 메일을 쓸 수 있습니다.",
    start: "시작하기",
    account: "내 계정",
    signedInAs: "{name}님으로 로그인됨",
    changePassword: "비밀번호 변경",
    changeText: "HTTPS를 통한 git에도 쓰이는 비밀번호입니다. 다른 기기는 모두 로그아웃됩니다.",
    current: "현재 비밀번호",
    changed: "비밀번호를 바꾸었고, 다른 기기는 모두 로그아웃되었습니다.",
    signOut: "로그아웃",
    signOutText: "이 기기의 모든 팀 페이지에서 로그아웃합니다.",
    signOutAll: "모든 기기에서 로그아웃",
    signedOut: "로그아웃되었습니다",
    signedOutText: "다른 사람과 함께 쓰는 기기라면 편집기의 다른 탭도 닫으세요.",
    portal: "포털로 가기",
    gone: "더 이상 쓸 수 없는 링크입니다",
    goneInvitation:
      "초대는 한 번만, 며칠 동안만 쓸 수 있습니다. 환경을 운영하는 분께 새 링크를 요청하거나 로그인하세요.",
    goneShare: "사이트 공유 시간이 끝났습니다. 링크를 준 사람에게 문의하세요.",
    editorOf: "{owner}님의 편집기입니다",
    databaseOf: "{owner}님의 데이터베이스입니다",
    siteOf: "{owner}님의 사이트입니다",
    portOf: "{owner}님의 개발 서버입니다",
    closed: "볼 수 없는 페이지입니다",
    ask: "{name}님으로 로그인되어 있습니다. 보아야 한다면 {owner}님이나 운영자에게 문의하세요: {organisers}.",
    askAlone: "{name}님으로 로그인되어 있습니다. 보아야 한다면 {owner}님에게 문의하세요.",
    own: "내 것으로 가기",
    nothing: "아무것도 없습니다",
    nothingText: "팀의 주소가 아닙니다.",
    twice: "이 팀의 한 사이트가 브라우저에 로그인 쿠키를 넣었습니다",
    twiceText: "누구인지 알 수 없어 아무도 로그인되지 않았습니다. 이 사이트의 쿠키를 지우고 다시 로그인하세요.",
  },
};

/** @typedef {keyof typeof TEXTS} Language */
/** @typedef {keyof typeof TEXTS.en} Text */

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
      return { language: tag.split("-")[0] ?? "", quality: Number(quality ?? 1) };
    })
    .filter(({ language, quality }) => Object.hasOwn(TEXTS, language) && quality > 0)
    .sort((a, b) => b.quality - a.quality);
  return /** @type {Language} */ (wanted[0]?.language ?? "en");
}

/**
 * @param {Language} language
 * @param {Text} text
 * @param {Record<string, string | number>} [values]
 */
export function say(language, text, values = {}) {
  return TEXTS[language][text].replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}
