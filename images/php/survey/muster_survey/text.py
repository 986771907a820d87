"""The survey for people: what was found and what will happen, in at most eight lines."""

LINES = 8
WIDTH = 240
KINDS = {
    "php": "PHP site",
    "static": "static site",
    "frontend": "front end",
    "frontend+php": "front end and PHP back end",
    "library": "no site, tested only",
    "empty": "no site",
}


def of(survey):
    lines = [_first(survey)]
    lines += [f"error: {fault_line(fault)}" for fault in survey["faults"]]
    lines += [f"{_warning(note)}" for note in survey["notes"] if note["level"] == "warning"]
    if len(lines) > LINES:
        lines = [*lines[: LINES - 1], f"… and {len(lines) - LINES + 1} more"]
    return "\n".join(line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…" for line in map(_printable, lines))


def _printable(line):
    return "".join(each if each.isprintable() else "?" for each in line)


def fault_line(fault):
    place = ", ".join(each for each in (f"line {fault['line']}" if fault["line"] else "", fault["at"]) if each)
    value = "" if fault["value"] is None else f' "{fault["value"]}"'
    return _printable(f"{fault['file']}{': ' if place else ''}{place}{value} {fault['message']}: {fault['remedy']}")


def _warning(note):
    return f"warning: {note['text']}" + (f" ({note['remedy']})" if note["remedy"] else "")


def _first(survey):
    parts = [_kind(survey), *(part for project in survey["projects"] for part in _project(project))]
    if survey["writable"]:
        paths = [entry["path"] for entry in survey["writable"]]
        parts.append(f"writable: {', '.join(paths[:4])}{f' and {len(paths) - 4} more' if len(paths) > 4 else ''}")
    if survey["workflows"]["files"]:
        count = len(survey["workflows"]["files"])
        parts.append(f"{count} workflow{'s' if count > 1 else ''}{_mode(survey['workflows']['mode'])}")
    untested = sorted({note["file"] for note in survey["notes"] if note["untested"]})
    if untested:
        more = f" and {len(untested) - 3} more" if len(untested) > 3 else ""
        parts.append(f"not tested: {', '.join(map(_shown, untested[:3]))}{more}")
    return " · ".join(parts)


def _mode(mode):
    return {"run": "", "warn": " (failures are warnings)", "off": " (off)"}[mode]


def _shown(path):
    folder, _, name = path.rpartition("/")
    return f"{folder}/ ({name})" if folder else name


def _kind(survey):
    root, backend = survey["root"], survey["backend"]
    if survey["kind"] == "server":
        return f"not served here: {survey['server']['language']} ({survey['server']['file']})"
    if not root:
        return KINDS[survey["kind"]]
    path = "." if root["path"] == "." else f"{root['path']}/"
    kind = KINDS[survey["kind"]] + (f" ({survey['site']['framework']})" if survey["site"]["framework"] else "")
    said = f"{kind}, document root {path} ({root['source']})"
    return said + (f", {backend['path']} → {backend['root']}/" if backend else "")


def _project(project):
    """The parts of a project; those of a subfolder as one, after its name."""
    parts = []
    composer, node, phpunit = project["composer"], project["node"], project["phpunit"]
    if composer and composer["install"]:
        parts.append("composer" if composer["lock"] else "composer (no lock)")
    if phpunit:
        parts.append(phpunit["runner"])
    if node:
        scripts = [name for name in (node["lint"], node["test"]) if name]
        done = [f"{node['manager']} {name}" for name in scripts]
        if node["build"]:
            name = node["build"] if scripts else f"{node['manager']} {node['build']}"
            done.append(name + (f" → {node['dist'].removeprefix(project['folder'] + '/')}" if node["dist"] else ""))
        parts += [", ".join(done)] if done else [f"{node['manager']} install"] if node["install"] else []
    if project["folder"] == "." or not parts:
        return parts
    return [f"{project['folder']}/: {', '.join(parts)}"]
