import fs, {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { findStack, type Project, selectionIn } from "../../../cli/project";
import { installedCli, isPluginInstalled, requiredPlugins } from "../../../cli/pulumi/cli";
import {
  adoptStackFile,
  prepareEnvironment,
  resolveEnvironment,
  type Situation,
  withoutSalt,
} from "../../../cli/pulumi/environment";
import { hasOnlyStaleLocks, idsInState, pulumiEngine, stackSizes } from "../../../cli/pulumi/stack";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "muster-unit-"));
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const project = (): Project => ({
  root: folder,
  name: "muster",
  home: join(folder, ".muster"),
  backend: undefined,
  main: "index.ts",
  nodeArgs: [],
});

const bare: Situation = { env: {}, home: "/p/.muster", projectBackend: undefined, login: undefined, hasState: false };

describe("state and passphrase", () => {
  const own = { PULUMI_BACKEND_URL: "file:///p/.muster/state" };

  test.each<[string, Partial<Situation>, string, string | undefined]>([
    ["nothing chosen", {}, "project", "file:///p/.muster/state"],
    ["a variable", { env: { PULUMI_BACKEND_URL: "s3://states" }, login: "x" }, "PULUMI_BACKEND_URL", "s3://states"],
    ["Pulumi.yaml", { projectBackend: "s3://states", login: "x" }, "Pulumi.yaml", undefined],
    ["a login", { login: "https://api.pulumi.com" }, "login", undefined],
    ["a login after the first up", { login: "x", hasState: true }, "project", own.PULUMI_BACKEND_URL],
  ])("%s", (_, situation, backend, url) => {
    const resolved = resolveEnvironment({ ...bare, ...situation });
    expect(resolved.backend).toBe(backend);
    expect(resolved.env.PULUMI_BACKEND_URL).toBe(url);
  });

  test.each<[Record<string, string>, string | undefined]>([
    [{}, "/p/.muster/passphrase"],
    [{ PULUMI_CONFIG_PASSPHRASE_FILE: "/secrets/own" }, undefined],
    [{ PULUMI_CONFIG_PASSPHRASE: "" }, undefined],
  ])("passphrase with %j", (env, file) => {
    const resolved = resolveEnvironment({ ...bare, env });
    expect(resolved.passphraseFile).toBe(file);
    expect(resolved.env.PULUMI_CONFIG_PASSPHRASE_FILE).toBe(file ?? env.PULUMI_CONFIG_PASSPHRASE_FILE);
  });

  test("what makes updates shorter leaves the user's own choice", () => {
    const { env } = resolveEnvironment({ ...bare, env: { GOGC: "off" } });
    expect(env).toMatchObject({ GOGC: "off", PULUMI_PARALLEL_DIFF: "true" });
  });

  test("are created once, for their owner alone", () => {
    const environment = resolveEnvironment({ ...bare, home: join(folder, ".muster") });
    prepareEnvironment(environment);
    const passphrase = readFileSync(join(folder, ".muster/passphrase"), "utf8");
    expect(passphrase).toMatch(/^[\w-]{32}\n$/);
    expect(statSync(join(folder, ".muster/passphrase")).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, ".muster/state")).mode & 0o777).toBe(0o700);
    prepareEnvironment(environment);
    expect(readFileSync(join(folder, ".muster/passphrase"), "utf8")).toBe(passphrase);
  });

  test("the passphrase that another stack's first up has made meanwhile is taken", () => {
    const environment = resolveEnvironment({ ...bare, home: join(folder, ".muster") });
    const file = join(folder, ".muster/passphrase");
    mkdirSync(environment.state, { recursive: true });
    const looks = jest.spyOn(fs, "existsSync").mockImplementationOnce(() => {
      writeFileSync(file, "another's\n");
      return false;
    });
    prepareEnvironment(environment);
    expect(looks).toHaveBeenCalledWith(file);
    expect(readFileSync(file, "utf8")).toBe("another's\n");
  });
});

