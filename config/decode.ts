/**
 * The values of one namespace as they were written in the stack file, unknown keys included.
 *
 * @param config full keys; the engine passes every value as a string
 * @param namespace the project's name
 * @returns keys without their namespace
 */
export function decodeConfig(config: Readonly<Record<string, string>>, namespace: string): Record<string, unknown> {
  const prefix = `${namespace}:`;
  return Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), decode(value)]),
  );
}

/** Lists, groups, numbers and booleans are JSON; texts are as they are. */
function decode(value: string): unknown {
  if (!/^(?:[[{]|-?\d+(?:\.\d+)?$|true$|false$)/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
