import { UserError } from "./errors";
import type { TargetContext } from "./target";

/** What is up was made from another stack or folder, and would be replaced piece by piece. */
export const foreignTeam = ({ team, options }: Pick<TargetContext, "team" | "options">): UserError =>
  new UserError(
    `Team ${team} is up, but not from this stack and folder. Give this one a muster:team of its own,\n` +
      `or remove what is there: npm run down${options} (data volumes stay).`,
  );
