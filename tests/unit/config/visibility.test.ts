import { expect, test } from "@jest/globals";
import { resolveTeam } from "../../../config/members";
import { ConfigError } from "../../../config/problems";
import { parseTeamConfig } from "../../../config/schema/team";
import { levelsOf } from "../../../config/visibility";
import { workloads } from "../../../config/workloads";

const team = (config: object) => resolveTeam(parseTeamConfig({ members: [{ id: "alice" }], ...config }));
const levels = (config: object) => levelsOf(team(config).visibility);
const EVERYTHING = { sites: "public", live: "public", code: "public", ci: "public", portal: "public" };

test.each([
  ["on localhost", {}],
  ["on a domain where the roster opens everything", { domain: "dev.test", visibility: EVERYTHING }],
])("nobody signs in %s", (_, config) => {
  expect(team(config).visibility).toBeUndefined();
  expect(workloads(team(config)).map(({ component }) => component)).not.toContain("access");
});

test.each([
  ["on a domain", { domain: "dev.test" }],
  ["on localhost where the roster asks for it", { visibility: {} }],
])("%s the team sees everything but what is somebody's own, and everybody what is live", (_, config) => {
  expect(levels(config)).toEqual({
    ci: "team",
    database: "owner",
    editor: "owner",
    git: "team",
    live: "public",
    mail: "team",
    portal: "team",
    site: "team",
  });
  expect(workloads(team(config)).filter(({ component }) => component === "access")).toHaveLength(1);
});

test("each key decides for its own addresses, the portal's for the inbox too", () => {
  expect(levels({ domain: "dev.test", visibility: { sites: "owner", live: "team", portal: "public" } })).toMatchObject({
    site: "owner",
    live: "team",
    portal: "public",
    mail: "public",
    git: "team",
    ci: "team",
  });
});

test.each([
  [{ visibility: { live: "owner" } }, 'config/visibility/live: "owner" is not a level of it: use public or team'],
  [{ visibility: { sites: "all" } }, 'config/visibility/sites: "all" is not a level of it: use public, team or owner'],
  [{ visibility: { editor: "team" } }, 'config/visibility/editor: "editor" is not a known key'],
  [{ members: [{ id: "alice", role: "admin" }] }, 'config/members/0/role: "admin" is not a known role'],
])("%j is refused", (config, problem) => {
  expect(() => team(config)).toThrow(ConfigError);
  expect(() => team(config)).toThrow(problem);
});
