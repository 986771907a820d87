"""Packages that one above them installs: which they are, and what of them only they say."""

import re

from . import frontends, projects
from .tree import depth, join, parent, part


def members(tree, folder):
    """The folders with a manifest that a folder's workspace installs."""
    manifest = tree.object(join(folder, "package.json"))
    patterns = manifest.get("workspaces")
    patterns = part(manifest, "workspaces").get("packages") if isinstance(patterns, dict) else patterns
    listed = re.findall(r"(?m)^\s*-\s*['\"]?([^'\"\s#]+)", tree.text(join(folder, "pnpm-workspace.yaml")))
    wanted = [name for name in (*(patterns if isinstance(patterns, list) else ()), *listed) if isinstance(name, str)]
    expressions = [
        re.escape(join(folder, name.rstrip("/"))).replace(r"\*\*", ".+").replace(r"\*", "[^/]+") for name in wanted
    ]
    if not expressions:
        return set()
    there = {parent(path) for path in tree.files if path.endswith("/package.json")} - {folder}
    return {each for each in there if any(re.fullmatch(expression, each) for expression in expressions)}


def projects_of(tree, above):
    """The packages of a workspace that have a script which it has none for, each behind those that it depends on."""
    own = above["node"]
    for folder in _in_order(tree, members(tree, above["folder"])):
        node = projects.node_of(tree, folder, above["folder"])
        for kind in ("lint", "test", "build"):
            if own[kind] or (kind == "test" and own["untested"]):
                node[kind] = node["commands"][kind] = None
        if own["test"] or own["untested"]:
            node["untested"] = None
        if any(node[kind] for kind in ("lint", "test", "build", "untested")):
            yield {"folder": folder, "composer": None, "node": node, "phpunit": None}


def _in_order(tree, folders):
    manifests = {folder: tree.object(join(folder, "package.json")) for folder in folders}
    names = {manifest.get("name"): folder for folder, manifest in manifests.items() if manifest.get("name")}
    seen, order = set(), []

    def visit(folder):
        if folder in seen:
            return
        seen.add(folder)
        for name in sorted(frontends.dependencies(manifests[folder])):
            if name in names:
                visit(names[name])
        order.append(folder)

    for folder in sorted(folders, key=lambda each: (depth(each), each)):
        visit(folder)
    return order
