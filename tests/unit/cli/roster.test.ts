import { expect, jest, test } from "@jest/globals";
import { createProgress } from "../../../cli/progress";
import { waitForRoster } from "../../../cli/targets/roster";
import type { Instance, Target } from "../../../cli/targets/target";
import { resolveTeam } from "../../../config/members";
import { parseTeamConfig } from "../../../config/schema/team";

const team = (config: object = {}) =>
  resolveTeam(parseTeamConfig({ members: [{ id: "alice" }, { id: "bob" }], ...config }));
const instance = (component: string, more: Partial<Instance> = {}): Instance => ({
  name: component,
  member: undefined,
  component,
  running: true,
  status: "Up",
  ...more,
});

/** A target whose instances know, one answer after the other, these members. */
function targetOf(instances: Instance[], answers: Record<string, string[]>) {
  const asked: string[] = [];
  const target: Pick<Target, "instances" | "exec" | "hurryRoster"> = {
    instances: async () => instances,
    exec: async ({ name }) => {
      asked.push(name);
      const [answer = "", ...later] = answers[name] ?? [];
      if (later.length > 0) answers[name] = later;
      return { code: answer === "" ? 1 : 0, stdout: answer, stderr: "" };
    },
    hurryRoster: jest.fn(async () => undefined),
  };
  return { target, asked };
}
const quiet = createProgress({ write: () => undefined });

test("ends once all that follow the roster know its members, in whatever order", async () => {
  const { target, asked } = targetOf([instance("git"), instance("portal"), instance("gateway")], {
    git: ["bob\nalice\n"],
    portal: ["", "alice\n", "alice\nbob\n"],
  });
  await waitForRoster(team(), target, quiet);
  expect(asked.sort()).toEqual(["git", "portal", "portal", "portal"]);
  expect(target.hurryRoster).toHaveBeenCalledTimes(1);
  expect(target.hurryRoster).toHaveBeenCalledWith(["portal"]);
});

test("who left is gone everywhere, also where members sign in and while an old pod still runs", async () => {
  const old = instance("access", { name: "access-old" });
  const { target } = targetOf([instance("git"), instance("portal"), instance("access"), old], {
    git: ["alice\nbob\ncarol\n", "alice\nbob\n"],
    portal: ["alice\nbob\n"],
    access: ["alice\nbob\n"],
    "access-old": ["alice\nbob\ncarol\n", "alice\nbob\n"],
  });
  await waitForRoster(team({ visibility: {} }), target, quiet);
  expect(target.hurryRoster).toHaveBeenCalledWith(["git", "access"]);
});
