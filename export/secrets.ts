import { randomInt } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { readText, writeText } from "../config/files";
import { type Recording, secretName } from "./recording";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** What an env file takes without quotes. Other values, which the config alone gives, reach engines by the environment. */
const PLAIN = /^[A-Za-z0-9._~+/=:@-]*$/;

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
 * @param onLoss hears of a file that was cut off: what it lost gets new values
 * @returns values by name, only those of `specs`
 */
export function ensureSecrets(
  path: string,
  specs: readonly SecretSpec[],
  onLoss: (message: string) => void = () => undefined,
): Record<string, string> {
  const known = readSecrets(path);
  const lost = lossOf(path, Object.keys(known).length);
  const missing = specs.filter(({ name, given }) => (given === undefined ? !(name in known) : known[name] !== given));
  if (missing.length > 0) {
    if (lost !== undefined) onLoss(lostAdvice(path, lost, missing));
    for (const { name, length, given } of missing) known[name] = given ?? generate(length);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const lines = Object.keys(known)
      .filter((name) => PLAIN.test(known[name] as string))
      .sort()
      .map((name) => `${name}=${known[name]}\n`);
    writeText(path, `${header(lines.length)}\n${lines.join("")}`, 0o600);
  }
  return Object.fromEntries(specs.map(({ name }) => [name, known[name] as string]));
}

/** First line of the file: what is cut off is missing at the end. */
const header = (count: number): string => `# ${count} passwords follow, one a line`;

/** How many of its values the file has lost; undefined where nothing tells that it has. */
function lossOf(path: string, found: number): number | undefined {
  if (!existsSync(path)) return undefined;
  const text = readText(path);
  if (text === "") return Number.POSITIVE_INFINITY;
  const written = Number(/^# (\d+) passwords follow/.exec(text)?.[1] ?? 0);
  return written > found ? written - found : undefined;
}

function lostAdvice(path: string, lost: number, renewed: readonly SecretSpec[]): string {
  const count = Number.isFinite(lost) ? `${lost} of its` : "all its";
  return `${path} has lost ${count} passwords, and these are made anew: ${renewed.map(({ name }) => name).join(", ")}`;
}

/** Every secret of an env file; none when it does not exist. */
export function readSecrets(path: string): Record<string, string> {
  if (!existsSync(path)) return {};
  const text = readText(path);
  const all = text.split("\n");
  // A line that was cut off inside its value would pass for a whole one. People's own files may end without a newline.
  const whole = text.startsWith("# ") ? all.slice(0, -1) : all;
  const lines = whole.filter((line) => line.includes("="));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}

const generate = (length: number): string =>
  Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
