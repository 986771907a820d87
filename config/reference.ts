import { z } from "zod";
import { teamConfig } from "./schema/team";

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
  /** A value of one of several forms. */
  readonly anyOf?: readonly Node[];
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

/** Pulumi writes numbers and booleans as texts when it rewrites the file, but only at the top level. */
function orText(node: Node): object {
  if (node.type !== "integer" && node.type !== "number" && node.type !== "boolean") return node;
  const { description, default: preset, ...value } = node;
  const text = { type: "string", pattern: node.type === "boolean" ? "^(true|false)$" : "^\\d+$" };
  return { description, default: preset, anyOf: [value, text] };
}

/** The keys that most teams need, in the README's order. */
const EVERYDAY_KEYS = [
  "team",
  "target",
  "domain",
  "port",
  "members[].id",
  "members[].name",
  "members[].email",
  "members[].cache",
  "members[].extensions",
  "members[].limits",
  "members[].php",
  "defaults",
  "repositories",
  "upstream.provider",
  "upstream.url",
  "ci.deployBranch",
  "ci.workers",
  "ci.steps",
  "ci.environment",
  "registry.push",
  "mirrors",
  "certificates",
];

/** A key of the config, for readers. */
interface Row {
  /** Below the project's namespace: `members[].id` */
  readonly path: string;
  readonly value: string;
  readonly meaning: string;
}

/** Markdown page with every key of the config: the single values, then each group. */
export function rosterReference(project: string): string {
  const { properties = {}, required = [] } = configNode();
  const printed = new Map<string, string>();
  const keys = Object.entries(properties).map(([key, node]) => ({
    key,
    node,
    rows: describe(key, node, required.includes(key), printed),
  }));
  const single = keys.filter(({ node }) => !group(node));
  const groups = keys.filter(({ node }) => group(node));
  return [
    "# The roster",
    "Every key of `Pulumi.<stack>.yaml`. `npm run schema` writes this page from `config/schema/`.",
    table(single.flatMap(({ rows }) => rows).map((row) => ({ ...row, path: `${project}:${row.path}` }))),
    ...groups.flatMap(({ key, rows: [own, ...rows] }) => [
      `## ${project}:${key}`,
      `A ${own?.value}. ${own?.meaning}`,
      ...(rows.length > 0 ? [table(rows)] : []),
    ]),
  ].join("\n\n");
}

/** Markdown table of the keys that most teams need. */
export function everydayReference(project: string): string {
  const { properties = {}, required = [] } = configNode();
  const rows = Object.entries(properties).flatMap(([key, node]) =>
    describe(key, node, required.includes(key), new Map()),
  );
  return table(
    EVERYDAY_KEYS.map((path) => {
      const row = rows.find((candidate) => candidate.path === path);
      if (row === undefined) throw new Error(`config/reference: "${path}" is no key of the config`);
      return { ...row, path: `${project}:${path}` };
    }),
  );
}

const table = (rows: readonly Row[]): string =>
  [
    "| key | value | meaning |",
    "| --- | --- | --- |",
    ...rows.map(({ path, value, meaning }) => `| \`${path}\` | ${value} | ${meaning} |`),
  ].join("\n");

/** What holds keys: the node itself, each of its items, or one of its forms. */
const group = (node: Node): Node | undefined =>
  [node, node.items, ...(node.anyOf ?? [])].find((candidate) => candidate?.properties);

/**
 * A row for a value; for a group, also one for each of its keys, unless a group with the same keys was printed before.
 *
 * @param printed paths of the groups so far, by their keys
 */
function describe(path: string, node: Node, required: boolean, printed: Map<string, string>): Row[] {
  const value = `${kind(node)}${required ? ", required" : ""}`;
  const holder = group(node);
  const row = { path, value, meaning: meaning(node) };
  if (!holder) return [row];
  const keys = JSON.stringify(holder.properties);
  const same = printed.get(keys);
  if (same !== undefined) return [{ ...row, value: `${value}, as \`${same}\`` }];
  printed.set(keys, path);
  const prefix = node.items ? `${path}[]` : path;
  const children = Object.entries(holder.properties ?? {}).flatMap(([key, child]) =>
    describe(`${prefix}.${key}`, child, holder.required?.includes(key) ?? false, printed),
  );
  return [...(row.meaning ? [row] : []), ...children];
}

function kind({ type, enum: values, minimum, maximum, properties, items, additionalProperties, anyOf }: Node): string {
  if (anyOf) return anyOf.map(kind).join(" or ");
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
