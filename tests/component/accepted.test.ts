import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { z } from "zod";
import type { ImageName } from "../../config/catalogue";
import { ruleFiles } from "../../config/rules";
import { teamConfig } from "../../config/schema/team";
import { findPython, PYTHON_ADVICE } from "../support/python";
import { acceptedRosters } from "../support/rosters";
import { type Start, startsOf } from "../support/starts";

/**
 * No accepted roster makes a container refuse its start: whatever the program hands to the containers of many rosters
 * goes through the code with which each image checks its settings before anything else.
 */
const COUNT = Number(process.env.MUSTER_TEST_ROSTERS ?? 200);
const SEED = Number(process.env.MUSTER_TEST_SEED ?? 13);

const root = resolve(__dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "accepted-"));
afterAll(() => rmSync(folder, { recursive: true }));

const rosters = acceptedRosters(COUNT, SEED);
let starts: Start[];

beforeAll(async () => {
  starts = await startsOf(rosters);
}, 60_000);

const of = (...images: ImageName[]) => starts.filter(({ image }) => images.includes(image));

/** Fails with the first rosters whose containers would not start, and what these would say. */
function expectNone(refused: { start: Start; says: string }[]): void {
  expect(refused.slice(0, 3).map(({ start, says }) => ({ says, roster: start.roster }))).toEqual([]);
}

test("the rules in the images are those of the schema", () => {
  for (const [path, text] of Object.entries(ruleFiles())) expect(readFileSync(join(root, path), "utf8")).toBe(text);
});

/** Keys that no container is told: of the build, of the platform, and of files beside the stack file. */
const ELSEWHERE =
  /^(?:certificates|docker|images|kubernetes|mirrors|packages|registry|target)\b|^tls\/(?:certificate|key|acme\/authority)$/;

test("every key that a container is told is in some roster", () => {
  const found = new Set(rosters.flatMap((roster) => paths(roster)));
  const missing = keysOf(teamConfig).filter((key) => !found.has(key) && !ELSEWHERE.test(key));
  expect(missing).toEqual([]);
});

/** Where values stand in a roster, lists being one level. */
function paths(value: unknown, at: readonly string[] = []): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => paths(each, at));
  if (typeof value !== "object" || value === null) return [at.join("/")];
  return [at.join("/"), ...Object.entries(value).flatMap(([key, inner]) => paths(inner, [...at, key]))];
}

/** The same of what a schema describes. */
function keysOf(schema: z.ZodType): string[] {
  const described = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Described;
  const walk = ({ properties = {}, items, anyOf = [] }: Described, at: readonly string[]): string[] => [
    ...Object.entries(properties).flatMap(([key, inner]) => [[...at, key].join("/"), ...walk(inner, [...at, key])]),
    ...[...(items ? [items] : []), ...anyOf].flatMap((inner) => walk(inner, at)),
  ];
  return [...new Set(walk(described, []))];
}

interface Described {
  readonly properties?: Readonly<Record<string, Described>>;
  readonly items?: Described;
  readonly anyOf?: readonly Described[];
}

test("what a container is told by the program, its owner's environment cannot say", () => {
  const told = new Set(
    starts
      .filter(({ component }) => ["code", "deployer", "web"].includes(component))
      .flatMap(({ roster, env }) => {
        const own = new Set(paths(roster).flatMap((path) => /(?:^|\/)environment\/(.*)$/.exec(path)?.[1] ?? []));
        return Object.keys(env).filter((name) => !own.has(name));
      }),
  );
  const free = [...told].filter((name) => accepts({ [name]: "1" }));
  expect(free.sort()).toEqual([]);
  expect(told.size).toBeGreaterThan(40);
  expect(accepts({ APP_KEY: "1" })).toBe(true);
});

const accepts = (environment: object) => teamConfig.safeParse({ members: [{ id: "alice" }], environment }).success;

test("every container of every roster is there", () => {
  const components = new Set(starts.map(({ component }) => component.replace(/-\d+$/, "")));
  expect([...components].sort()).toEqual([
    "access",
    "cache",
    "ci",
    "code",
    "db",
    "deployer",
    "gateway",
    "git",
    "mail",
    "portal",
    "release-worker",
    "web",
    "worker",
  ]);
  expect(of("portal")).toHaveLength(COUNT);
});

test("Linux takes every variable: less than 128 KiB, UTF-8, and no NUL", () => {
  const refused = starts.flatMap((start) =>
    Object.entries(start.env)
      .filter(([name, value]) => {
        const bytes = Buffer.from(`${name}=${value}`);
        return bytes.length >= 128 * 1024 || bytes.includes(0) || bytes.toString() !== `${name}=${value}`;
      })
      .map(([name]) => ({ start, says: name })),
  );
  expectNone(refused);
});

