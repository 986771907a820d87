// Written by `npm run schema` from config/rules.ts.

/** @typedef {{ is: string, not?: string }} Rule */

/** @satisfies {Record<string, Rule>} */
const RULES = {
  "member": {
    "is": "[a-z]([a-z0-9-]{0,18}[a-z0-9])?"
  },
  "person": {
    "is": "[^\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\ud800-\\udfff]{1,80}",
    "not": "^[\\s\\x85\\ufeff.,:;<>\"'\\\\]*$"
  },
  "domain": {
    "is": "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*",
    "not": "(^|\\.)([0-9]+|0x[0-9a-f]*)$|.{191}"
  },
  "repository": {
    "is": "[a-z0-9][a-z0-9._-]{0,63}",
    "not": "\\.\\.|\\.(git|lock)$"
  },
  "branch": {
    "is": "[A-Za-z0-9]([A-Za-z0-9._/-]{0,98}[A-Za-z0-9_-])?",
    "not": "^HEAD$|\\.\\.|//|/\\.|\\.lock(/|$)"
  },
  "folder": {
    "is": "[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*",
    "not": "\\.\\.|.{101}"
  },
  "stepName": {
    "is": "[^\\x00-\\x1f\\x7f-\\x9f\\ud800-\\udfff]{1,50}",
    "not": "^[\\s\\x1c-\\x1f\\x85\\ufeff]*$"
  },
  "command": {
    "is": "[^\\x00\\ud800-\\udfff]{1,8192}",
    "not": "^[\\s\\x1c-\\x1f\\x85\\ufeff]*$"
  },
  "variable": {
    "is": "[A-Za-z_][A-Za-z0-9_]{0,99}"
  },
  "variableValue": {
    "is": "[^\\x00\\ud800-\\udfff]{0,8192}"
  },
  "upstreamUrl": {
    "is": "https?://[^\\s/@?#\"'\\\\]+(/[^\\s@?#\"'\\\\]*)?",
    "not": "[\\x00-\\x1f\\x7f-\\x9f\\ud800-\\udfff]|.{301}"
  },
  "upstreamUser": {
    "is": "[A-Za-z0-9._-]{1,100}"
  }
};

/**
 * Whether a value follows a rule.
 *
 * @param {keyof typeof RULES} name
 * @param {string} value
 */
export function follows(name, value) {
  /** @type {Rule} */
  const { is, not } = RULES[name];
  return new RegExp(`^(?:${is})$`, "u").test(value) && (not === undefined || !new RegExp(not, "u").test(value));
}