describe("a stack file of another machine", () => {
  const salt = "encryptionsalt: v1:abc=:v1:def:ghi==\n";
  const plain = "# roster\nconfig:\n  muster:members:\n    - id: alice # secure: no\n";

  test.each([
    [plain, plain],
    [plain + salt, plain],
    [salt + plain, plain],
    [`${plain}  other:token:\n    secure: v1:xyz\n${salt}`, undefined],
    [`${plain}  other:token: {secure: v1:xyz}\n${salt}`, undefined],
    [`${plain}  other:list:\n    - secure: v1:xyz\n${salt}`, undefined],
  ])("%j", (text, expected) => {
    expect(withoutSalt(text)).toBe(expected);
  });

  test("stays where it is, for whom it is", () => {
    const stack = findStack(project(), "dev", {});
    const environment = resolveEnvironment({ ...bare, home: project().home });
    writeFileSync(join(folder, "team.yaml"), plain + salt, { mode: 0o600 });
    symlinkSync("team.yaml", stack.file);
    const old = openSync(stack.file, "r");
    expect(adoptStackFile(stack, environment)).toBe(true);
    // Whoever has it open still reads the old one: it is never cut off.
    expect(readFileSync(old, "utf8")).toBe(plain + salt);
    closeSync(old);
    expect(readFileSync(join(folder, "team.yaml"), "utf8")).toBe(plain);
    expect(statSync(join(folder, "team.yaml")).mode & 0o777).toBe(0o600);
  });

  test("loses its salt only while there is neither passphrase nor state", () => {
    const stack = findStack(project(), "dev", {});
    const environment = resolveEnvironment({ ...bare, home: project().home });
    writeFileSync(stack.file, plain + salt);
    expect(adoptStackFile(stack, environment)).toBe(true);
    expect(readFileSync(stack.file, "utf8")).toBe(plain);
    expect(adoptStackFile(stack, environment)).toBe(false);

    writeFileSync(stack.file, plain + salt);
    mkdirSync(join(environment.state, ".pulumi/stacks/muster"), { recursive: true });
    writeFileSync(join(environment.state, ".pulumi/stacks/muster/dev.json"), "{}");
    expect(() => adoptStackFile(stack, environment)).toThrow(/^The passphrase in .* is gone/);
    prepareEnvironment(environment);
    expect(adoptStackFile(stack, environment)).toBe(false);
    expect(readFileSync(stack.file, "utf8")).toBe(plain + salt);
  });
});

