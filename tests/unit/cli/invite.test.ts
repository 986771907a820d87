import { describe, expect, test } from "@jest/globals";
import { csv, type Invitation, sheet } from "../../../cli/commands/invite";
import { signInTable } from "../../../cli/commands/log";
import { checkSite } from "../../../cli/commands/share";
import { resolveTeam } from "../../../config/members";
import { parseTeamConfig } from "../../../config/schema/team";

const invitation = (id: string, name: string): Invitation => ({
  id,
  name,
  url: `https://dev.test/-/invite/${id}`,
  expires: Date.parse("2026-01-12T09:00:00Z"),
});

describe("invitations", () => {
  test("a spreadsheet takes no name for a formula, and no quote for an end", () => {
    expect(csv([invitation("alice", 'Alice "A" Kim'), invitation("bob", "=1+1")])).toBe(
      '"member","name","link","until (UTC)"\r\n' +
        '"alice","Alice ""A"" Kim","https://dev.test/-/invite/alice","2026-01-12 09:00"\r\n' +
        '"bob","\'=1+1","https://dev.test/-/invite/bob","2026-01-12 09:00"\r\n',
    );
  });

  test("the sheet has a card and a code for everybody, and names are text", () => {
    const page = sheet("hackathon", [invitation("alice", "<b>Alice</b>"), invitation("bob", "Bob")]);
    expect(page.match(/<section>/g)).toHaveLength(2);
    expect(page.match(/<svg /g)).toHaveLength(2);
    expect(page).toContain("<h2>&#60;b&#62;Alice&#60;/b&#62;</h2>");
    expect(page).toContain("https://dev.test/-/invite/bob");
  });
});

describe("sites to share", () => {
  const { members } = resolveTeam(parseTeamConfig({ members: [{ id: "alice" }] }));

  test.each(["alice", "blog--alice", "live", "my-shop--live"])("%s is one", (site) => {
    expect(() => checkSite({ members }, site)).not.toThrow();
  });

  test.each(["bob", "code-alice", "a--b--alice", "--alice", "Blog--alice", "alice.evil", ""])("%j is none", (site) => {
    expect(() => checkSite({ members }, site)).toThrow(`"${site}" is nobody's site: use one of alice, live`);
  });
});

test("the log is a table, the oldest first, without what a terminal would obey", () => {
  const entry = { event: "sign-in", name: "alice", address: "192.0.2.1", agent: "\x1b[31mFirefox" };
  const table = signInTable([
    { ...entry, at: Date.parse("2026-01-05T09:01:00Z"), event: "sign-out" },
    { ...entry, at: Date.parse("2026-01-05T09:00:00Z") },
  ]);
  expect(table.split("\n")).toEqual([
    "WHEN (UTC)           WHO    WHAT      FROM       WITH",
    "2026-01-05 09:00:00  alice  sign-in   192.0.2.1  ?[31mFirefox",
    "2026-01-05 09:01:00  alice  sign-out  192.0.2.1  ?[31mFirefox",
  ]);
});
