import { readFileSync } from "node:fs";
import { type Document, isAlias, isScalar, Lexer, LineCounter, Parser, parseDocument, visit } from "yaml";
import { ConfigError } from "./problems";

/** MiB. A roster of 1000 members with every option has less than one. */
const LARGEST_FILE = 4;

/** Levels of groups and lists in one another; the schema has eight. */
const DEEPEST = 64;

/**
 * The value of a YAML file: finite numbers, texts, lists and groups without a circle.
 *
 * @throws ConfigError that names the place of everything that is wrong
 */
export function readYaml(path: string): unknown {
  const text = readText(path);
  const lines = new LineCounter();
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${path}: line ${line}, column ${col}`;
  };
  const deep = firstTooDeep(text, lines);
  if (deep !== undefined) {
    throw new ConfigError([`${at(deep)}: is more than ${DEEPEST} levels deep: bring it nearer to the top`]);
  }
  const document = parseDocument(text, { prettyErrors: false });
  const problems = document.errors.map(({ code, message, pos }) => `${at(pos[0])}: ${REMEDIES[code] ?? message}`);
  if (problems.length === 0)
    problems.push(...badValues(document).map(({ offset, problem }) => `${at(offset)}: ${problem}`));
  if (problems.length > 0) throw new ConfigError(problems);
  try {
    return document.toJS();
  } catch (error) {
    throw new ConfigError([`${path}: ${(error as Error).message}: write out what the aliases stand for`]);
  }
}

/** What is said in place of the parser's own words. */
const REMEDIES: Partial<Record<string, string>> = {
  DUPLICATE_KEY: "is a key for the second time in its group: keep one of them",
  TAB_AS_INDENT: "has a tab in the indentation: use blanks",
  MULTIPLE_DOCS: "begins a second document: keep one in the file",
};

function readText(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new ConfigError([
      `${path}: cannot be read (${(error as NodeJS.ErrnoException).code}): make it a file of yours`,
    ]);
  }
  if (bytes.length > LARGEST_FILE * 1024 * 1024) {
    throw new ConfigError([`${path}: is larger than ${LARGEST_FILE} MiB: keep the config of one stack in it`]);
  }
  try {
    if (!bytes.includes(0)) return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // Said below.
  }
  throw new ConfigError([`${path}: is not UTF-8, but perhaps UTF-16 or another encoding: save it as UTF-8`]);
}

/**
 * Where the text first is deeper than everything after it can bear: parsers call themselves for each level.
 *
 * @param lines is told of every line
 */
function firstTooDeep(text: string, lines: LineCounter): number | undefined {
  const parser = new Parser(lines.addNewLine);
  let deep: number | undefined;
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    // The tokens themselves are not needed; without taking them the parser does not move on.
    Array.from(parser.next(lexeme));
    if (parser.stack.length > DEEPEST) deep ??= parser.offset - lexeme.length;
  }
  return deep;
}

/** Without the value, which may be a secret. */
const READ_TWICE =
  "what stands here is one value to Pulumi, and another one elsewhere: put it in quotes, or write a number in plain digits";

/** Pulumi reads dates, and numbers with `_`, `0b` or a 0 before them, as YAML 1.1 did; by YAML 1.2 they are other values. */
const isReadTwice = (source: string): boolean =>
  /^(?:\d{4}-\d\d?-\d\d?(?:[Tt\s]\s*\d\d?:.*)?|[-+]?0[0-7]+|[-+]?0b[01_]+|[-+]0[xo].*|[-+]?\d[\d_]*_[\d_]*(?:\.[\d_]*)?)$/.test(
    source,
  );

function badValues(document: Document.Parsed): { offset: number; problem: string }[] {
  const found: { offset: number; problem: string }[] = [];
  visit(document, {
    Node(_, node, path) {
      const offset = node.range?.[0] ?? 0;
      if (isAlias(node)) {
        const target = node.resolve(document);
        if (target === undefined) {
          found.push({
            offset,
            problem: `the alias *${node.source} has no anchor before it: write &${node.source} there`,
          });
        } else if (path.includes(target)) {
          found.push({ offset, problem: `the alias *${node.source} is inside of what it stands for: write it out` });
        }
      }
      if (isScalar(node) && node.type === "PLAIN" && node.tag === undefined && isReadTwice(node.source ?? "")) {
        found.push({
          offset,
          problem: READ_TWICE,
        });
      }
      if (isScalar(node) && typeof node.value === "number" && !Number.isFinite(node.value)) {
        found.push({ offset, problem: `${node.source} is no number that anything here can be: write digits` });
      }
    },
  });
  return found;
}
