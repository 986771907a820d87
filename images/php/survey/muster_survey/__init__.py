"""The survey: what a repository is, for its members' sites, the CI and the live server alike.

survey(tree) returns data (JSON; every key is always there):

version    1
kind       "php", "static", "frontend" (built), "frontend+php", "library" (no site), "server" (not served here), "empty"
root       {path, source} of the document root, or null. source: "muster.yaml", "found", or for what a build writes
           "expected" (before it) and "built" (after it). Links inside the repository are resolved.
start      a page that / leads to where the document root has no index file, or null
site       {spa, dist, framework, folder, hidden}
             spa      whether a path without an extension that is not there gets /index.html
             dist     the folder that the build writes the site to, or null
             framework  the name of what builds it, or null
             folder   where the site's sources are
             hidden   what is never shown, as patterns of .gitignore below the document root
backend    {folder, root, path, source}: PHP that answers below `path`, from the document root `root`; or null
server     {language, file, reason}: what a repository of the kind "server" would need; or null
writable   [{path, folder, refresh, source, reason}]: what the live site may write and keeps. `folder` is false for
           a file, which need not be there; with `refresh` each release writes the commit's files in it anew.
links      [{path, target}]: links that each release gets, since an installer makes them and no commit has them
pack       folders whose files that are not in the commit belong to a release
projects   [{folder, composer, node, phpunit}], the repository's own first; each part is null where there is none
             composer {lock, install, vendored, vendor, required, development, migrate}; `required`: whether the site
                      itself needs packages
             node     {manager, version, lock, install, workspace, lint, test, untested, build, dist, commands}: `lint`,
                      `test` and `build` are names of scripts or null; `manager` is "npm", "pnpm", "yarn" or "bun",
                      `version` what it asks for or null; `lock` is a path or null; `workspace` the folder that installs
                      it, or null; `untested` a script that needs a browser, or null;
                      `commands` {install, lint, test, build}: the words to run in the folder, each null or a list
             phpunit  {configuration, runner, bootstrap}: a name in the folder or null; runner "phpunit" or "pest"
lint       {php, exclude, lenient}: whether there is PHP; what is not checked; where an error is only a warning
workflows  {mode, files}: "run", "warn" or "off"; the files of .github/workflows
own        "built" or "manual": whether members' sites are built by themselves
notes      [{level, text, remedy, file, untested}]: level "info" or "warning"; remedy and file may be null
faults     [{file, at, line, value, message, remedy}]: what is wrong with muster.yaml or a manifest; it fails a build
"""

import re

from . import notes, projects, settings, sites, writable

VERSION = 1


def survey(tree, built=False):
    """TREE: tree.Folder or tree.Commit; BUILT: whether the build has run, so that its output is looked for."""
    said, faults = settings.read(tree)
    found = sites.of(tree, said, built)
    there, left_out = projects.of(tree, said)
    workflows = sorted(path for path in tree.files if re.fullmatch(r"\.github/workflows/[^/]+\.ya?ml", path))
    return {
        "version": VERSION,
        **found,
        "writable": writable.of(tree, said, found),
        "links": writable.links(tree, found),
        "pack": _pack(found, there),
        "projects": there,
        "lint": projects.lint(tree, said),
        "workflows": {"mode": said.get("workflows", "run"), "files": workflows},
        "own": said.get("own", "built"),
        "notes": list(notes.of(tree, said, found, there, left_out)),
        "faults": [*faults, *_manifests(tree, there)],
    }


def _manifests(tree, there):
    for project in there:
        for name in ("composer.json", "package.json"):
            path = name if project["folder"] == "." else f"{project['folder']}/{name}"
            problem = tree.data(path)[1] if path in tree.files else None
            if problem:
                yield settings.fault("", None, problem, "correct it", file=path)


def _pack(found, there):
    """What a build leaves for the live site: packages, its output, and what it wrote into the document root."""
    folders = [project["composer"]["vendor"] for project in there if project["composer"]]
    folders += [found["site"]["dist"]] if found["site"]["dist"] else []
    if found["kind"] in ("php", "static") and any(project["node"] and project["node"]["build"] for project in there):
        folders.append(found["root"]["path"])
    return sorted(set(folders))
