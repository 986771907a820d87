"""What values from the roster may be. Written by `npm run schema` from config/rules.ts."""

import re

RULES = {
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
}
RANGES = {
    "workers": {
        "min": 1,
        "max": 16
    },
    "timeout": {
        "min": 10,
        "max": 7200
    },
    "pollInterval": {
        "min": 10,
        "max": 3600
    }
}


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
