import { z } from "zod";
import { isSecret } from "../../config/schema/values";

/** Where a schema marks a value as secret; `*` stands for an entry of a list or a map. */
export function secretPaths(schema: z.ZodType, path: readonly string[] = []): (readonly string[])[] {
  if (isSecret(schema)) return [path];
  // biome-ignore lint/suspicious/noExplicitAny: each kind of schema has a definition of its own.
  const { innerType, in: input, element, valueType } = schema.def as any;
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape).flatMap(([key, child]) => secretPaths(child as z.ZodType, [...path, key]));
  }
  if (innerType ?? input) return secretPaths(innerType ?? input, path);
  return (element ?? valueType) ? secretPaths(element ?? valueType, [...path, "*"]) : [];
}

/** `config` with `value` at `path`. */
export function withValue(config: object, [key, ...rest]: readonly string[], value: unknown): Record<string, unknown> {
  const known: Record<string, unknown> = { ...config };
  if (key === undefined) return known;
  return { ...known, [key]: rest.length === 0 ? value : withValue((known[key] ?? {}) as object, rest, value) };
}
