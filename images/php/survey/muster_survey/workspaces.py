"""Packages that one above them installs."""

import re

from .tree import join, parent, part


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
