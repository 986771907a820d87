import fs, { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { credentials } from "../../cli/commands/credentials";
import { down } from "../../cli/commands/down";
import { exportEnvironment } from "../../cli/commands/export";
import { status } from "../../cli/commands/status";
import { up } from "../../cli/commands/up";
import { findProject, type Project } from "../../cli/project";

const root = mkdtempSync(join(tmpdir(), "muster-once-"));
const project: Project = {
  root,
  name: "muster",
  home: join(root, "home"),
  backend: undefined,
  main: "index.ts",
  nodeArgs: [],
};
const stackFile = join(root, "Pulumi.dev.yaml");
const calls = join(root, "calls");
const { PATH, DOCKER_HOST } = process.env;

writeFileSync(stackFile, "config: { muster:team: once, muster:members: [{ id: alice }] }\n");
symlinkSync(join(findProject().root, "images"), join(root, "images"));
// A Docker that has no container and no image, notes what it is asked, and fails where something would be applied.
writeFileSync(
  join(root, "docker"),
  `#!/bin/sh
echo "$*" >> '${calls}'
case "$*" in
  "version --format {{json"*) echo '{}' ;;
  "version "*) echo '1.47 28.0.0' ;;
  "buildx "*) exit 1 ;;
  "info "*) echo '{"DockerRootDir":"/nowhere","NCPU":64,"MemTotal":0}' ;;
  "network inspect"*) echo '[]' ;;
  "compose --project-name"*) exit 1 ;;
esac
`,
  { mode: 0o755 },
);

beforeEach(() => {
  process.env.PATH = `${root}${delimiter}${PATH}`;
  process.env.DOCKER_HOST = "ssh://docker.invalid";
  process.env.PULUMI_HOME = join(root, "pulumi");
  writeFileSync(calls, "");
  jest.spyOn(console, "log").mockImplementation(() => undefined);
});
afterAll(() => {
  jest.restoreAllMocks();
  process.env.PATH = PATH;
  process.env.DOCKER_HOST = DOCKER_HOST;
  rmSync(root, { recursive: true });
});

/** How often the command reads the stack's file, and what it asks Docker. */
async function watched(command: () => Promise<unknown>) {
  const read = jest.spyOn(fs, "readFileSync");
  await command().catch((error) => error);
  const reads = read.mock.calls.filter(([path]) => path === stackFile).length;
  read.mockRestore();
  return { reads, asked: readFileSync(calls, "utf8").trim().split("\n") };
}

/** The question which images are there. */
const IMAGES = "image ls --format {{.Repository}}:{{.Tag}}";
const count = (asked: readonly string[], prefix: string) => asked.filter((call) => call.startsWith(prefix)).length;

describe("a command reads its stack once:", () => {
  test("up, which also asks once for images", async () => {
    const { reads, asked } = await watched(() => up(project, { engine: "compose" }));
    expect(reads).toBe(1);
    expect(count(asked, "compose --project-name once")).toBe(1);
    expect(count(asked, "build ")).toBe(13);
    expect(count(asked, IMAGES)).toBe(1);
    expect(count(asked, "image inspect ")).toBe(1);
  }, 60_000);

  test.each<[string, () => Promise<unknown>]>([
    ["down", () => down(project, { yes: true })],
    ["status", () => status(project, undefined)],
    ["credentials", () => credentials(project, undefined, undefined, false)],
    ["export", () => exportEnvironment(project, { output: join(root, "compose.yaml") })],
  ])(
    "%s, which asks for no image",
    async (_, command) => {
      const { reads, asked } = await watched(command);
      expect(reads).toBe(1);
      expect(count(asked, IMAGES)).toBe(0);
    },
    60_000,
  );
});
