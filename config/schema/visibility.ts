import { z } from "zod";
import { DEFAULT_VISIBILITY, type Level, VISIBILITY, type Visible } from "../catalogue";
import { group } from "./values";

/** What is decided, for the reference. */
const TITLES: Readonly<Record<Visible, string>> = {
  sites: "the members' own sites",
  live: "the live sites",
  code: "the git server's pages and repositories",
  ci: "the CI's pages",
  portal: "the portal and the inbox",
};

/** Who may see what. */
export const visibility = group(
  Object.fromEntries(
    (Object.keys(VISIBILITY) as Visible[]).map((what) => {
      const levels: readonly Level[] = VISIBILITY[what];
      const error = `is not a level of it: use ${levels.slice(0, -1).join(", ")} or ${levels.at(-1)}`;
      return [
        what,
        z
          .enum(levels as [Level, ...Level[]], { error })
          .optional()
          .describe(`Who sees ${TITLES[what]}: ${levels.join(", ")}. Default ${DEFAULT_VISIBILITY[what]}.`),
      ];
    }),
  ) as Record<Visible, z.ZodOptional<z.ZodEnum<{ [L in Level]: L }>>>,
)
  .optional()
  .describe(
    "Who may see what: public is everybody who reaches the port, team whoever has signed in, owner the member alone " +
      "and organisers. Editors and database pages are always their owner's. Default: on localhost everything is public " +
      "and nobody signs in, unless this key is there; elsewhere, and with it, what each key says.",
  );
