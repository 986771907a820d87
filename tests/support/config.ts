import { ConfigError, parseTeamConfig } from "../../config/schema";

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