test("the portal reads its configuration", async () => {
  const { parseConfig } = await import("../../images/portal/config.mjs");
  const refused = of("portal").flatMap((start) => {
    try {
      parseConfig(start.env.PORTAL_CONFIG as string);
      return [];
    } catch (error) {
      return [{ start, says: (error as Error).message }];
    }
  });
  expectNone(refused);
});

test("the access service reads its configuration", async () => {
  const { readConfig } = await import("../../images/access/config.mjs");
  const refused = of("access").flatMap((start) => {
    try {
      readConfig(start.env);
      return [];
    } catch (error) {
      return [{ start, says: (error as Error).message }];
    }
  });
  expectNone(refused);
});

const MASTER = `
import json, sys
from muster_ci.settings import of_environment

def says(environ):
    try:
        return of_environment(environ) and ""
    except Exception as error:
        return f"{type(error).__name__}: {error}"

print(json.dumps([says(environ) for environ in json.load(sys.stdin)]))
`;

test("the CI's master reads its settings", () => {
  const python = findPython();
  if (python === undefined) throw new Error(PYTHON_ADVICE);
  const masters = of("ci-master");
  const run = spawnSync(python, ["-B", "-c", MASTER], {
    env: { ...process.env, PYTHONPATH: join(root, "images/ci-master") },
    input: JSON.stringify(masters.map(({ env }) => env)),
    encoding: "utf8",
  });
  expect(run.stderr).toBe("");
  const answers = JSON.parse(run.stdout) as string[];
  expectNone(masters.map((start, index) => ({ start, says: answers[index] ?? "" })).filter(({ says }) => says !== ""));
});

/** Entry points by image, as they are but for the folders that they use. */
function entryPoint(image: ImageName): string {
  const lib = join(folder, "lib");
  const path = join(folder, `${image}.sh`);
  mkdirSync(join(lib, "git"), { recursive: true });
  for (const file of ["settings.sh", "rules.sh"]) cpSync(join(root, "images/base", file), join(lib, file));
  cpSync(join(root, "images/php/names/names.sh"), join(lib, "names.sh"));
  cpSync(join(root, "images/git-server/lib"), join(lib, "git/lib"), { recursive: true });
  cpSync(join(root, "images/gateway/lib"), join(lib, "gateway"), { recursive: true });
  const text = readFileSync(join(root, "images", image, "entrypoint"), "utf8");
  writeFileSync(
    path,
    text
      .replaceAll("/tmp/", `${folder}/tmp-`)
      .replaceAll("/usr/local/lib/muster", lib)
      .replaceAll("/etc/muster", join(root, "images", image, "conf")),
  );
  return path;
}

/** The further test workers of a roster differ in their numbers alone. */
const isFirst = ({ component }: Start) => !/^worker-(?!1$)/.test(component);

const quoted = (value: string) => `'${value.replaceAll("'", "'\\''")}'`;

test.each<ImageName>(["apache-php", "ci-worker", "code-server", "gateway", "git-server", "mariadb", "redis"])(
  "the entry point of %s accepts its settings",
  (image) => {
    const path = entryPoint(image);
    const settings = (env: Start["env"]) =>
      Object.entries({ GATEWAY_RESOLVER: "127.0.0.11", HOME: folder, ...env })
        .map(([name, value]) => `export ${name}=${quoted(value)}\n`)
        .join("");
    // Members of one team often differ in nothing that is checked: each environment once.
    const all = new Map(
      of(image)
        .filter(isFirst)
        .map((start) => [settings(start.env), start]),
    );
    // The gateway's check takes sixty processes each time.
    const different = image === "gateway" ? new Map([...all].slice(0, Math.ceil(COUNT / 8))) : all;
    const script = [...different.keys()].map((text) => `(\n${text}set -- --check\n. ${path}\n) 2>&1\necho "=$?"\n`);
    const run = spawnSync("sh", ["-s"], { input: script.join(""), encoding: "utf8", maxBuffer: 1 << 26 });
    const answers = run.stdout.split(/=(\d+)\n/);
    expect(answers).toHaveLength(2 * different.size + 1);
    const refused = [...different.values()]
      .map((start, index) => ({ start, says: answers[2 * index] ?? "", status: answers[2 * index + 1] }))
      .filter(({ says, status }) => says !== "" || status !== "0");
    expectNone(refused);
  },
  60_000,
);

test("git takes every member's name and address", () => {
  const editors = of("code-server");
  const script = editors.map(
    ({ env }) =>
      `git -c user.name=${quoted(env.MEMBER_NAME ?? "")} -c user.email=${quoted(env.MEMBER_EMAIL ?? "")} ` +
      'var GIT_COMMITTER_IDENT >/dev/null 2>&1\necho "$?"\n',
  );
  const run = spawnSync("sh", ["-s"], { input: script.join(""), encoding: "utf8" });
  const statuses = run.stdout.trim().split("\n");
  expectNone(
    editors
      .map((start, index) => ({ start, says: `git var: ${statuses[index]}` }))
      .filter(({ says }) => says !== "git var: 0"),
  );
}, 60_000);
