import type { z } from "zod";
import { nearest } from "./nearest";
import { keysAt, mayHoldSecret } from "./secrets";

/** Config that cannot be used. `problems` has a line for each fault; the message is all of them. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(
      `${problems.length === 1 ? "A problem" : `${problems.length} problems`} in the stack's config; nothing was changed.\n` +
        problems.map((problem) => `  ${problem}`).join("\n"),
    );
    this.name = "ConfigError";
  }
}

/**
 * A line for each problem of an issue: `config/<path>: <value> <what is wrong>: <remedy>`. Values that are secret, or
 * may hold a secret, are left out.
 *
 * @param raw what `schema` was given
 * @param root what paths begin with
 */
export function describeIssue(issue: z.core.$ZodIssue, raw: unknown, schema: z.ZodType, root = "config"): string[] {
  const where = (path: readonly PropertyKey[]) => [root, ...path.map(String)].join("/");
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(schema, issue.path);
    return issue.keys.map((key) => `${where([...issue.path, key])}: ${quote(key)} ${unknownKey(key, known)}`);
  }
  if (issue.code === "invalid_key") {
    return issue.issues.map(({ message }) => `${where(issue.path)}: ${quote(issue.path.at(-1))} ${message}`);
  }
  if (issue.code === "invalid_union") {
    // The problems of the form that the value has; none has it when each says so of the whole value.
    const inner = issue.errors.find((issues) =>
      issues.every(({ path, code }) => path.length > 0 || code === "unrecognized_keys"),
    );
    if (inner !== undefined) {
      return inner.flatMap((each) =>
        describeIssue({ ...each, path: [...issue.path, ...each.path] }, raw, schema, root),
      );
    }
  }
  const value = valueAt(raw, issue.path);
  const shown = value === undefined || mayHoldSecret(schema, issue.path) ? "" : `${quote(value)} `;
  return [`${where(issue.path)}: ${shown}${issue.message}`];
}

function unknownKey(key: string, known: Readonly<Record<string, readonly string[]>>): string {
  const keys = Object.keys(known).sort();
  const inner = keys.find((group) => known[group]?.includes(key));
  const [group = "", ...rest] = key.split(".");
  const meant =
    nearest(key, keys) ??
    (inner && `${inner}: { ${key}: … }`) ??
    (rest.length > 0 && keys.includes(group) ? `${group}: { ${rest.join(".")}: … }` : undefined);
  return `is not a known key: ${meant === undefined ? `use ${keys.join(", ")}` : `did you mean ${meant}?`}`;
}

const valueAt = (raw: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], raw);

/** A value as JSON, without accounts of URLs, and shortened so that one problem stays one line. */
export function quote(value: unknown): string {
  const readable = (_: string, inner: unknown) => (typeof inner === "string" ? withoutAccounts(inner) : inner);
  const json = asJson(value, readable);
  return json.length > 120 ? `${json.slice(0, 117)}…` : json;
}

function asJson(value: unknown, replacer: (key: string, inner: unknown) => unknown): string {
  try {
    return JSON.stringify(value, replacer) ?? String(value);
  } catch (error) {
    // Thousands of levels, or a circle.
    if (error instanceof RangeError || error instanceof TypeError) return "…";
    throw error;
  }
}

/**
 * `text` with the accounts of its URLs hidden: `https://ci:token@host/` → `https://…@host/`. A password that is not
 * encoded as a URL wants it may hold an `@` or a `/` itself.
 */
export const withoutAccounts = (text: string): string =>
  text.replace(/(:\/\/)\S*@(?!sha256:)/g, "$1…@").replace(/(^|[\s"'])[^\s"'/@]*:[^\s"'/@]*@(?!sha256:)/g, "$1…@");
