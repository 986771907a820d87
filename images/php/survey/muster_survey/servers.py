"""What is a server of its own, in a language that is not served here, and the file that tells."""

import re

from .tree import join, part

# File → its language; the first that is there counts.
LANGUAGES = {
    "manage.py": "Python",
    "requirements.txt": "Python",
    "pyproject.toml": "Python",
    "Pipfile": "Python",
    "app.py": "Python",
    "main.py": "Python",
    "wsgi.py": "Python",
    "go.mod": "Go",
    "Cargo.toml": "Rust",
    "Gemfile": "Ruby",
    "pom.xml": "Java",
    "build.gradle": "Java",
    "build.gradle.kts": "Java",
    "mix.exs": "Elixir",
    "hugo.toml": "Hugo",
    "hugo.yaml": "Hugo",
    "mkdocs.yml": "Python",
    "deno.json": "Deno",
    "pubspec.yaml": "Dart",
    "Package.swift": "Swift",
    "build.sbt": "Scala",
}
# They write pages, and need not run where these are shown.
GENERATORS = frozenset({"hugo.toml", "hugo.yaml", "mkdocs.yml"})
FRAMEWORKS = {"manage.py": "Django", "mkdocs.yml": "MkDocs"}
SUFFIXES = ((".csproj", "C#"), (".sln", "C#"), (".py", "Python"), (".java", "Java"), (".go", "Go"), (".rb", "Ruby"))
NODE = tuple(
    """
    express @nestjs/core fastify koa @hapi/hapi hono socket.io sails @adonisjs/core @feathersjs/feathers restify
    polka h3 ws json-server @strapi/strapi apollo-server
    """.split()
)


def at_root(tree):
    return node(tree, ".") is not None or any(name in tree.files for name in LANGUAGES)


def of(tree, folders):
    """{"language", "file", "reason"} of what is a program in the repository or in one of its FOLDERS; None for none."""
    reason = node(tree, ".")
    if reason:
        return {"language": "Node", "file": "package.json", "reason": reason}
    for folder in (".", *folders):
        for name, language in LANGUAGES.items():
            path = join(folder, name)
            if path in tree.files:
                return {"language": language, "file": path, "reason": FRAMEWORKS.get(name) or f"{path} is there"}
        reason = folder != "." and node(tree, folder)
        if reason:
            return {"language": "Node", "file": join(folder, "package.json"), "reason": reason}
    if "composer.json" in tree.files or "package.json" in tree.files:
        return None
    for suffix, language in SUFFIXES:
        name = next((name for name in tree.files_in(".") if name.endswith(suffix)), None)
        if name:
            return {"language": language, "file": name, "reason": f"{name} is there"}
    return None


def node(tree, folder):
    """The file that says that a folder is a server in Node, and why; None when it is none."""
    manifest = tree.object(join(folder, "package.json"))
    if not manifest:
        return None
    found = next((name for name in NODE if name in part(manifest, "dependencies")), None)
    start = part(manifest, "scripts").get("start")
    if found:
        return f"package.json depends on {found}"
    if isinstance(start, str) and re.match(r"\s*(?:[A-Z_]+=\S+\s+)*(node|nodemon|ts-node|tsx|bun|deno)\b", start):
        return f'package.json starts "{start.strip()[:60]}"'
    for name in ("server.js", "server.ts", "server.mjs"):
        if join(folder, name) in tree.files:
            return f"{name} is there"
    return None
