import { expect, test } from "@jest/globals";
import type { Component } from "../../../config/catalogue";
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
    networks: [{ name: "hackathon-alice" }, { name: "hackathon" }],
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

test.each<[string, { member: string | undefined }, Component, string[]]>([
  ["a member's database", alice, "db", ["hackathon-alice"]],
  ["a member's site", alice, "web", ["hackathon-alice", "hackathon"]],
  ["a member's editor", alice, "code", ["hackathon-alice", "hackathon_editors"]],
  ["the deployer", { member: "live" }, "deployer", ["hackathon-live", "hackathon_ci", "hackathon_workers"]],
  ["a worker", team, "worker-3", ["hackathon_ci", "hackathon_workers"]],
  ["the git server", team, "git", ["hackathon_editors", "hackathon_ci"]],
  ["the gateway", team, "gateway", ["hackathon", "hackathon_editors", "hackathon_ci"]],
])("%s is in its own scope and its zones", (_, scope, component, networks) => {
  expect(renderContainer(names, scope, workload({ component }), published).networks).toEqual(
    networks.map((name) => ({ name })),
  );
});

test("what listens in one zone only has a name there", () => {
  const extraPorts = [{ port: 9989, clients: [], zone: "workers" }] as const;
  const spec = workload({ component: "ci", exposure: "scopes", extraPorts });
  expect(renderContainer(names, team, spec, published).networks).toEqual([
    { name: "hackathon_ci" },
    { name: "hackathon_workers", aliases: ["hackathon-ci-workers"] },
  ]);
});

test.each<[Exposure, object[]]>([
  ["private", []],
  ["scopes", []],
  ["team", []],
  [
    "published",
    [
      { internal: 9000, external: 8080, ip: "127.0.0.1" },
      { internal: 9000, external: 8080, ip: "::1" },
    ],
  ],
])("what is %s publishes %j", (exposure, ports) => {
  expect(renderContainer(names, team, workload({ exposure, port: 9000 }), published).ports).toEqual(ports);
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
