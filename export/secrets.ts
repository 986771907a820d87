import { randomInt } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type Recording, secretName } from "./recording";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** A secret that an export refers to. Unless the config gives it, it is generated once. */
export interface SecretSpec {
  /** Environment variable. */
  readonly name: string;
  /** Characters. */
  readonly length: number;
  /** The value, if the config gives it. */
  readonly given?: string;
}

/** The secrets of a recording: first those from the config, then those to generate. */
export const secretSpecs = ({ given, resources }: Pick<Recording, "given" | "resources">): SecretSpec[] => [
  ...Object.entries(given).map(([name, value]) => ({ name, length: value.length, given: value })),
  ...resources
    .filter(({ type }) => type === "random:index/randomPassword:RandomPassword")
    .map(({ name, inputs }) => ({ name: secretName(name), length: inputs.length as number })),
];

/**
 * The value of every secret, from an env file that only its owner can read. Values that the file has are kept, also of
 * members who left, so that a second run changes nothing and a member who returns keeps their passwords; missing
 * ones are generated and written before anything uses them. Values that the config gives replace those of the file.
 *
 * @returns values by name, only those of `specs`
 */
export function ensureSecrets(path: string, specs: readonly SecretSpec[]): Record<string, string> {
  const known = readSecrets(path);
  const missing = specs.filter(({ name, given }) => (given === undefined ? !(name in known) : known[name] !== given));
  if (missing.length > 0) {
    for (const { name, length, given } of missing) known[name] = given ?? generate(length);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const lines = Object.keys(known)
      .sort()
      .map((name) => `${name}=${known[name]}\n`);
    writeFileSync(path, lines.join(""), { mode: 0o600 });
    chmodSync(path, 0o600);
  }
  return Object.fromEntries(specs.map(({ name }) => [name, known[name] as string]));
}

/** Every secret of an env file; none when it does not exist. */
export function readSecrets(path: string): Record<string, string> {
  if (!existsSync(path)) return {};
  const lines = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.includes("="));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}

const generate = (length: number): string =>
  Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
