"""What a site writes into: by what muster.yaml says, and by the shapes of what is there."""

import posixpath
import re

from .tree import depth, join, parent

# Folders that are there to be written into, when nothing but a placeholder is committed in them.
NAMES = frozenset(
    """
    upload uploads data files file cache tmp temp storage var log logs session sessions media userfiles
    attachments backup backups writable runtime thumbs thumbnails avatars photos gallery pictures images_upload
    upload_images
    """.split()
)
PLACEHOLDERS = frozenset(
    """
    .gitkeep .gitignore .keep .htaccess index.html index.htm index.php _dummy web.config readme.md readme.txt
    .empty placeholder placeholder.txt
    """.split()
)
BUILT = frozenset(
    """
    vendor node_modules dist build coverage bin out css js bundles bower plugins-dist assets hot docs test tests
    .idea .vscode bower_components
    """.split()
)
DATABASES = (".sqlite", ".sqlite3", ".db", ".sdb")
# (what has to be there, what is written, below the folder in which it is)
SHAPES = (
    (("wp-includes/version.php", "wp-content"), ("wp-content",), ("wp-config.php", ".htaccess")),
    (("artisan", "bootstrap/app.php"), ("storage", "bootstrap/cache"), ()),
    (("bin/console", "config/bundles.php"), ("var",), ()),
    (("spark", "app/Config"), ("writable",), ()),
    (("doku.php", "inc/init.php"), ("data", "conf", "lib/plugins", "lib/tpl"), ()),
    (("bin/cake", "config/bootstrap.php"), ("tmp", "logs"), ()),
    (("craft", "config/general.php"), ("storage", "config/project"), ()),
    (("yii", "web/index.php"), ("runtime", "web/assets"), ()),
    (("core/lib/Drupal.php", "sites/default"), ("sites/default",), ()),
    (("web/core/lib/Drupal.php", "web/sites/default"), ("web/sites/default",), ()),
    (
        ("administrator/index.php", "includes/defines.php"),
        ("cache", "administrator/cache", "images", "tmp", "administrator/logs"),
        ("configuration.php",),
    ),
)
# (what has to be there, a link that is made where the site is installed, what it leads to), below one folder
LINKS = ((("artisan", "bootstrap/app.php"), "public/storage", "storage/app/public"),)
SAMPLE = re.compile(
    r"^(?P<name>[\w.-]+?)(?:[._-](?:sample|default|dist|example))(?P<end>\.(?:php|ini))$|"
    r"^(?P<whole>[\w.-]+\.(?:php|ini))\.(?:sample|default|dist|example)$",
    re.I,
)
# PHP files, and bytes in each, that are searched for what they write; what has more has a shape or an ignore file.
SEARCHED, BYTES = 300, 60_000
HERE = r"(?:__DIR__|dirname\(__FILE__\)|\$_SERVER\[['\"]DOCUMENT_ROOT['\"]\])"
MADE = re.compile(rf"\bmkdir\(\s*({HERE}\s*\.\s*)?[\"']([^\"'$*]+)[\"']")
PUT = re.compile(
    rf"\b(?:file_put_contents|touch)\(\s*({HERE}\s*\.\s*)?[\"']([^\"'$*]+)[\"']|"
    rf"\bfopen\(\s*({HERE}\s*\.\s*)?[\"']([^\"'$*]+)[\"']\s*,\s*[\"'][waxc]"
)
LITERAL = re.compile(rf"({HERE}\s*\.\s*)?[\"'](\.{{0,2}}/?[\w.-][\w./ -]*/)[\"']?")


def of(tree, said, sites):
    """[{"path", "folder", "refresh", "source", "reason"}], sorted; none for what is not PHP, but for what is said."""
    found = {path: ("muster.yaml", "muster.yaml") for path in said.get("writable", ())}
    bases = [sites["backend"]["folder"]] if sites["backend"] else []
    if sites["kind"] == "php":
        bases.append(sites["site"]["folder"])
        root = sites["root"]["path"]
        for path, reason in _found(tree, sites["site"]["folder"], root):
            found.setdefault(path, ("found", reason))
    elif bases:
        for path, reason in _found(tree, bases[0], sites["backend"]["root"]):
            found.setdefault(path, ("found", reason))
    linked = {link["path"] for link in links(tree, sites)}
    found = {path: said for path, said in found.items() if path not in linked or said[0] == "muster.yaml"}
    paths = [path for path in found if not any(path.startswith(f"{other}/") for other in found)]
    return [_entry(tree, path, *found[path]) for path in sorted(paths)]


def links(tree, sites):
    """[{"path", "target"}] of links that no commit has, since an installer makes them."""
    base = sites["site"]["folder"] if sites["kind"] == "php" else (sites["backend"] or {}).get("folder")
    return [
        {"path": join(base, path), "target": join(base, target)}
        for needed, path, target in LINKS
        if base and all(_there(tree, join(base, each)) for each in needed)
    ]


def _entry(tree, path, source, reason):
    is_folder = path in tree.folders or (path not in tree.files and "." not in posixpath.basename(path))
    # What the commit holds is code there: each release brings its own, what the site added beside it stays.
    refresh = is_folder and any(
        each.endswith(".php") and posixpath.basename(each).lower() not in PLACEHOLDERS for each in tree.below(path)
    )
    return {"path": path, "folder": is_folder, "refresh": refresh, "source": source, "reason": reason}


def _found(tree, base, root):
    yield from _shapes(tree, {base, root})
    yield from _ignored(tree, base)
    yield from _placeholders(tree, base)
    yield from _databases(tree, base)
    yield from _configurations(tree, {base, root})
    yield from _written(tree, base, root)


