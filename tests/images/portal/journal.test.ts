import { expect, test } from "@jest/globals";

const line = (more: object) =>
  JSON.stringify({
    ...{ time: "2026-01-31T12:00:00Z", repository: "app", action: "deploy", release: "r1" },
    ...{ revision: "0123456789abcdef", by: "alice", author: "Alice", subject: "Say <hello>", problem: "" },
    ...more,
  });

test("the CI's history is shown, the newest first, and stays when the CI is away", async () => {
  const { createJournal } = await import("../../../images/portal/journal.mjs");
  const asked: string[] = [];
  let now = 0;
  let status = 200;
  const body = `${line({})}\n{"time": "2026\n${line({ action: "rollback", by: "bob", subject: "broken" })}\n`;
  const ask = async (url: string) => {
    asked.push(url);
    return { status, body, whole: true, gone: false };
  };
  const journal = createJournal({ ciApi: "http://t-ci:8080/api/v2" }, { ask, now: () => now });
  await journal.refresh(1000);
  const at = Date.UTC(2026, 0, 31, 12);
  const entry = { at, repository: "app", done: true, revision: "0123456789abcdef" };
  const expected = [
    { ...entry, rollback: true, by: "bob", about: "broken" },
    { ...entry, rollback: false, by: "alice", about: "Say <hello>" },
  ];
  expect(journal.state()).toEqual(expected);
  [now, status] = [60_000, 0];
  await journal.refresh(1000);
  expect(asked).toEqual(Array(2).fill("http://t-ci:8080/-/history"));
  expect(journal.state()).toEqual(expected);
});

test("a row says what happened, and lets nothing of a commit out of its place", async () => {
  const { readEntries } = await import("../../../images/portal/journal.mjs");
  const { renderEntries } = await import("../../../images/portal/journal-page.mjs");
  const { speak } = await import("../../../images/portal/texts.mjs");
  const problem = { release: "", problem: "the migration failed" };
  const log = [line({}), line(problem), line({ action: "rollback" }), line({ ...problem, action: "rollback" })];
  const page = renderEntries(readEntries(log.join("\n")), speak("en"));
  expect([...page.matchAll(/<\/th><td class="\w*">([^<]*)</g)].map(([, what]) => what)).toEqual([
    "not rolled back",
    "rolled back",
    "not put live",
    "live",
  ]);
  expect(page).toContain("Say &#60;hello&#62;");
  expect(page).toContain("the migration failed");
  expect(renderEntries([], speak("en"))).toBe("");
});
