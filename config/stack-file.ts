import { existsSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { ConfigError } from "./problems";

/** Stands for a value that only the Pulumi CLI can read. */
export const ENCRYPTED = "encrypted-by-pulumi";

/**
 * The config of a stack file as the engine would pass it to the program.
 *
 * @param path `Pulumi.<stack>.yaml`
 * @param encrypted whether values inside of a group may be encrypted: each is then `ENCRYPTED`
 * @returns full keys; texts as they are, everything else as JSON
 * @throws ConfigError when the file is missing, is not YAML, has no `config`, or holds an encrypted value
 */
export function readStackConfig(path: string, encrypted: "allowed" | "refused" = "refused"): Record<string, string> {
  if (!existsSync(path)) {
    throw new ConfigError([`${path}: does not exist: copy Pulumi.dev.yaml and enter your roster`]);
  }
  const config = parseYaml(path)?.config ?? {};
  if (typeof config !== "object" || Array.isArray(config)) {
    throw new ConfigError([
      `${path}: config: is not a group of keys: write for example config: { muster:team: hackathon }`,
    ]);
  }
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => {
      const refuse = () => {
        throw new ConfigError([
          `${path}: config/${key}: is encrypted, which only the Pulumi CLI can read: use a plain value`,
        ]);
      };
      if (isEncrypted(value)) refuse();
      if (typeof value === "string") return [key, value];
      const readable = (_: string, inner: unknown) => {
        if (!isEncrypted(inner)) return inner;
        return encrypted === "allowed" ? ENCRYPTED : refuse();
      };
      return [key, JSON.stringify(value, readable)];
    }),
  );
}

function parseYaml(path: string): { config?: unknown } | undefined {
  try {
    return parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new ConfigError([`${path}: is not valid YAML: ${(error as Error).message.split("\n")[0]}`]);
  }
}

const isEncrypted = (value: unknown): boolean => typeof value === "object" && value !== null && "secure" in value;
