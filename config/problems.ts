/** Config that cannot be used. `problems` has a line for each fault; the message is all of them. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(
      `${problems.length === 1 ? "A problem" : `${problems.length} problems`} in the stack's config; nothing was changed.\n` +
        problems.map((problem) => `  ${problem}`).join("\n"),
    );
    this.name = "ConfigError";
  }
}

/** A value as JSON, shortened so that one problem stays one line. */
export function quote(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  return json.length > 120 ? `${json.slice(0, 117)}…` : json;
}
