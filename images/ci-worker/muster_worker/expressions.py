"""GitHub's expressions, as far as their value is known before a job runs: literals, operators, `matrix`, `github`."""

import json
import re

TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<operator>==|!=|&&|\|\||[!()\[\],.*<>]=?)"
    r"|(?P<name>[A-Za-z_][\w-]*))"
)
WHOLE = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
LITERALS = {"true": True, "false": False, "null": None}


class Unknown(Exception):
    """The value is not known before the job runs."""


def fill(text, context):
    """TEXT with its ${{ … }} replaced; the value itself where that is all. Raises Unknown."""
    whole = WHOLE.fullmatch(text.strip())
    if whole and "${{" not in whole[1]:
        return evaluate(whole[1], context)
    return WHOLE.sub(lambda match: shown(evaluate(match[1], context)), text)


def known(text, context):
    """TEXT with those of its ${{ … }} replaced that are known."""

    def replace(match):
        try:
            return shown(evaluate(match[1], context))
        except Unknown:
            return match[0]

    return WHOLE.sub(replace, text)


def for_commands(context):
    """CONTEXT without the push's event: what somebody wrote into a commit's message is no command."""
    github = {name: value for name, value in context.get("github", {}).items() if name != "event"}
    return {**context, "github": github}


def shown(value):
    if value is None:
        return ""
    return json.dumps(value) if isinstance(value, (bool, dict, list)) else str(value)


def evaluate(text, context):
    reader = _Reader(text, context)
    value = reader.either()
    if reader.tokens:
        raise Unknown(text)
    return value


def equal(left, right):
    if isinstance(left, str) and isinstance(right, str):
        return left.casefold() == right.casefold()
    return shown(left) == shown(right)


class _Reader:
    def __init__(self, text, context):
        self.context = context
        self.tokens = []
        position = 0
        while text[position:].strip():
            match = TOKEN.match(text, position)
            if not match:
                raise Unknown(text)
            self.tokens.append((match.lastgroup, match[match.lastgroup]))
            position = match.end()

    def take(self, *wanted):
        """The next token if it is one of these operators."""
        if self.tokens and self.tokens[0][0] == "operator" and self.tokens[0][1] in wanted:
            return self.tokens.pop(0)[1]
        return None

    def expect(self, operator):
        if not self.take(operator):
            raise Unknown(operator)

    def either(self):
        value = self.both()
        while self.take("||"):
            other = self.both()
            value = value or other
        return value

    def both(self):
        value = self.comparison()
        while self.take("&&"):
            other = self.comparison()
            value = value and other
        return value

    def comparison(self):
        value = self.negation()
        while operator := self.take("==", "!="):
            value = equal(value, self.negation()) == (operator == "==")
        return value

    def negation(self):
        return not self.negation() if self.take("!") else self.value()

    def value(self):
        if self.take("("):
            value = self.either()
            self.expect(")")
            return value
        if not self.tokens or self.tokens[0][0] == "operator":
            raise Unknown("an expression that is not known here")
        kind, text = self.tokens.pop(0)
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind == "number":
            return float(text) if "." in text else int(text)
        if text in LITERALS:
            return LITERALS[text]
        return self.call(text) if self.take("(") else self.member(text)

    def call(self, name):
        arguments = []
        while not self.take(")"):
            arguments.append(self.either())
            self.take(",")
        texts = [shown(argument) for argument in arguments]
        match name.lower(), len(arguments):
            case "startswith", 2:
                return texts[0].casefold().startswith(texts[1].casefold())
            case "endswith", 2:
                return texts[0].casefold().endswith(texts[1].casefold())
            case "contains", 2:
                whole = arguments[0]
                if isinstance(whole, list):
                    return any(equal(each, arguments[1]) for each in whole)
                return texts[1].casefold() in texts[0].casefold()
            case "format", _ if texts:
                if any(int(number) + 1 >= len(texts) for number in re.findall(r"\{(\d+)\}", texts[0])):
                    raise Unknown(texts[0])
                return re.sub(r"\{(\d+)\}", lambda match: texts[int(match[1]) + 1], texts[0])
            case "fromjson", 1:
                try:
                    return json.loads(texts[0])
                except ValueError:
                    raise Unknown(texts[0]) from None
        raise Unknown(name)

    def member(self, name):
        if name not in self.context:
            raise Unknown(name)
        value = self.context[name]
        while True:
            if self.take("."):
                if not self.tokens or self.tokens[0][0] != "name":
                    raise Unknown(name)
                key = self.tokens.pop(0)[1]
            elif self.take("["):
                key = self.either()
                self.expect("]")
                if isinstance(key, (dict, list)):
                    raise Unknown(name)
            else:
                return value
            if isinstance(value, dict):
                if name == "github" and key not in value:
                    raise Unknown(f"github.{key}")
                value = value.get(key)
            else:
                value = value[key] if isinstance(value, list) and isinstance(key, int) and key < len(value) else None
