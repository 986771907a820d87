import { randomInt } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { SecretSpec } from "./compose";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/**
 * The value of every secret, from an env file that only its owner can read. Values that the file has are kept, also of
 * members who left, so that a second run changes nothing and a member who returns keeps their passwords; missing
 * ones are generated and written before anything uses them. Values that the config gives replace those of the file.
 *
 * @returns values by name, of `specs` alone
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
