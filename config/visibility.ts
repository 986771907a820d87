import { DEFAULT_VISIBILITY, type Level, memberAddresses, teamAddresses, type Visible } from "./catalogue";
import { isLocalDomain } from "./naming";

/** Who sees what, for each key of the roster's `visibility`. */
export type Visibility = Readonly<Record<Visible, Level>>;

/** Who sees an address, by its kind. */
export type Levels = Readonly<Record<string, Level>>;

/**
 * Names below localhost lead to the visitor's own machine: there, members sign in only where the roster asks for it.
 *
 * @returns undefined where everybody sees everything, and nobody signs in
 */
export function resolveVisibility(config: {
  readonly domain: string;
  readonly visibility?: { readonly [K in Visible]?: Level | undefined } | undefined;
}): Visibility | undefined {
  if (config.visibility === undefined && isLocalDomain(config.domain)) return undefined;
  const levels = Object.fromEntries(
    Object.entries(DEFAULT_VISIBILITY).map(([what, level]) => [what, config.visibility?.[what as Visible] ?? level]),
  ) as Visibility;
  return Object.values(levels).every((level) => level === "public") ? undefined : levels;
}

/** Sorted by kind; editors and database pages are their owner's. */
export const levelsOf = (visibility: Visibility | undefined): Levels =>
  Object.fromEntries(
    [...memberAddresses(), ...teamAddresses()]
      .map(([kind, { visibility: what }]): [string, Level] => {
        if (what === undefined) return [kind, "owner"];
        return [kind, visibility?.[what] ?? "public"];
      })
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
