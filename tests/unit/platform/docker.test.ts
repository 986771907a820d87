import { describe, expect, test } from "@jest/globals";
import { renderContainer, renderLabels } from "../../../platform/docker/render";
import type { Exposure, Probe } from "../../../platform/platform";
import { workload } from "../../support/specs";

const names = { team: "hackathon" };
const alice = { member: "alice" };
const team = { member: undefined };
const published = { addresses: ["127.0.0.1", "::1"], port: 8080 };

test("a member's workload", () => {
  const spec = workload({ env: { TZ: "UTC", MEMBER_NAME: "Alice", MEMBER_ID: "alice" } });
  expect(renderContainer(names, alice, spec, published)).toEqual({
    name: "hackathon-alice-web",
    hostname: "alice-web",
    env: { MEMBER_ID: "alice", MEMBER_NAME: "Alice", TZ: "UTC" },
    labels: [
      { label: "muster.component", value: "web" },
      { label: "muster.member", value: "alice" },
      { label: "muster.team", value: "hackathon" },
    ],
    networks: ["hackathon-alice", "hackathon"],
    ports: [],
    healthcheck: {
      tests: ["CMD", "http-healthcheck", "/-/health", "8080"],
      interval: "1m0s",
      timeout: "5s",
      retries: 3,
      startPeriod: "1m0s",
    },
    memory: 384,
    cpus: "1.0",
    stopGrace: 10,
  });
});

test("environment variables are in the order of their names", () => {
  const { env } = renderContainer(names, alice, workload({ env: { B: "2", C: "3", A: "1" } }), published);
  expect(Object.keys(env)).toEqual(["A", "B", "C"]);
});

describe("exposure decides networks and ports", () => {
  test.each<[string, { member: string | undefined }, Exposure, string[], object[]]>([
    ["a member's private workload", alice, "private", ["hackathon-alice"], []],
    ["a member's other workload", alice, "team", ["hackathon-alice", "hackathon"], []],
    ["a member's workload for every scope", alice, "scopes", ["hackathon-alice", "hackathon"], []],
    ["a workload of the team for every scope", team, "scopes", ["hackathon"], []],
    ["a private workload of the team", team, "private", ["hackathon"], []],
    ["another workload of the team", team, "team", ["hackathon"], []],
    [
      "a published workload of the team",
      team,
      "published",
      ["hackathon"],
      [
        { internal: 9000, external: 8080, ip: "127.0.0.1" },
        { internal: 9000, external: 8080, ip: "::1" },
      ],
    ],
  ])("%s", (_, scope, exposure, networks, ports) => {
    const args = renderContainer(names, scope, workload({ exposure, port: 9000 }), published);
    expect({ networks: args.networks, ports: args.ports }).toEqual({ networks, ports });
  });
});

test("further ports are neither published nor asked", () => {
  const plain = renderContainer(names, team, workload({ exposure: "scopes" }), published);
  expect(
    renderContainer(
      names,
      team,
      workload({ exposure: "scopes", extraPorts: [{ port: 9989, clients: [] }] }),
      published,
    ),
  ).toEqual(plain);
});

test.each<[Probe, string[]]>([
  [{ kind: "http", path: "/healthz" }, ["CMD", "http-healthcheck", "/healthz", "8080"]],
  [{ kind: "command", command: ["healthcheck"] }, ["CMD", "healthcheck"]],
  [{ kind: "command", command: ["a", "b c"] }, ["CMD", "a", "b c"]],
])("the probe %j runs %j", (probe, tests) => {
  expect(renderContainer(names, alice, workload({ probe }), published).healthcheck?.tests).toEqual(tests);
});

test("without a probe there is no health check", () => {
  expect(renderContainer(names, alice, workload({ probe: { kind: "none" } }), published).healthcheck).toBeUndefined();
});

test.each([
  [0.25, "0.25"],
  [0.5, "0.5"],
  [2, "2.0"],
])("%d CPUs are written as %s", (cpus, expected) => {
  const { cpus: written } = renderContainer(names, alice, workload({ resources: { memory: 64, cpus } }), published);
  expect(written).toBe(expected);
});

test("what belongs to nobody has no member's label", () => {
  expect(renderLabels(names, undefined, "gateway")).toEqual([
    { label: "muster.component", value: "gateway" },
    { label: "muster.team", value: "hackathon" },
  ]);
});
