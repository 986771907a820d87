import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type ts from "typescript";

type Declaration = ts.ClassDeclaration | ts.FunctionDeclaration | ts.InterfaceDeclaration | ts.TypeAliasDeclaration;

/** A class or a function that another program calls, or a type that it is given. */
interface Entry {
  readonly name: string;
  readonly typeOnly: boolean;
  readonly declaration: Declaration;
}

/** What to be called with, in the form of code: `@example`s by the name of what they show. */
export type Examples = readonly (readonly [name: string, code: string])[];

/**
 * The reference of what `library.ts` exports, from the doc comments beside the code.
 *
 * @returns Markdown
 * @throws Error for a component or an argument without a doc comment, and for what may be left out without a default
 */
export function componentsReference(root: string): string {
  const entries = readEntries(root);
  const interfaces = new Map(entries.all.map((entry) => [entry.name, entry.declaration]));
  const called = entries.exported.filter(({ typeOnly, declaration }) => !typeOnly && isCalled(declaration));
  const types = entries.exported.filter(({ typeOnly, name }) => typeOnly && !name.endsWith("Args"));
  const section = ({ name, declaration }: Entry) =>
    [
      `### ${name}`,
      prose(declaration) || missing(`${name} has no doc comment`),
      ...examplesOf(declaration).map((code) => `\`\`\`ts\n${code}\n\`\`\``),
      ...table("argument", documented(name, argumentsOf(declaration, interfaces))),
      ...table("property", propertiesOf(declaration)),
    ].join("\n\n");
  const type = ({ name, declaration }: Entry) =>
    [
      `### ${name}`,
      prose(declaration),
      ...(isInterface(declaration) ? table("key", membersOf(declaration, interfaces)) : []),
    ]
      .filter(Boolean)
      .join("\n\n");
  const [first] = parse(join(root, "library.ts")).statements;
  const introduction = first === undefined ? "" : prose(first);
  return [
    "# Components",
    introduction,
    "<!-- npm run schema writes this file. -->",
    "## What to call",
    ...called.map(section),
    "## Types",
    ...types.map(type),
  ].join("\n\n");
}

/** Every `@example` of what `library.ts` exports. */
export const componentExamples = (root: string): Examples =>
  readEntries(root).exported.flatMap(({ name, declaration }) =>
    examplesOf(declaration).map((code) => [name, code] as const),
  );

// TypeScript is needed for nothing else that runs, and takes half a second to load.
const typescript = (): typeof ts => require("typescript");

const parse = (path: string) =>
  typescript().createSourceFile(path, readFileSync(path, "utf8"), typescript().ScriptTarget.ES2022, true);

/** What `library.ts` exports in its order, and all that the files declare from which it does. */
function readEntries(root: string): { readonly exported: readonly Entry[]; readonly all: readonly Entry[] } {
  const exported: Entry[] = [];
  const all: Entry[] = [];
  for (const statement of parse(join(root, "library.ts")).statements) {
    if (!typescript().isExportDeclaration(statement) || !statement.moduleSpecifier || !statement.exportClause) continue;
    const base = join(root, statement.moduleSpecifier.getText().slice(1, -1));
    const path = [`${base}.ts`, join(base, "index.ts")].find(existsSync) ?? missing(`${base} is no module`);
    const declared = parse(path).statements.filter(isDeclaration);
    const entries = declared.map((declaration) => ({
      name: declaration.name?.text ?? "",
      typeOnly: isInterface(declaration) || typescript().isTypeAliasDeclaration(declaration),
      declaration,
    }));
    all.push(...entries);
    const names = statement.exportClause.getChildren().flatMap((list) => list.getChildren());
    const wanted = names.map((name) => name.getText().replace(/^type /, ""));
    exported.push(...wanted.flatMap((name) => entries.filter((entry) => entry.name === name)));
  }
  return { exported, all };
}

const isDeclaration = (node: ts.Node): node is Declaration => {
  const { isClassDeclaration, isFunctionDeclaration, isTypeAliasDeclaration } = typescript();
  return isClassDeclaration(node) || isFunctionDeclaration(node) || isInterface(node) || isTypeAliasDeclaration(node);
};

const isInterface = (node: ts.Node): node is ts.InterfaceDeclaration => typescript().isInterfaceDeclaration(node);

/** Components, and what makes platforms. */
const isCalled = (declaration: Declaration): boolean =>
  typescript().isClassDeclaration(declaration)
    ? declaration.name?.text.endsWith("Error") === false
    : declaration.name?.text.startsWith("create") === true;

