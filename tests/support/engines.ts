import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Engine } from "./environment";

export interface EngineCase {
  readonly engine: Engine;
  /** Why the tests of this engine cannot run here; undefined when they can. */
  readonly unavailable: string | undefined;
}

/** Both engines; the end-to-end tests run through Pulumi where its CLI and plugins are found, and always through the export. */
export const engines = (): EngineCase[] => [
  { engine: "compose", unavailable: undefined },
  { engine: "pulumi", unavailable: missingPulumi() },
];

function missingPulumi(): string | undefined {
  const home = process.env.PULUMI_HOME ?? join(homedir(), ".pulumi");
  const version = (name: string): string => require(`${name}/package.json`).version;
  const needed = [
    join("versions", version("pulumi"), "bin", "pulumi"),
    ...["docker", "random"].map((name) => join("plugins", `resource-${name}-v${version(`@pulumi/${name}`)}`)),
  ];
  const missing = needed.filter((path) => !existsSync(join(home, path)));
  return missing.length === 0 ? undefined : `the Pulumi CLI or a plugin of it is not installed (${missing.join(", ")})`;
}
