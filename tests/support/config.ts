import { ConfigError } from "../../config/problems";
import { parseTeamConfig } from "../../config/schema/team";

/** The problems that a config has; none when it is accepted. */
export function problems(raw: unknown): readonly string[] {
  try {
    parseTeamConfig(raw);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

/** Config as the engine passes it: full keys, every value as a string. */
export const configStrings = (config: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      `muster:${key}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