function documented(owner: string, rows: readonly Row[]): readonly Row[] {
  const silent = rows.find(({ text }) => text === "");
  return silent === undefined ? rows : missing(`${silent.name} of ${owner} has no doc comment`);
}

interface Row {
  readonly name: string;
  readonly type: string;
  /** Undefined for what has to be given. */
  readonly fallback: string | undefined;
  readonly text: string;
}

/** The keys of the interface that the first or, of a component, the second parameter has. */
function argumentsOf(declaration: Declaration, interfaces: ReadonlyMap<string, Declaration>): Row[] {
  const { isClassDeclaration, isConstructorDeclaration, isFunctionDeclaration } = typescript();
  const parameter = isClassDeclaration(declaration)
    ? declaration.members.find(isConstructorDeclaration)?.parameters[1]
    : isFunctionDeclaration(declaration)
      ? declaration.parameters[0]
      : undefined;
  const type = interfaces.get(/^\w+Args$/.exec(parameter?.type?.getText() ?? "")?.[0] ?? "");
  return type !== undefined && isInterface(type) ? membersOf(type, interfaces) : [];
}

function membersOf(declaration: ts.InterfaceDeclaration, interfaces: ReadonlyMap<string, Declaration>): Row[] {
  const inherited = (declaration.heritageClauses ?? [])
    .flatMap(({ types }) => types.map((type) => interfaces.get(type.getText())))
    .flatMap((parent) => (parent !== undefined && isInterface(parent) ? membersOf(parent, interfaces) : []));
  const methods = declaration.members.filter(typescript().isMethodSignature).map(methodRow);
  const own = declaration.members.filter(typescript().isPropertySignature).map((member) => {
    const name = member.name.getText();
    const fallback = tagOf(member, "default");
    if (member.questionToken !== undefined && fallback === undefined) {
      missing(`${declaration.name.text}.${name} may be left out and has no @default`);
    }
    return row(name, member, fallback);
  });
  return [...inherited, ...own, ...methods];
}

/** What a component is read by. */
function propertiesOf(declaration: Declaration): Row[] {
  if (!typescript().isClassDeclaration(declaration)) return [];
  return declaration.members
    .filter(typescript().isPropertyDeclaration)
    .map((member) => row(member.name.getText(), member, undefined));
}

const row = (
  name: string,
  member: ts.PropertySignature | ts.PropertyDeclaration,
  fallback: string | undefined,
): Row => ({
  name,
  type: (member.type?.getText() ?? "").replace(/\s+/g, " "),
  fallback,
  text: prose(member),
});

const methodRow = (method: ts.MethodSignature): Row => ({
  name: method.name.getText(),
  type: `(${method.parameters.map((parameter) => parameter.getText()).join(", ")}) => ${method.type?.getText()}`,
  fallback: undefined,
  text: prose(method),
});

function table(what: string, rows: readonly Row[]): string[] {
  if (rows.length === 0) return [];
  const cell = (text: string) => text.replaceAll("|", "\\|").replace(/\s+/g, " ");
  const words = (text: string) => text.replace(/(`[^`]*`)|</g, (_, code?: string) => code ?? "\\<");
  const code = (text: string) => (text.includes("`") ? `\`\` ${text} \`\`` : `\`${text}\``);
  const withDefaults = rows.some(({ fallback }) => fallback !== undefined);
  const line = ({ name, type, fallback, text }: Row) =>
    [code(name), code(type), ...(withDefaults ? [words(fallback ?? "required")] : []), words(text)]
      .map(cell)
      .join(" | ");
  const head = [what, "type", ...(withDefaults ? ["default"] : []), "meaning"];
  return [
    [head.join(" | "), head.map(() => "---").join(" | "), ...rows.map(line)].map((text) => `| ${text} |`).join("\n"),
  ];
}

const prose = (node: ts.Node): string =>
  typescript()
    .getJSDocCommentsAndTags(node)
    .flatMap((doc) => typescript().getTextOfJSDocComment(doc.comment) ?? [])
    .join("\n\n");

const tagOf = (node: ts.Node, name: string): string | undefined => tagsOf(node, name)[0];

const tagsOf = (node: ts.Node, name: string): string[] =>
  typescript()
    .getJSDocTags(node)
    .filter(({ tagName }) => tagName.text === name)
    .map(({ comment }) => typescript().getTextOfJSDocComment(comment) ?? "");

const examplesOf = (node: ts.Node): string[] => tagsOf(node, "example");

function missing(what: string): never {
  throw new Error(what);
}
