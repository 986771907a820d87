"""Secrets and variables of a repository's settings on GitHub: what asks for them cannot run here."""

import re

from . import expressions
from .expressions import Unknown


def texts(value):
    """Every text in a value."""
    if isinstance(value, str):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(each)


def expressions_in(*values):
    for text in texts(list(values)):
        yield from expressions.WHOLE.findall(text)


def secrets_in(expression):
    """What is secret in an expression; GitHub's names have no case."""
    tokens = [match[match.lastgroup] for match in expressions.TOKEN.finditer(expression)]
    for place, token in enumerate(tokens):
        if place > 0 and tokens[place - 1] == ".":
            continue
        after = tokens[place + 1 : place + 3]
        key = after[1].strip("'") if len(after) == 2 and after[0] in (".", "[") else ""
        if token.casefold() == "secrets":
            # All of them, or one that is only known when the job runs.
            yield key if after and (after[0] == "." or after[1:] and after[1].startswith("'")) else "of a name that varies"
        elif token.casefold() == "github" and key.casefold() == "token":
            yield "GITHUB_TOKEN"


def variables_in(expression, context):
    """What an expression lacks that the repository's settings on GitHub would have: it is empty without."""
    names = re.findall(r"(?<![\w.-])vars\s*(?:\.\s*|\[\s*')([\w-]+)", expression, re.I)
    try:
        return names if expressions.shown(expressions.evaluate(expression, {**context, "vars": {}})) == "" else []
    except Unknown:
        return []


def missing(context, *values):
    """Why a job cannot run that uses secrets or variables of the repository's settings on GitHub."""
    found = []
    for expression in expressions_in(*values):
        found += [("secret", name) for name in secrets_in(expression)]
        found += [("variable", name) for name in variables_in(expression, context)]
    for kind in ("secret", "variable"):
        if names := sorted({name for each, name in found if each == kind}):
            yield f"it uses the {kind}{'s' if len(names) > 1 else ''} {', '.join(names)}, not known here"
