import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { teamConfig } from "../config/schema";
import { UserError } from "./errors";

const SCHEMA_FILE = "roster.schema.json";
const README_FILE = "README.md";
const BEGIN = "<!-- roster:begin -->";
const END = "<!-- roster:end -->";

/** The parts of JSON schema that `config/schema` leads to. */
interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly additionalProperties?: Node | false;
}

const configNode = (): Node => z.toJSONSchema(teamConfig, { io: "input" }) as Node;

/**
 * JSON schema of a whole `Pulumi.<stack>.yaml`: the project's own keys are checked, those of other namespaces and what
 * Pulumi itself keeps in the file are left alone.
 */
export function stackFileSchema(project: string): object {
  const { properties = {}, required = [] } = configNode();
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Muster stack file",
    type: "object",
    required: ["config"],
    properties: {
      config: {
        type: "object",
        properties: Object.fromEntries(
          Object.entries(properties).map(([key, node]) => [`${project}:${key}`, orText(node)]),
        ),
        required: required.map((key) => `${project}:${key}`),
        patternProperties: { [`^(?!${project}:)`]: {} },
        additionalProperties: false,
      },
    },
  };
}

/** Pulumi writes numbers and booleans as texts when it rewrites the file, at the top level alone. */
function orText(node: Node): object {
  if (node.type !== "integer" && node.type !== "number" && node.type !== "boolean") return node;
  const { description, default: preset, ...value } = node;
  const text = { type: "string", pattern: node.type === "boolean" ? "^(true|false)$" : "^\\d+$" };
  return { description, default: preset, anyOf: [value, text] };
}

/** Markdown table of every key of the config. */
export function rosterReference(project: string): string {
  const { properties = {}, required = [] } = configNode();
  const rows = Object.entries(properties).flatMap(([key, node]) =>
    describe(`${project}:${key}`, node, required.includes(key)),
  );
  return ["| key | value | meaning |", "| --- | --- | --- |", ...rows].join("\n");
}

/** A row for a value; for a group, a row for each of its keys. */
function describe(path: string, node: Node, required: boolean): string[] {
  const own = `| \`${path}\` | ${kind(node)}${required ? ", required" : ""} | ${meaning(node)} |`;
  const group = node.items ?? node;
  const children = Object.entries(group.properties ?? {}).flatMap(([key, child]) =>
    describe(`${path}${node.items ? "[]" : ""}.${key}`, child, group.required?.includes(key) ?? false),
  );
  return [own, ...children];
}

function kind({ type, enum: values, minimum, maximum, properties, items, additionalProperties }: Node): string {
  if (values) return values.map((value) => `\`${value}\``).join(" or ");
  if (properties) return "group";
  if (additionalProperties) return "texts by name";
  if (items) return items.properties ? "list of groups" : "list of texts";
  if (type === "integer" || type === "number") return `${minimum}–${maximum}`;
  return type === "boolean" ? "`true` or `false`" : "text";
}

function meaning({ description = "", default: preset }: Node): string {
  const scalar = typeof preset === "object" ? undefined : preset;
  return `${description}${scalar === undefined ? "" : ` Default ${scalar}.`}`.replace(/[|<]/g, "\\$&");
}

/** `readme` with the reference between its markers, or as it is when it has none. */
export function withReference(readme: string, reference: string): string {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin) return readme;
  return `${readme.slice(0, begin + BEGIN.length)}\n\n${reference}\n\n${readme.slice(end)}`;
}

/**
 * Writes what is generated from the config's definitions.
 *
 * @param check write nothing
 * @returns what was done, for the user
 * @throws UserError with `check`, naming the files that are out of date
 */
export function writeSchema(root: string, check: boolean): string {
  const readmePath = join(root, README_FILE);
  const readme = existsSync(readmePath) ? readFileSync(readmePath, "utf8") : undefined;
  const files = [
    { name: SCHEMA_FILE, text: `${JSON.stringify(stackFileSchema("muster"), undefined, 2)}\n` },
    ...(readme === undefined ? [] : [{ name: README_FILE, text: withReference(readme, rosterReference("muster")) }]),
  ];
  const stale = files.filter(({ name, text }) => {
    const path = join(root, name);
    return !existsSync(path) || readFileSync(path, "utf8") !== text;
  });
  const names = stale.map(({ name }) => name).join(" and ");
  if (check && stale.length > 0) throw new UserError(`${names}: out of date. Write again: npm run schema`);
  for (const { name, text } of stale) writeFileSync(join(root, name), text);
  return stale.length > 0 ? `Wrote ${names}.` : "Everything is current.";
}
