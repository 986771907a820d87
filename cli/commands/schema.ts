import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { everydayReference, rosterReference, stackFileSchema } from "../../config/reference";
import { ruleFiles } from "../../config/rules";
import { componentsReference } from "../components-reference";
import { UserError } from "../errors";

const SCHEMA_FILE = "roster.schema.json";
const REFERENCE_FILE = "docs/roster.md";
const COMPONENTS_FILE = "docs/components.md";
const README_FILE = "README.md";
/** What pages of several images look like: written to those that are built elsewhere than images/node. */
const LOOK_FILE = "images/node/web/look.css";
const LOOK_COPIES = ["images/gateway/conf/trust/look.css"];
const BEGIN = "<!-- roster:begin -->";
const END = "<!-- roster:end -->";

/**
 * `readme` with the reference between its markers.
 *
 * @throws UserError when it has none
 */
export function withReference(readme: string, reference: string): string {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin) throw new UserError(`${README_FILE}: lacks ${BEGIN} and ${END}: put them back`);
  return `${readme.slice(0, begin + BEGIN.length)}\n\n${reference}\n\n${readme.slice(end)}`;
}

const lookCopy = (): string =>
  `/* Written by \`npm run schema\` from ${LOOK_FILE}. */\n${readFileSync(join(__dirname, "../..", LOOK_FILE), "utf8")}`;

/**
 * Writes what is generated from the config's definitions and the components' doc comments.
 *
 * @param check write nothing
 * @returns what was done, for the user
 * @throws UserError with `check`, naming the files that are out of date
 */
export function writeSchema(root: string, check: boolean): string {
  const readme = readFileSync(join(root, README_FILE), "utf8");
  const files = [
    { name: SCHEMA_FILE, text: `${JSON.stringify(stackFileSchema("muster"), undefined, 2)}\n` },
    { name: REFERENCE_FILE, text: `${rosterReference("muster")}\n` },
    { name: COMPONENTS_FILE, text: `${componentsReference(join(__dirname, "../.."))}\n` },
    { name: README_FILE, text: withReference(readme, everydayReference("muster")) },
    ...Object.entries(ruleFiles()).map(([name, text]) => ({ name, text })),
    ...LOOK_COPIES.map((name) => ({ name, text: lookCopy() })),
  ];
  const stale = files.filter(({ name, text }) => {
    const path = join(root, name);
    return !existsSync(path) || readFileSync(path, "utf8") !== text;
  });
  const names = stale.map(({ name }) => name).join(", ");
  if (check && stale.length > 0) throw new UserError(`${names}: out of date. Write again: npm run schema`);
  for (const { name, text } of stale) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return stale.length > 0 ? `Wrote ${names}.` : "Everything is current.";
}
