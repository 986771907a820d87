"""What a repository shows: its kind, the document root, the build's output, a back end beside a front end."""

import re

from . import frontends, servers
from .tree import depth, join

ROOTS = ("public", "web", "htdocs", "www", "html", "public_html")
INDEXES = ("index.php", "index.html", "index.htm")
# Start pages by other names, in the order in which they are taken.
STARTS = tuple(
    """
    index.php default.php home.php main.php start.php index.html index.htm home.html main.html default.html
    """.split()
)
BACK_ENDS = ("api", "backend", "back-end", "server")
# What macOS puts into a zip.
PACKED = "__MACOSX"
# Never shown where the repository itself, or a folder with a manifest, is the document root. As .gitignore writes it.
HIDDEN = tuple(
    """
    .* !.well-known /node_modules/ composer.* package*.json *.lock *-lock.* *.sql *.sql.gz *.md
    *.inc *.ini *.pem *.key id_rsa* id_ed25519* *~ *.swp *.old *.orig
    muster.yaml *.sqlite *.sqlite3 *.bak *.log *.dist *.xml.dist phpunit.xml phpstan.neon Dockerfile Makefile
    docker-compose*.y*ml compose*.y*ml tsconfig*.json pnpm-workspace.yaml
    """.split()
)


def of(tree, said, built=False):
    """{"kind", "root", "start", "site", "server", "backend"}: see the package's documentation."""
    found = _said(tree, said, built) if "root" in said or "dist" in said else _found(tree, built)
    found = found or _below(tree, built) or _unserved(tree, built)
    backend = _backend(tree, said, found)
    if backend:
        found = {**found, "kind": "frontend+php"}
    hidden = [".*", "!.well-known"]
    if found["root"] and _bare(tree, found["root"]["path"]):
        hidden = [*HIDDEN, *_packages(tree, found["root"]["path"])]
    return {
        "kind": found["kind"],
        "root": found["root"],
        "start": found.get("start"),
        "site": {
            "spa": found["kind"] in ("frontend", "frontend+php") and found.get("spa", True),
            "dist": found.get("dist"),
            "framework": found.get("framework"),
            "folder": found.get("folder", "."),
            "hidden": hidden if found["root"] else [],
        },
        "server": found.get("server"),
        "backend": backend,
    }


def _bare(tree, root):
    return root == "." or any(join(root, name) in tree.files for name in ("composer.json", "package.json"))


def _packages(tree, root):
    """Composer's folder, and none that is called vendor for its scripts and styles."""
    there = any(join(root, path) in tree.files for path in ("composer.json", "vendor/autoload.php"))
    return ["/vendor/"] if there else []


def index_of(tree, folder):
    """The path of a folder's index file, None without one."""
    real = tree.resolve(folder)
    return next((join(real, name) for name in INDEXES if join(real, name) in tree.files), None) if real else None


def _result(kind, path, source, **more):
    return {"kind": kind, "root": path and {"path": path, "source": source}, **more}


def _said(tree, said, built):
    """What muster.yaml names; its document root counts before its build output."""
    if "root" in said:
        root = tree.resolve(said["root"])
        index = index_of(tree, root)
        php = (index or "").endswith(".php") or any(path.endswith(".php") for path in tree.below(root))
        front = None if php else frontends.of(tree, ".")
        dist = said.get("dist") or (front["dist"] if front and not front["server"] else None)
        spa = {"kind": "frontend", "dist": dist} if dist == root else {}
        return {
            **_result("php" if php else "static", root, "muster.yaml", start=None if index else _start(tree, root)),
            **spa,
        }
    front = _found(tree, built)
    if front and front["kind"] == "php":
        return {**front, "dist": said["dist"]}
    return _front_end(".", {"framework": front and front.get("framework")}, said["dist"], "muster.yaml")


def _front_end(folder, front, dist, source):
    return _result(
        "frontend",
        dist,
        source,
        dist=dist,
        framework=front["framework"],
        folder=folder,
        spa=front["framework"] not in ("Eleventy", "Hexo"),
    )


def _found(tree, built, folder="."):
    """What a folder shows by itself, or None."""
    front = frontends.of(tree, folder)
    for name in (*ROOTS, "."):
        root = tree.resolve(join(folder, name))
        index = index_of(tree, root) if root else None
        if not index or (not index.endswith(".php") and frontends.is_source(tree, folder, front, index)):
            continue
        return _result("php" if _is_php(tree, root, index) else "static", root, "found", folder=folder)
    if front:
        if front["server"]:
            return _result(
                "server",
                None,
                None,
                folder=folder,
                server={"language": "Node", "file": join(folder, "package.json"), "reason": front["server"]},
            )
        return _front_end(folder, front, _written(tree, folder, front, built), "built" if built else "expected")
    for name in frontends.OUTPUTS:
        index = index_of(tree, join(folder, name))
        if index:
            return _result("php" if index.endswith(".php") else "static", join(folder, name), "found", folder=folder)
    return None


def _is_php(tree, root, index):
    if index.endswith(".php"):
        return True
    return any(path.endswith(".php") for path in tree.below(root))


