import * as pulumi from "@pulumi/pulumi";
import { resolveTeam, type Team } from "./members";
import { parseTeamConfig } from "./schema";

/**
 * The stack's config as a team. The only reader of Pulumi config: it hands the engine's strings on as the values
 * that were written in the stack file, unknown keys included, so that the schema can name them.
 *
 * @throws ConfigError that lists every problem at once
 */
export function loadTeam(): Team {
  const prefix = `${pulumi.getProject()}:`;
  const values = Object.entries(pulumi.runtime.allConfig())
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]) => [key.slice(prefix.length), decode(value)] as const);
  return resolveTeam(parseTeamConfig(Object.fromEntries(values)));
}

/** Pulumi passes every value as a string: lists, groups, numbers and booleans as JSON, texts as they are. */
function decode(value: string): unknown {
  if (!/^(?:[[{]|-?\d+(?:\.\d+)?$|true$|false$)/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