describe("the stack", () => {
  test.each([
    ["prod", {}, { name: "prod", shortName: "prod", explicit: true }],
    ["acme/muster/prod", {}, { name: "acme/muster/prod", shortName: "prod", explicit: true }],
    [undefined, { PULUMI_STACK: "test" }, { name: "test", shortName: "test", explicit: true }],
    [undefined, {}, { name: "dev", shortName: "dev", explicit: false }],
  ])("--stack %s with %j", (requested, env, expected) => {
    const stack = findStack(project(), requested, { PULUMI_HOME: folder, ...env });
    expect(stack).toMatchObject({
      ...expected,
      selected: false,
      file: join(folder, `Pulumi.${expected.shortName}.yaml`),
    });
  });

  test.each(["../up", "state", "passphrase", "a b", "", ".hidden"])("%j cannot be a stack's name", (name) => {
    expect(() => findStack(project(), name, {})).toThrow(/cannot be a stack's name/);
  });

  test.each([
    ['{"stack":"team2"}', "team2"],
    ['{"stacks":{"file:///own":"organization/muster/team2","s3://x":"organization/muster/prod"}}', "team2"],
    ['{"stacks":{"https://api.pulumi.com":"acme/muster/prod"}}', "acme/muster/prod"],
    ['{"stacks":{"s3://x":"a","s3://y":"b"}}', undefined],
    ["{}", undefined],
  ])("selected in %s", (workspace, expected) => {
    expect(selectionIn(workspace, "file:///own")).toBe(expected);
  });

  test.each([
    ["a run of another machine", [JSON.stringify({ pid: 1, hostname: "elsewhere" })], false],
    ["a run that works", [JSON.stringify({ pid: process.pid, hostname: hostname() })], false],
    ["a killed run", [JSON.stringify({ pid: 2147483646, hostname: hostname() })], true],
    ["a run that the disk had no room for", ["", '{"pid":12'], true],
    ["nobody", [], false],
  ])("has only stale locks: of %s", (_, locks, expected) => {
    const stack = findStack(project(), "prod", {});
    const state = join(folder, "state");
    const place = join(state, ".pulumi/locks/organization", stack.project.name, "prod");
    mkdirSync(place, { recursive: true });
    for (const [index, lock] of locks.entries()) writeFileSync(join(place, `${index}.json`), lock);
    expect(hasOnlyStaleLocks(state, stack)).toBe(expected);
  });

  test("sizes in the CLI's listing", () => {
    expect(stackSizes('[{"name":"dev","resourceCount":12},{"name":"acme/prod"}]')).toEqual(
      new Map([
        ["dev", 12],
        ["prod", 0],
      ]),
    );
    expect(stackSizes("error: no backend")).toEqual(new Map());
  });

  test("its state is written at each step, except where what is made is found without it", async () => {
    const binary = join(folder, "pulumi");
    const told = join(folder, "told");
    writeFileSync(binary, `#!/bin/sh\necho "$1 \${PULUMI_SKIP_CHECKPOINTS-} $*" >> ${told}\n`, { mode: 0o755 });
    const stack = findStack(project(), "dev", { PULUMI_HOME: folder });
    const { PULUMI_SKIP_CHECKPOINTS: _, ...env } = process.env;
    const engine = pulumiEngine(binary, stack, { ...env, PULUMI_HOME: folder });
    await engine.up({ refresh: false });
    await engine.up({ refresh: false, recoverable: true });
    await engine.destroy({ refresh: false });
    await engine.destroy({ refresh: false, again: true });
    const runs = readFileSync(told, "utf8").trim().split("\n");
    expect(runs.map((run) => run.split(" ").slice(0, 2).join(" "))).toEqual([
      "up ",
      "up true",
      "destroy ",
      "destroy true",
    ]);
    expect(runs.map((run) => run.includes("--parallel 32"))).toEqual([false, false, false, true]);
  });

  test("ids in its state", () => {
    const resources = [{ urn: "a", id: "1f" }, { urn: "b" }, { urn: "c", id: "2e" }];
    expect(idsInState(JSON.stringify({ version: 3, deployment: { resources } }))).toEqual(new Set(["1f", "2e"]));
    expect(idsInState('{"version":3,"deployment":{}}')).toEqual(new Set());
  });
});

describe("the CLI and its plugins", () => {
  const executable = (path: string) => {
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, "#!/bin/sh\n");
    chmodSync(path, 0o755);
    return path;
  };

  test("the npm package's copy comes before PATH, and its downloader in node_modules does not count", () => {
    const env = { PULUMI_HOME: join(folder, "home"), PATH: `${folder}/p/node_modules/.bin:${folder}/bin` };
    executable(join(folder, "p/node_modules/.bin/pulumi"));
    expect(installedCli(env)).toBeUndefined();
    const inPath = executable(join(folder, "bin/pulumi"));
    expect(installedCli(env)).toBe(inPath);
    const { version } = jestRequire("pulumi/package.json");
    const own = executable(join(folder, "home/versions", version, "bin/pulumi"));
    expect(installedCli(env)).toBe(own);
    expect(installedCli({ ...env, PULUMI_VERSION: "3.1.0" })).toBe(inPath);
  });

  test("plugins are those of the target, in the versions of the SDKs", () => {
    expect(requiredPlugins("docker").map(({ name }) => name)).toEqual(["docker", "random"]);
    expect(requiredPlugins("kubernetes").map(({ name }) => name)).toEqual(["kubernetes", "docker", "random"]);
    const { version } = jestRequire("@pulumi/docker/package.json");
    expect(requiredPlugins("docker")[0]?.version).toBe(version);
  });

  test("a plugin counts when its program is there", () => {
    const plugin = { name: "docker", version: "5.2.0" };
    const env = { PULUMI_HOME: folder, PATH: join(folder, "bin") };
    mkdirSync(join(folder, "plugins/resource-docker-v5.2.0"), { recursive: true });
    expect(isPluginInstalled(plugin, env)).toBe(false);
    executable(join(folder, "bin/pulumi-resource-docker"));
    expect(isPluginInstalled(plugin, env)).toBe(true);
    executable(join(folder, "plugins/resource-docker-v5.2.0/pulumi-resource-docker"));
    expect(isPluginInstalled(plugin, { PULUMI_HOME: folder })).toBe(true);
    expect(isPluginInstalled({ ...plugin, version: "5.3.0" }, { PULUMI_HOME: folder })).toBe(false);
  });

  const jestRequire = (path: string): { version: string } => require(path);
});
