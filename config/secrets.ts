import { z } from "zod";
import { isSecret } from "./schema/values";

/** What takes the place of a secret value; undefined removes its key. */
export type Replace = (name: string, value: string) => unknown;

/**
 * `value` with each secret that `schema` marks replaced, wherever it is: in groups, lists and maps.
 *
 * A secret's name is made of its path: `upstream/webhookSecret` → `UPSTREAM_WEBHOOK_SECRET`. Below a list or a map it
 * holds a key of the user's as it is, and starts with `_`, as no generated name does: `_MEMBERS_alice_TOKEN`.
 *
 * @param path keys above `value`
 */
export function replaceSecretValues<T>(schema: z.ZodType, value: T, replace: Replace, path: readonly Key[] = []): T {
  return walk(schema, value, replace, path) as T;
}

/** A key that the schema gives, or one that the user chose. */
type Key = { readonly fixed: string } | { readonly chosen: string };

/** The path of a group's own keys. */
export const fixedPath = (...keys: string[]): Key[] => keys.map((fixed) => ({ fixed }));

function walk(schema: z.ZodType, value: unknown, replace: Replace, path: readonly Key[]): unknown {
  if (isSecret(schema)) return typeof value === "string" ? replace(secretName(path), value) : value;
  const inner = unwrapped(schema);
  if (inner !== schema) return walk(inner, value, replace, path);
  if (typeof value !== "object" || value === null) return value;
  if (inner instanceof z.ZodArray && Array.isArray(value)) {
    return value.map((item, index) =>
      walk(inner.element as z.ZodType, item, replace, [...path, { chosen: String(item?.id ?? index) }]),
    );
  }
  const entries = Object.entries(value).map(([key, item]) => {
    if (inner instanceof z.ZodRecord) {
      return [key, walk(inner.valueType as z.ZodType, item, replace, [...path, { chosen: key }])];
    }
    const child = inner instanceof z.ZodObject ? (inner.shape[key] as z.ZodType | undefined) : undefined;
    return [key, child === undefined ? item : walk(child, item, replace, [...path, { fixed: key }])];
  });
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
}

function secretName(path: readonly Key[]): string {
  const words = path.map((key) =>
    "fixed" in key
      ? key.fixed.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
      : key.chosen.replaceAll("-", "_"),
  );
  return `${path.some((key) => "chosen" in key) ? "_" : ""}${words.join("_")}`;
}

/**
 * Whether the schema marks the value at `path`, or one inside of it, as secret: then it is never shown. A value of the
 * wrong shape may hold a secret anywhere.
 */
export function mayHoldSecret(schema: z.ZodType, [key, ...rest]: readonly PropertyKey[]): boolean {
  if (isSecret(schema)) return true;
  const inner = unwrapped(schema);
  if (inner !== schema) return mayHoldSecret(inner, key === undefined ? [] : [key, ...rest]);
  if (key === undefined) return children(inner).some((child) => mayHoldSecret(child, []));
  if (inner instanceof z.ZodObject) {
    const child = inner.shape[String(key)] as z.ZodType | undefined;
    return child !== undefined && mayHoldSecret(child, rest);
  }
  return children(inner).some((child) => mayHoldSecret(child, rest));
}

/** The keys of the group at `path`, each with the keys of the group that it holds. */
export function keysAt(schema: z.ZodType, [key, ...rest]: readonly PropertyKey[]): Record<string, string[]> {
  const inner = unwrapped(schema);
  if (inner !== schema) return keysAt(inner, key === undefined ? [] : [key, ...rest]);
  if (key !== undefined) {
    const child = inner instanceof z.ZodObject ? (inner.shape[String(key)] as z.ZodType) : children(inner)[0];
    return child === undefined ? {} : keysAt(child, rest);
  }
  if (!(inner instanceof z.ZodObject)) return {};
  return Object.fromEntries(
    Object.entries(inner.shape).map(([name, child]) => {
      let group = child as z.ZodType;
      while (unwrapped(group) !== group) group = unwrapped(group);
      return [name, group instanceof z.ZodObject ? Object.keys(group.shape) : []];
    }),
  );
}

function children(schema: z.ZodType): z.ZodType[] {
  if (schema instanceof z.ZodObject) return Object.values(schema.shape);
  if (schema instanceof z.ZodArray) return [schema.element as z.ZodType];
  if (schema instanceof z.ZodRecord) return [schema.valueType as z.ZodType];
  return [];
}

/** The schema below its defaults and transformations; of several forms, the group. */
function unwrapped(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return schema.unwrap() as z.ZodType;
  }
  // A group beside words: these hold nothing.
  if (schema instanceof z.ZodUnion) {
    return (schema.options as z.ZodType[]).find((option) => option instanceof z.ZodObject) ?? schema;
  }
  return schema instanceof z.ZodPipe ? (schema.in as z.ZodType) : schema;
}
