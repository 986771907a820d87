import { beforeAll, expect, test } from "@jest/globals";

const load = () => import("../../../images/portal/mine.mjs");
let mine: Awaited<ReturnType<typeof load>>;
beforeAll(async () => {
  mine = await load();
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
const viewer = (user: string, accepted = "") => mine.viewerOf(config, { user, accepted });

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

test("only who is on the roster is a viewer, in the browser's language", () => {
  expect(viewer("alice", "ko-KR,ko;q=0.9")?.language).toBe("ko");
  expect(viewer("alice", "en,ko;q=0.9")?.language).toBe("en");
  expect([viewer("bob"), viewer("")]).toEqual([undefined, undefined]);
});

test("the page begins with the viewer's own, and their last push of all repositories", () => {
  const page = mine.renderMine(config, {}, state, viewer("alice") as NonNullable<ReturnType<typeof viewer>>, 10);
  expect(page).toContain("Alice &#60;Kim&#62;");
  expect(page).toContain('href="https://code-alice.dev.test"');
  expect(page).toContain('href="https://dev.test/-/account"');
  expect(page).toContain("newest");
  expect(page).not.toMatch(/theirs|older/);
  const korean = viewer("alice", "ko") as NonNullable<ReturnType<typeof viewer>>;
  expect(mine.renderMine(config, {}, { ...state, repositories: [] }, korean, 10)).toContain(
    "아직 푸시한 것이 없습니다",
  );
});
