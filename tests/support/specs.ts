import type { Component } from "../../config/catalogue";
import type { WorkloadSpec } from "../../platform/platform";

/** A workload spec with every required key; `change` says what a case is about. */
export const workload = (change: Partial<WorkloadSpec> = {}): WorkloadSpec => ({
  component: "web" satisfies Component,
  image: { name: "muster/apache-php:0123456789ab", id: "sha256:apache-php" },
  env: {},
  port: 8080,
  exposure: "team",
  clients: ["gateway", "portal"],
  probe: { kind: "http", path: "/-/health" },
  resources: { memory: 384, cpus: 1 },
  stopGrace: 10,
  ...change,
});
