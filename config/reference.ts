import { z } from "zod";
import { teamConfig } from "./schema/team";

/** The parts of JSON schema that `config/schema` leads to. */
export interface Node {
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

export const configNode = (): Node => z.toJSONSchema(teamConfig, { io: "input" }) as Node;

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
export function orText(node: Node): object {
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

export function kind({ type, enum: values, minimum, maximum, properties, items, additionalProperties }: Node): string {
  if (values) return values.map((value) => `\`${value}\``).join(" or ");
  if (properties) return "group";
  if (additionalProperties) return "texts by name";
  if (items) return items.properties ? "list of groups" : "list of texts";
  if (type === "integer" || type === "number") return `${minimum}–${maximum}`;
  return type === "boolean" ? "`true` or `false`" : "text";
}

export function meaning({ description = "", default: preset }: Node): string {
  const scalar = typeof preset === "object" ? undefined : preset;
  return `${description}${scalar === undefined ? "" : ` Default ${scalar}.`}`.replace(/[|<]/g, "\\$&");
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
