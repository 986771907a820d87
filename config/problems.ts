import type { z } from "zod";
import { mayHoldSecret } from "./secrets";

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
    return issue.keys.map((key) => `${where([...issue.path, key])}: ${quote(key)} ${issue.message}`);
  }
  if (issue.code === "invalid_key") {
    return issue.issues.map(({ message }) => `${where(issue.path)}: ${quote(issue.path.at(-1))} ${message}`);
  }
  const value = valueAt(raw, issue.path);
  const shown = value === undefined || mayHoldSecret(schema, issue.path) ? "" : `${quote(value)} `;
  return [`${where(issue.path)}: ${shown}${issue.message}`];
}

const valueAt = (raw: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], raw);

/** A value as JSON, without accounts of URLs, and shortened so that one problem stays one line. */
export function quote(value: unknown): string {
  const readable = (_: string, inner: unknown) => (typeof inner === "string" ? withoutAccounts(inner) : inner);
  const json = JSON.stringify(value, readable) ?? String(value);
  return json.length > 120 ? `${json.slice(0, 117)}…` : json;
}

/**
 * `text` with the accounts of its URLs hidden: `https://ci:token@host/` → `https://…@host/`. A password that is not
 * encoded as a URL wants it may hold an `@` or a `/` itself.
 */
export const withoutAccounts = (text: string): string =>
  text.replace(/(:\/\/)\S*@(?!sha256:)/g, "$1…@").replace(/(^|[\s"'])[^\s"'/@]*:[^\s"'/@]*@(?!sha256:)/g, "$1…@");
