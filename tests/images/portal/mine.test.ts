import { beforeAll, expect, test } from "@jest/globals";

const load = () =>
  Promise.all([import("../../../images/portal/mine.mjs"), import("../../../images/portal/texts.mjs")] as const);
type Modules = Awaited<ReturnType<typeof load>>;
let renderMine: Modules[0]["renderMine"];
let speak: Modules[1]["speak"];
beforeAll(async () => {
  [{ renderMine }, { speak }] = await load();
});

const services = [{ kind: "editor", name: "Editor", url: "https://code-alice.dev.test" }];
const alice = { id: "alice", name: "Alice <Kim>", services };
const delivery = {
  ciApi: "http://ci/api/v2",
  ciUrl: "https://ci.dev.test",
  liveApi: "http://live",
  deployBranch: "main",
  repositories: [],
};
const config = {
  team: "hackathon",
  domain: "dev.test",
  url: "https://dev.test",
  members: [alice],
  services: [],
  delivery,
};

const build = (by: string, branch: string, at: number) => ({
  branch,
  result: "passed" as const,
  warnings: false,
  text: "passed",
  findings: [],
  notDeployed: "",
  by,
  revision: "0".repeat(40),
  at,
});
const state = {
  ci: "answers" as const,
  live: "answers" as const,
  away: [],
  repositories: [
    { name: "app", release: null, branches: [build("bob", "theirs", 9), build("alice", "older", 1)] },
    { name: "blog", release: null, branches: [build("alice", "newest", 5)] },
  ],
};

test("the page begins with the viewer's own, and their last push of all repositories", () => {
  const page = renderMine(config, {}, state, alice, speak("en"), 10);
  expect(page).toContain("Alice &#60;Kim&#62;");
  expect(page).toContain('href="https://code-alice.dev.test"');
  expect(page).toContain('href="https://dev.test/-/account"');
  expect(page).toContain("newest");
  expect(page).not.toMatch(/theirs|older/);
});

test("who has pushed nothing is told what a push does, in their language", () => {
  const nothing = { ...state, repositories: [] };
  expect(renderMine(config, {}, nothing, alice, speak("ko"), 10)).toContain("아직 푸시한 것이 없습니다");
});
