import { existsSync } from "node:fs";
import { decodeConfig } from "./decode";
import { distance } from "./nearest";
import { ConfigError } from "./problems";
import { kubernetes } from "./schema/targets";
import { type TeamConfig, teamConfig } from "./schema/team";
import { readYaml } from "./yaml";

/** Stands for a value that only the Pulumi CLI can read. */
export const ENCRYPTED = "encrypted-by-pulumi";

/** The `config` of a stack file, as it is written there. */
export interface StackFile {
  /** `Pulumi.<stack>.yaml` */
  readonly path: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** @throws ConfigError when the file is missing, is not YAML, has keys outside of `config`, or that is no group of keys */
export function readStackFile(path: string): StackFile {
  if (!existsSync(path)) {
    throw new ConfigError([`${path}: does not exist: copy Pulumi.dev.yaml and enter your roster`]);
  }
  const content = readYaml(path) ?? {};
  if (!isGroup(content)) {
    throw new ConfigError([`${path}: is not a group of keys: begin the file with config: and a roster`]);
  }
  const outside = Object.keys(content).filter(isMeantForConfig);
  if (outside.length > 0) throw new ConfigError(outside.map((key) => `${path}: ${meantForConfig(key)}`));
  const config = content.config ?? {};
  if (!isGroup(config)) {
    throw new ConfigError([
      `${path}: config: is not a group of keys: write for example config: { muster:team: hackathon }`,
    ]);
  }
  return { path, config };
}

/** Pulumi has other keys beside `config`, and passes over those that it does not know. */
const isMeantForConfig = (key: string): boolean =>
  key !== "config" && (key.includes(":") || distance(key.toLowerCase(), "config") <= 2 || isKeyOfTeam(key));

/** Pulumi has an `environment` of its own there. */
const isKeyOfTeam = (key: string): boolean => key !== "environment" && Object.hasOwn(teamConfig.shape, key);

const meantForConfig = (key: string): string =>
  key.includes(":") || isKeyOfTeam(key)
    ? `"${key}" stands beside config: and not in it, where nothing reads it: indent it below config:`
    : `"${key}" is not a known key: did you mean config?`;

const isGroup = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * The config of a stack file as the engine would pass it to the program.
 *
 * @param encrypted whether values inside of a group may be encrypted: each is then `ENCRYPTED`
 * @returns full keys; texts as they are, everything else as JSON
 * @throws ConfigError that lists the keys with an encrypted value
 */
export function configStrings(
  { path, config }: StackFile,
  encrypted: "allowed" | "refused" = "refused",
): Record<string, string> {
  const refused = new Set<string>();
  const strings = Object.entries(config).map(([key, value]) => {
    const readable = (_: string, inner: unknown) => {
      if (!isEncrypted(inner)) return inner;
      if (inner === value || encrypted === "refused") refused.add(key);
      return ENCRYPTED;
    };
    return [key, typeof value === "string" ? value : JSON.stringify(value, readable)];
  });
  if (refused.size === 0) return Object.fromEntries(strings);
  throw new ConfigError(
    [...refused].map(
      (key) => `${path}: config/${key}: is encrypted, which only the Pulumi CLI can read: use a plain value`,
    ),
  );
}

/** Which environment a stack is, and where. */
export interface Identity {
  /** Team id. */
  readonly team: string;
  readonly target: TeamConfig["target"];
  /** Context of the kubeconfig; undefined for its current one. */
  readonly context: string | undefined;
}

/**
 * What config tells of its environment even where it has faults elsewhere. A value that is wrong itself counts as
 * missing.
 *
 * @param config full keys
 * @param namespace the project's name
 */
export function identity(config: Readonly<Record<string, string>>, namespace: string): Identity {
  const { team, target, kubernetes: cluster } = decodeConfig(config, namespace);
  const { shape } = teamConfig;
  const context = typeof cluster === "object" && cluster !== null && "context" in cluster ? cluster.context : undefined;
  return {
    team: shape.team.catch(shape.team.parse(undefined)).parse(team),
    target: shape.target.catch(shape.target.parse(undefined)).parse(target),
    context: kubernetes.unwrap().shape.context.catch(undefined).parse(context),
  };
}

const isEncrypted = (value: unknown): boolean => isGroup(value) && "secure" in value;
