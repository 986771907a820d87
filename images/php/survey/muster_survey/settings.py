"""muster.yaml: read, checked by muster.schema.json, every fault told at once."""

import difflib
import functools
import json
import os
import re
import reprlib

from .tree import join

FILE = "muster.yaml"
LIMIT = 64 * 1024
SCHEMA = os.path.join(os.path.dirname(__file__), "muster.schema.json")
TYPES = {"object": (dict, "a mapping"), "array": (list, "a list"), "string": (str, "a text")}


def fault(at, value, message, remedy, file=FILE, line=None):
    return {"file": file, "at": at, "line": line, "value": value, "message": message, "remedy": remedy}


def read(tree):
    """(what the file says, faults); ({}, []) without one."""
    for name in tree.files_in("."):
        if name != FILE and name.lower() in ("muster.yaml", "muster.yml"):
            return {}, [fault("", name, "is not read", f"rename it to {FILE}", file=name)]
    if FILE in tree.links:
        return {}, [fault("", None, "is a link", "put the file itself there")]
    if FILE not in tree.files:
        return {}, []
    text = tree.raw(FILE)
    if len(text) > LIMIT:
        return {}, [fault("", None, f"is longer than {LIMIT // 1024} KiB", "leave only the keys of Muster in it")]
    try:
        value, faults = parse(text.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = text[: error.start].count(b"\n") + 1
        return {}, [fault("", None, "is not UTF-8", "save it as UTF-8", line=line)]
    if not faults:
        faults = list(check(schema(), value)) or list(places(value, tree))
    return (value, []) if not faults else ({}, faults)


@functools.cache
def schema():
    with open(SCHEMA, encoding="utf-8") as file:
        return json.load(file)


def parse(text):
    """(the value, in which every scalar is a text, so that "off" is no boolean; faults)"""
    import yaml  # here, since most repositories have no muster.yaml, and loading it takes its time

    try:
        node = yaml.compose(text, Loader=yaml.BaseLoader)
        empty = node is None or (node.id == "scalar" and not node.value)
        faults = [] if empty else list(_structure(node, set()))
        return ({} if empty or faults else _plain(node, {})), faults
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read"
        hint = "indent with blanks" if "\\t" in problem else "correct the line"
        return {}, [fault("", None, f"is not YAML: {problem}", hint, line=mark.line + 1 if mark else None)]
    except RecursionError:
        return {}, [fault("", None, "is nested too deeply", "no key of Muster needs more than two levels")]


def _structure(node, seen, above=(), at=""):
    """What YAML allows and a mapping of texts cannot be: values inside themselves, keys that are there twice."""
    line = node.start_mark.line + 1
    if any(node is other for other in above):
        yield fault(at, None, "contains itself by an alias", "write the value out", line=line)
    if id(node) in seen:
        return
    seen.add(id(node))
    if node.id == "mapping":
        names = {}
        for key, value in node.value:
            name = key.value if key.id == "scalar" else None
            place = f"{at}.{name}" if at else str(name)
            if name is None:
                yield fault(at, None, "has a key that is no text", "use a text as key", line=key.start_mark.line + 1)
                continue
            if name in names:
                again = f"is there twice, first in line {names[name]}"
                yield fault(place, None, again, "leave one of them out", line=key.start_mark.line + 1)
            names.setdefault(name, key.start_mark.line + 1)
            yield from _structure(value, seen, (*above, node), place)
    elif node.id == "sequence":
        for position, value in enumerate(node.value):
            yield from _structure(value, seen, (*above, node), f"{at}[{position}]")


def _plain(node, done):
    """The value of a node; one that is there by many aliases is made once."""
    if id(node) not in done:
        if node.id == "mapping":
            done[id(node)] = {key.value: _plain(value, done) for key, value in node.value}
        else:
            done[id(node)] = [_plain(value, done) for value in node.value] if node.id == "sequence" else node.value
    return done[id(node)]


def check(rules, value, at=""):
    """The faults of a value, by the keywords that muster.schema.json uses."""
    if "$ref" in rules:
        yield from check(schema()["$defs"][rules["$ref"].rpartition("/")[2]], value, at)
        return
    if "anyOf" in rules:
        found = [list(check(each, value, at)) for each in rules["anyOf"]]
        yield from found[-1] if all(found) else ()
        return
    if "const" in rules:
        if value != rules["const"]:
            yield fault(at, shown(value), "is something else", f"write {rules['const']!r}")
        return
    kind, described = TYPES[rules["type"]]
    if not isinstance(value, kind):
        remedy = f"write {at}: [{value}]" if kind is list and isinstance(value, str) else f"write {described}"
        yield fault(at, shown(value), f"must be {described}", remedy)
    elif kind is dict:
        yield from _mapping(rules, value, at)
    elif kind is list:
        yield from _list(rules, value, at)
    else:
        yield from _text(rules, value, at)


def _mapping(rules, value, at):
    known = rules["properties"]
    for name in value:
        place = f"{at}.{name}" if at else name
        if name in known:
            yield from check(known[name], value[name], place)
            continue
        near = difflib.get_close_matches(name.lower(), known, 1, 0.6)
        remedy = f"did you mean {near[0]}?" if near else f"the keys are {', '.join(known)}"
        yield fault(place, shown(value[name]), "is not a known key", remedy)
    for name in rules.get("required", ()):
        if name not in value:
            yield fault(f"{at}.{name}" if at else name, None, "is missing", "add it")


def _list(rules, value, at):
    if len(value) > rules["maxItems"]:
        yield fault(at, len(value), f"has more than {rules['maxItems']} entries", "name the folders above them")
        return
    for position, each in enumerate(value):
        yield from check(rules["items"], each, f"{at}[{position}]")
        if isinstance(each, str) and each in value[:position]:
            yield fault(f"{at}[{position}]", shown(each), "is there twice", "leave one of them out")


def _text(rules, value, at):
    if "enum" in rules:
        if value not in rules["enum"]:
            yield fault(
                at,
                shown(value),
                "is not one of the values",
                f"write {', '.join(rules['enum'][:-1])} or {rules['enum'][-1]}",
            )
        return
    good = re.search(rules["pattern"], value) and not re.search(rules.get("not", {}).get("pattern", "(?!)"), value)
    if not good or len(value) > rules.get("maxLength", 200):
        yield fault(at, shown(value), *_remedy(rules, value))


def _remedy(rules, value):
    if "maxLength" not in rules:
        return "is not a path of an address", 'write it like "/api": from a slash, without one at the end'
    if value == "" or value == "~":
        return "is empty", "name a path in the repository, or leave the key out"
    if re.search(r"[*?\[\]{}]", value):
        return "has wildcards", "name the folder itself: all that is below it is meant"
    clean = re.sub(r"/+", "/", value.replace("\\", "/").strip())
    if re.match(r"[A-Za-z]:", clean):
        return "is a path of a computer", "name a path in the repository"
    if clean == "." or ".." in clean.split("/"):
        return "does not stay in the repository" if clean != "." else "is the repository itself", "name a folder of it"
    clean = re.sub(r"(^|/)(\./)+", r"\1", clean).strip("/")
    if value.startswith("/"):
        return "is absolute", f'write "{clean}": paths start at the repository'
    return "is not a path in the repository", f'write "{clean}"' if clean != value else "name a path in the repository"


def places(value, tree):
    """What has to be there, and is not."""
    backend = value.get("backend", {}).get("folder")
    wanted = [("root", value.get("root")), ("backend.folder", backend)]
    wanted += [(f"subfolders[{position}]", each) for position, each in enumerate(value.get("subfolders", ()))]
    for at, folder in wanted:
        if folder is not None and tree.resolve(folder) is None:
            yield _missing(at, folder, tree.folders)
    for position, path in enumerate(value.get("lint", {}).get("exclude", ())):
        if join(path, ".") not in tree.files | tree.folders and not tree.truncated:
            yield _missing(f"lint.exclude[{position}]", path, tree.files | tree.folders)


def _missing(at, path, there):
    near = difflib.get_close_matches(path, there, 1, 0.6)
    remedy = f"did you mean {near[0]}?" if near else "name one that is in the commit"
    if at == "root" and not near:
        remedy = f'if the build writes it, say "dist: {path}" instead; otherwise commit the folder'
    return fault(at, path, "does not exist", remedy)


def shown(value):
    """A value short enough for a message."""
    text = value if isinstance(value, str) else reprlib.repr(value)
    return text if len(text) <= 100 else f"{text[:99]}…"
