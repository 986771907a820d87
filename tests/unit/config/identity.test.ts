import { expect, test } from "@jest/globals";
import { identity } from "../../../config/stack-file";
import { configStrings } from "../../support/config";

const DEFAULT = { team: "muster", target: "docker", context: undefined };

test.each([
  ["nothing", {}, DEFAULT],
  ["a team", { team: "hackathon" }, { ...DEFAULT, team: "hackathon" }],
  ["a team that cannot be one", { team: "No Team" }, DEFAULT],
  ["a target", { target: "kubernetes" }, { ...DEFAULT, target: "kubernetes" }],
  ["an unknown target", { target: "moon" }, DEFAULT],
  ["a context", { kubernetes: { context: "dev" } }, { ...DEFAULT, context: "dev" }],
  ["an empty context", { kubernetes: { context: "" } }, DEFAULT],
  ["no group", { kubernetes: "dev" }, DEFAULT],
  [
    "faults elsewhere",
    { team: "a", target: "kubernetes", kubernetes: { context: "dev", storage: -1 }, members: 7, unknown: true },
    { team: "a", target: "kubernetes", context: "dev" },
  ],
])("a stack with %s is known", (_, config, expected) => {
  expect(identity(configStrings(config), "muster")).toEqual(expected);
});
