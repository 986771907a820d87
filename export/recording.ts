import { randomUUID } from "node:crypto";

/** A resource as the program registered it. */
export interface RecordedResource {
  readonly type: string;
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: each resource type has inputs of its own; the converters know them.
  readonly inputs: any;
}

/** What the program would have the engine create, in the order of names within a type. */
export interface Recording<T = unknown> {
  readonly resources: readonly RecordedResource[];
  /** Secrets that the config gives, by name; the resources have stand-ins in their place. */
  readonly given: Readonly<Record<string, string>>;
  /** What the program exports. */
  readonly outputs: T;
}

/** Unknown to whoever writes the config, so that no text of theirs is taken for a secret. */
const MARK = `secret-${randomUUID()}`;

/** Stands for a secret's value in a recording. */
export const standIn = (name: string): string => `<${MARK}:${name}>`;

const STAND_IN = new RegExp(standIn("(\\w+)"), "g");

/** `text` with each secret's stand-in replaced. */
export const replaceSecrets = (text: string, replacement: (name: string) => string): string =>
  text.replace(STAND_IN, (_, name: string) => replacement(name));

/** The variable with the secret that the resource `name` generates: `alice-db-password` → `ALICE_DB_PASSWORD`. */
export const secretName = (name: string): string => name.toUpperCase().replaceAll("-", "_");
