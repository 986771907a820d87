/** A problem that the user can solve: its message says how, and is all that is shown. */
export class UserError extends Error {
  override readonly name = "UserError";
}

/** A command line that cannot be understood. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Exit status of a program that Ctrl-C ended. */
export const INTERRUPTED = 130;

/** A program that was run in the foreground failed, and has said why itself. */
export class ChildError extends Error {
  override readonly name = "ChildError";

  constructor(
    message: string,
    readonly exitCode: number,
  ) {
    super(message);
  }
}