def _written(tree, folder, front, built):
    """Where the build wrote the site; before the build, where it is expected."""
    if not built:
        return front["dist"]
    candidates = [front["dist"], *(join(folder, name) for name in frontends.OUTPUTS)]
    candidates += [
        path
        for each in candidates
        for path in (
            join(each, "browser"),
            *(join(join(each, name), end) for name in tree.folders_in(each) for end in ("browser", ".")),
        )
    ]
    candidates += [join(folder, name) for name in tree.folders_in(folder) if name not in ("public", "src")]
    there = [path for path in dict.fromkeys(candidates) if join(path, "index.html") in tree.files]
    if front["dist"] in there or not there:
        return front["dist"]
    return max(there, key=lambda path: (tree.modified(join(path, "index.html")), -there.index(path)))


def _below(tree, built):
    """A site in a folder of the repository, or a start page by another name."""
    fronts, sites = [], []
    for folder in _folders(tree):
        found = _found(tree, built, folder)
        if found and found["kind"] == "frontend":
            fronts.append(found)
        elif found and found["kind"] != "server":
            sites.append(found)
    if fronts:
        return min(fronts, key=lambda each: (_rank(each["folder"], frontends.NAMES), depth(each["folder"]), each["folder"]))
    sites = [site for site in sites if not any(site["folder"].startswith(f"{other['folder']}/") for other in sites)]
    own = [site for site in sites if site["root"]["path"] != site["folder"] or _alone(tree, site["folder"])]
    pages = [name for name in tree.files_in(".") if name.lower().endswith((".php", ".html", ".htm"))]
    if len(sites) == 1 and own and not pages:
        return own[0]
    if servers.at_root(tree) or tree.object("composer.json").get("type") == "library":
        return None
    if not pages and index_of(tree, "src"):
        return _result("php" if _is_php(tree, "src", "") else "static", "src", "found")
    start = _start(tree, ".") or (pages[0] if len(pages) == 1 else None)
    if start or pages:
        return _result("php" if _is_php(tree, ".", "") else "static", ".", "found", start=start)
    return None


def _folders(tree):
    """Where a site may be: two levels, without what is hidden, installed or tested."""
    first = [name for name in tree.folders_in(".") if _may_hold(name) or _holds(tree, name)]
    return first + [join(name, each) for name in first for each in tree.folders_in(name) if _may_hold(each)]


def _holds(tree, name):
    """Whether there is a document root among sources."""
    return name == "src" and any(index_of(tree, join(name, root)) for root in ROOTS)


def _may_hold(name):
    never = (
        "node_modules",
        "vendor",
        "tests",
        "test",
        "docs",
        "doc",
        "examples",
        "example",
        "fixtures",
        "src",
        "lib",
        "templates",
        "layouts",
        "themes",
        "resources",
        "views",
        "assets",
        "static",
        "dist",
        "build",
        "admin",
        "install",
        "coverage",
    )
    return not name.startswith((".", "_")) and name.lower() not in never


def _rank(folder, names):
    name = folder.lower().rpartition("/")[2]
    return names.index(name) if name in names else len(names)


def _alone(tree, folder):
    """Whether nothing of a site lies beside a folder, so that no page of it can mean what is above."""
    ends = (".php", ".html", ".css", ".js", ".jpg", ".png")
    others = (
        name for name in tree.folders_in(".") if name not in (folder.split("/")[0], PACKED) and not name.startswith(".")
    )
    return not any(path.lower().endswith(ends) for name in others for path in tree.below(name))


def _start(tree, folder):
    """The page that a folder without an index file most likely begins with: its own, else one of its folders'."""
    below = [join(folder, name) for name in tree.folders_in(folder) if _may_hold(name)]
    for places, wanted in (
        ((folder,), STARTS),
        (below, STARTS[:5]),
        ([join(folder, "admin")], STARTS),
        (below, STARTS),
    ):
        for place in places:
            names = {name.lower(): name for name in sorted(tree.files_in(place), reverse=True)}
            found = next((names[name] for name in wanted if name in names), None)
            if found:
                return join(place, found)
    return None


def _unserved(tree, built):
    """What has no page to show: another language, a library, nothing."""
    server = servers.of(tree, _folders(tree))
    library = tree.object("composer.json") or tree.object("package.json")
    if server and not (library.get("type") == "library" and server["language"] == "Node"):
        return _result("server", None, None, server=server)
    php = any(path.endswith((".php", ".phtml")) for path in tree.files)
    if library or php:
        return _result("library", None, None)
    documents = next(filter(None, (_found(tree, built, name) for name in ("docs", "doc"))), None)
    return documents if documents and documents["root"] else _result("empty", None, None)


def _backend(tree, said, found):
    """The PHP that answers below a path of the front end's site."""
    wanted = said.get("backend")
    if wanted:
        root = _php_root(tree, wanted["folder"])
        return {
            "folder": wanted["folder"],
            "root": root or wanted["folder"],
            "path": wanted.get("path", "/api"),
            "source": "muster.yaml",
        }
    if found["kind"] != "frontend":
        return None
    for name in BACK_ENDS:
        for folder in (name, join(found["folder"], name)):
            root = _php_root(tree, folder)
            if root:
                return {"folder": folder, "root": root, "path": "/api", "source": "found"}
    return None


def _php_root(tree, folder):
    for name in (*ROOTS, "."):
        root = tree.resolve(join(folder, name))
        if root and join(root, "index.php") in tree.files:
            return root
    real = tree.resolve(folder)
    php = real and any(re.search(r"\.php$", name) for name in tree.files_in(real))
    return real if php else None
