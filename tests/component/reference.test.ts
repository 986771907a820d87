import { join, resolve } from "node:path";
import { expect, jest, test } from "@jest/globals";
import ts from "typescript";
import { componentExamples, componentsReference } from "../../cli/components-reference";

jest.setTimeout(5 * 60_000);

const ROOT = resolve(__dirname, "../..");

const COMPONENTS = [
  "ApmStack",
  "CiRunner",
  "CodeServer",
  "Gateway",
  "GitServer",
  "LiveServer",
  "MemberEnvironment",
  "Portal",
  "TeamEnvironment",
  "createDockerPlatform",
  "createKubernetesPlatform",
];

test("every component and platform has its arguments and an example", () => {
  const reference = componentsReference(ROOT);
  for (const name of COMPONENTS) {
    const [, section = ""] = reference.split(`\n### ${name}\n`);
    expect([name, section.split("\n### ")[0]]).toEqual([name, expect.stringMatching(/```ts\n[\s\S]*\n\| `\w+` \| /)]);
  }
  expect(reference).toContain('| `repository` | `string` | "app" | The repository');
});

test("every example compiles", () => {
  const examples = componentExamples(ROOT);
  expect(examples.map(([name]) => name)).toEqual(expect.arrayContaining(COMPONENTS));
  const path = join(ROOT, "examples/reference.ts");
  const blocks = examples.map(([name, code], index) => `export function ${name}${index}() {\n${code}\n}`);
  const text = [
    `import { ${COMPONENTS.join(", ")}, createPlatform, parseTeamConfig, resolveTeam } from "muster";`,
    'import type { Platform, Scope, Team } from "muster";',
    "declare const platform: Platform, scope: Scope, team: Team;",
    "declare const git: GitServer, ci: CiRunner, live: LiveServer;",
    ...blocks,
  ].join("\n");
  expect(faults(path, text)).toEqual([]);
  expect(faults(path, text.replace("{ platform, scope", "{ platform, scop"))).not.toEqual([]);
});

/** What the compiler says of a file that is not on disk. */
function faults(path: string, text: string): string[] {
  const { config } = ts.readConfigFile(join(ROOT, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, ROOT);
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile } = host;
  host.fileExists = (name) => name === path || fileExists(name);
  host.getSourceFile = (name, ...rest) =>
    name === path ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true) : getSourceFile(name, ...rest);
  const program = ts.createProgram([path], { ...options, noUnusedLocals: false }, host);
  const file = program.getSourceFile(path);
  return program
    .getSemanticDiagnostics(file)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}