def _there(tree, path):
    return path in tree.files or path in tree.folders


def _shapes(tree, bases):
    for base in sorted(bases):
        for needed, folders, files in SHAPES:
            if all(_there(tree, join(base, path)) for path in needed):
                for path in (*folders, *files):
                    yield join(base, path), f"as {needed[0]} shows"


def _ignored(tree, base):
    """What .gitignore keeps out, since the site itself writes it."""
    for place in dict.fromkeys((".", base)):
        for line in tree.text(join(place, ".gitignore")).splitlines():
            line = line.strip().removeprefix("/")
            kept = re.fullmatch(r"([\w.-]+(?:/[\w.-]+)*)/(\*|\*\*)?", line) or re.fullmatch(
                r"([\w-]+(?:/[\w-]+)*)", line
            )
            if not kept or not kept[1]:
                continue
            path, name = join(place, kept[1]), posixpath.basename(kept[1]).lower()
            inside = {each.lower() for each in kept[1].split("/")}
            if inside & BUILT or name.startswith(".") or _tested(path):
                continue
            contents = line.endswith("*") and path in tree.folders
            if name in NAMES or contents:
                top = _top(path, place)
                yield top, f".gitignore has {line}"


def _top(path, place):
    """data/cache is written because data is."""
    parts = path.split("/")
    for end in range(1, len(parts)):
        above = "/".join(parts[:end])
        if parts[end - 1].lower() in NAMES and depth(above) > depth(place):
            return above
    return path


def _placeholders(tree, base):
    for folder in sorted(tree.folders, key=lambda each: (depth(each), each)):
        name = posixpath.basename(folder).lower()
        if name not in NAMES or depth(folder) > depth(base) + 4 or not _inside(folder, base) or _tested(folder):
            continue
        if ".gitignore" in tree.names(folder):
            yield folder, f"{folder}/.gitignore keeps out what is in it"
        elif _empty(tree, folder):
            above = _top(folder, base)
            yield above if _empty(tree, above) else folder, "nothing is committed in it"


def _empty(tree, folder):
    return all(posixpath.basename(path).lower() in PLACEHOLDERS for path in tree.below(folder))


def _inside(path, base):
    return base == "." or path == base or path.startswith(f"{base}/")


def _tested(path):
    return bool({"tests", "test", "fixtures", "vendor", "node_modules", "_test", "docs"} & set(path.lower().split("/")))


def _databases(tree, base):
    for path in sorted(tree.files):
        if (
            path.endswith(DATABASES)
            and not path.endswith("Thumbs.db")
            and _inside(path, base)
            and not _tested(path)
            and parent(path) != base
        ):
            yield parent(path), f"{posixpath.basename(path)} is a database"


def _configurations(tree, bases):
    """Files that an installer, or a person, makes from a sample beside them."""
    for base in sorted(bases):
        for folder in (
            base,
            *(join(base, name) for name in ("config", "include", "includes", "inc", "application/config")),
        ):
            for name in tree.files_in(folder) if folder in tree.folders else ():
                sample = SAMPLE.match(name)
                if not sample or not re.search(r"conf|setting|local|database|db", name, re.I):
                    continue
                path = join(folder, sample["whole"] or f"{sample['name']}{sample['end']}")
                if path not in tree.files and not name.startswith("."):
                    yield path, f"made from {name}"
        for line in tree.text(join(base, ".gitignore")).splitlines():
            path = join(base, line.strip().lstrip("/"))
            name = posixpath.basename(path)
            if (
                re.fullmatch(r"\.htaccess|[\w-]*(conf|settings?|database)[\w.-]*\.(php|ini)", name)
                and path not in tree.files
            ):
                if parent(path) in tree.folders and not _tested(path):
                    yield path, f".gitignore has {line.strip()}"


def _written(tree, base, root):
    """What the code of a small project writes, as far as its text says where."""
    files = [path for path in sorted(tree.files) if path.endswith(".php") and _inside(path, base) and not _tested(path)]
    for path in files if len(files) <= SEARCHED else ():
        text = tree.raw(path)[:BYTES].decode("utf-8", "replace")
        wanted = [(match[1], match[2], True) for match in MADE.finditer(text)]
        wanted += [(match[1] or match[3], match[2] or match[4], False) for match in PUT.finditer(text)]
        if "move_uploaded_file" in text:
            wanted += [
                (match[1], match[2], True) for match in LITERAL.finditer(text) if _target(tree, path, root, match[2])
            ]
        for here, literal, is_folder in wanted:
            where = _place(path, root, here, literal)
            if where and not is_folder and parent(where) not in (".", root):
                where = parent(where)
            if where and where not in (".", root, base) and _inside(where, base) and not _code(tree, where):
                yield where, f"{path} writes there"


def _place(path, root, here, literal):
    """The path that a literal means, or None; relative ones mean the folder of the script that is asked for."""
    if re.match(r"[a-z]+:|/(tmp|var|dev|proc)\b", literal) or literal.startswith("\\"):
        return None
    if literal.startswith("/") and not here:
        return None
    base = root if here and "DOCUMENT_ROOT" in here else parent(path)
    where = join(base, literal.strip("/") or ".")
    return None if where.startswith("..") else where


def _target(tree, path, root, literal):
    where = _place(path, root, None, literal)
    return where and (where in tree.folders or set(where.lower().split("/")) & NAMES)


def _code(tree, folder):
    """Whether a folder is where the code is: nothing uploaded belongs there, however a text reads."""
    return any(
        name.lower().endswith((".php", ".js", ".css")) and name.lower() not in PLACEHOLDERS
        for name in tree.names(folder)
    )
