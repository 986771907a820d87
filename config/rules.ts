/**
 * What both the roster's schema and the images' own checks refuse: `npm run schema` writes these rules into the images,
 * so that no container refuses at its start what the schema has accepted. The dialect is what JavaScript and Python
 * have in common; a rule of `SHELL_RULES` is also an extended regular expression of grep's.
 */
export interface Rule {
  /** Matches the whole value. */
  readonly is: string;
  /** Matches nothing in it. */
  readonly not?: string;
}

const LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
const FOLDER = "[A-Za-z0-9_][A-Za-z0-9._-]*";
/** JavaScript and Python do not have the same blanks in `\s`. */
const BLANKS = "[\\s\\x1c-\\x1f\\x85\\ufeff]*";
/** Half of a character outside of the basic plane: no UTF-8 has it. */
const SURROGATES = "\\ud800-\\udfff";

export const RULES = {
  /** A member's id: part of host, container and volume names, so a DNS label with room for a prefix. */
  member: { is: "[a-z]([a-z0-9-]{0,18}[a-z0-9])?" },
  /** A member's name: on one line, and not only of what git leaves out of names. */
  person: {
    is: `[^\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029${SURROGATES}]{1,80}`,
    not: "^[\\s\\x85\\ufeff.,:;<>\"'\\\\]*$",
  },
  /** Not in the place of the last label: what looks like a number, which makes an IPv4 address of the whole in URLs. */
  domain: { is: `${LABEL}(\\.${LABEL})*`, not: "(^|\\.)([0-9]+|0x[0-9a-f]*)$|.{191}" },
  /** A repository on the git server. */
  repository: { is: "[a-z0-9][a-z0-9._-]{0,63}", not: "\\.\\.|\\.(git|lock)$" },
  /** A branch that needs no quoting anywhere; git itself allows more, but not that name. */
  branch: { is: "[A-Za-z0-9]([A-Za-z0-9._/-]{0,98}[A-Za-z0-9_-])?", not: "^HEAD$|\\.\\.|//|/\\.|\\.lock(/|$)" },
  /** A folder of a repository. */
  folder: { is: `${FOLDER}(/${FOLDER})*`, not: "\\.\\.|.{101}" },
  stepName: { is: `[^\\x00-\\x1f\\x7f-\\x9f${SURROGATES}]{1,50}`, not: `^${BLANKS}$` },
  command: { is: `[^\\x00${SURROGATES}]{1,8192}`, not: `^${BLANKS}$` },
  variable: { is: "[A-Za-z_][A-Za-z0-9_]{0,99}" },
  variableValue: { is: `[^\\x00${SURROGATES}]{0,8192}` },
  /** Above the repositories of an upstream: a host and a path. */
  upstreamUrl: {
    is: "https?://[^\\s/@?#\"'\\\\]+(/[^\\s@?#\"'\\\\]*)?",
    not: `[\\x00-\\x1f\\x7f-\\x9f${SURROGATES}]|.{301}`,
  },
  /** The account of an upstream's token. */
  upstreamUser: { is: "[A-Za-z0-9._-]{1,100}" },
} as const satisfies Record<string, Rule>;

/** Whole numbers, both ends included. */
export const RANGES = {
  workers: { min: 1, max: 16 },
  /** Seconds. */
  timeout: { min: 10, max: 7200 },
  /** Seconds. */
  pollInterval: { min: 10, max: 3600 },
} as const;

export type RuleName = keyof typeof RULES;

/** The rules that shell scripts check. */
const SHELL_RULES = ["domain", "member", "repository"] as const satisfies RuleName[];

/** Matches what follows a rule. */
export function expression(name: RuleName): RegExp {
  const { is, not }: Rule = RULES[name];
  return new RegExp(`^${not === undefined ? "" : `(?![\\s\\S]*(?:${not}))`}(?:${is})$`, "u");
}

const NOTE = "Written by `npm run schema` from config/rules.ts.";

/** The rules as files of the images, by path. */
export const ruleFiles = (): Record<string, string> => ({
  "images/portal/rules.mjs":
    `// ${NOTE}\n\n` +
    "/** @typedef {{ is: string, not?: string }} Rule */\n\n" +
    `/** @satisfies {Record<string, Rule>} */\nconst RULES = ${JSON.stringify(RULES, undefined, 2)};\n\n` +
    `/**
 * Whether a value follows a rule.
 *
 * @param {keyof typeof RULES} name
 * @param {string} value
 */
export function follows(name, value) {
  /** @type {Rule} */
  const { is, not } = RULES[name];
  return new RegExp(\`^(?:\${is})$\`, "u").test(value) && (not === undefined || !new RegExp(not, "u").test(value));
}
`,
  "images/ci-master/muster_ci/rules.py": `"""What values from the roster may be. ${NOTE}"""

import re

RULES = ${JSON.stringify(RULES, undefined, 4)}
RANGES = ${JSON.stringify(RANGES, undefined, 4)}


def follows(name, value):
    """Whether a value follows a rule."""
    rule = RULES[name]
    return (
        isinstance(value, str)
        and re.fullmatch(rule["is"], value) is not None
        and not ("not" in rule and re.search(rule["not"], value))
    )


def within(name, value):
    """Whether a value is a whole number of a range."""
    return type(value) is int and RANGES[name]["min"] <= value <= RANGES[name]["max"]


def span(name):
    """What a message says of a range."""
    return f"a whole number from {RANGES[name]['min']} to {RANGES[name]['max']}"
`,
  "images/base/rules.sh": `# Functions for entry points (POSIX sh, to be sourced). ${NOTE}

# matches VALUE PATTERN: whether the whole of VALUE matches; grep would accept one good line of several.
matches() {
  case $1 in
    *'
'*) return 1 ;;
  esac
  grep -Eqx -e "$2" << VALUE
$1
VALUE
}

# follows RULE VALUE: whether VALUE follows RULE.
follows() {
  case $1 in
${SHELL_RULES.map((name) => {
  const { is, not = "" }: Rule = RULES[name];
  return `    ${name}) _is='${is}' _not='${not}' ;;\n`;
}).join("")}  esac
  matches "$2" "$_is" && { [ -z "$_not" ] || ! matches "$2" ".*($_not).*"; }
}
`,
});
