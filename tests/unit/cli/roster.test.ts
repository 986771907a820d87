import { expect, jest, test } from "@jest/globals";
import { createProgress } from "../../../cli/progress";
import { rosterDigests } from "../../../cli/targets/kubernetes/target";
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

/** A target that hands these texts out, and whose instances have taken, one look after the other, those. */
function targetOf(instances: Instance[], handed: Record<string, string>[], answers: Record<string, string[]>) {
  const asked: string[] = [];
  const target: Pick<Target, "handedOut" | "instances" | "exec" | "hurryRoster"> = {
    handedOut: async () => {
      const now = (handed.length > 1 ? handed.shift() : handed[0]) ?? {};
      return Object.entries(now).map(([path, text]) => `${text}  ${path}`);
    },
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

test("ends once all that follow the roster have taken what is handed out, in whatever order", async () => {
  const { target, asked } = targetOf(
    [instance("git"), instance("portal"), instance("gateway")],
    [{ "git/A": "a2", "portal/B": "b2", "portal/C": "c" }],
    { git: ["a2  A\n"], portal: ["", "b1  B\nc  C\n", "c  C\nb2  B\n"] },
  );
  await waitForRoster(team(), target, quiet);
  expect(asked.sort()).toEqual(["git", "portal", "portal", "portal"]);
  expect(target.hurryRoster).toHaveBeenCalledTimes(1);
  expect(target.hurryRoster).toHaveBeenCalledWith(["portal"]);
});

test("nothing is taken for done before it is written; an old pod that still runs counts", async () => {
  const old = instance("access", { name: "access-old" });
  const { target } = targetOf(
    [instance("git"), instance("portal"), instance("access"), old],
    [{}, { "git/A": "a2", "portal/B": "b2", "access/C": "c2" }],
    { git: ["a2  A\n"], portal: ["b2  B\n"], access: ["c2  C\n"], "access-old": ["c1  C\n", "c1  C\n", "c2  C\n"] },
  );
  await waitForRoster(team({ visibility: {} }), target, quiet);
  expect(jest.mocked(target.hurryRoster).mock.calls).toEqual([[["portal", "git", "access"]]]);
});

test("on a cluster, what is handed out is what the Secrets hold", () => {
  const secret = (name: string, data: Record<string, string>) => ({ kind: "Secret", metadata: { name }, data });
  const text = Buffer.from("abc").toString("base64");
  expect(
    rosterDigests([secret("git-roster", { GIT_ACCOUNTS: text }), secret("git", { GIT_CI_PASSWORD: text })]),
  ).toEqual(["ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  git/GIT_ACCOUNTS"]);
});
