"""The virtual hosts, as text. The first one answers every name that no other one claims."""

import os
import re
import string
import time

from muster_survey.sites import HIDDEN

from . import links
from .places import UNFIT

# What a page loads.
ASSETS = r"\.(?:css|m?js|map|json|png|jpe?g|gif|webp|avif|svg|ico|woff2?|ttf|otf|eot|mp[34]|webm|ogg|wasm)$"
# As builders name what never changes: in a folder of their own, or with eight characters or more that are no word.
HASHED = "|".join(
    (
        r"^/(?:.*/)?(?:_next/static|_nuxt|_astro|_app/immutable)/",
        rf"[-.](?=[\w-]*[0-9])(?=[\w-]*[A-Za-z])[\w-]{{8,}}(?:\.chunk)?{ASSETS}",
        rf"/(?:assets|static|js|css)/.*[-.](?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{{8}}{ASSETS}",
    )
)
UNCACHED = ('  <FilesMatch "\\.html?$">', "    Header set Cache-Control no-cache", "  </FilesMatch>")
# Expressions in one section of the configuration, and what of a path needs no escape in them.
GROUP = 50
PLAIN = frozenset("/_- " + string.ascii_letters + string.digits)
# Files of pages that belong to no label.
FIRST, UNKNOWN = "-first", "-unknown"
FALLBACKS = ("200.html", "index.html")


class Unfit(Exception):
    """A path that cannot be written into Apache's configuration."""


def quoted(path):
    if UNFIT.search(path):
        raise Unfit(f"the name {path!r} cannot be served")
    return f'"{path}"'


def pattern(glob):
    """A pattern of .gitignore as a regular expression for what is below the document root."""
    text = re.escape(glob.strip("/")).replace(r"\*", "[^/]*").replace(r"\-", "-")
    if glob.endswith("/"):
        return f"^/{text}(/|$)"
    # composer.json, and no script of that name.
    unless = r"(?<!\.js)(?<!\.css)" if glob.endswith("*") else ""
    return f"/{text}{unless}$"


def hidden(globs):
    """(regular expressions, names of folders) of what is not shown. site.conf hides what begins with a dot."""
    globs = [glob for glob in globs if not glob.startswith((".", "!"))]
    return [pattern(glob) for glob in globs], {glob.strip("/") for glob in globs if glob.endswith("/")}


def refused(expressions):
    """Sections of few expressions each: one that is too large would keep Apache from starting."""
    groups = [expressions[at : at + GROUP] for at in range(0, len(expressions), GROUP)]
    sections = [(f'<LocationMatch "(?i)(?:{"|".join(group)})">', "  Require all denied") for group in groups]
    return [line for section in sections for line in (*section, "</LocationMatch>")]


def directory(path, *lines):
    return [f"<Directory {quoted(path)}>", "  AllowOverride All", "  Require all granted", *lines, "</Directory>"]


def place_of(place, relative):
    return os.path.normpath(f"{place.folder}/{relative}")


def shown(place):
    """The document root's path, None where there is nothing to show."""
    root = place.survey and place.survey["root"]
    path = place_of(place, root["path"]) if root else None
    return path if path and os.path.isdir(path) and os.path.realpath(path) == path else None


def has_index(root):
    return any(os.path.isfile(f"{root}/{name}") for name in ("index.php", "index.html", "index.htm"))


def served(place, root):
    """The lines of a site that is shown."""
    survey, start = place.survey, place.survey["start"]
    expressions, folders = hidden(survey["site"]["hidden"])
    expressions += ["^/REVISION$"] if place.revision else []
    out = set(links.leading_out(root, [place.folder, *place.linked], folders))
    for former in place.formers:
        out |= set(links.leading_out(former.root, [former.folder, *place.linked], folders))
    expressions += [f"^/{escaped(path)}(/|$)" for path in sorted(out)]
    lines = [f"DocumentRoot {quoted(root)}"]
    built = survey["kind"] in ("frontend", "frontend+php")
    lines += directory(root, *(UNCACHED if built else ()))
    for former in place.formers:
        lines += directory(former.root) + kept(root, former)
    backend = survey["backend"]
    if backend:
        lines += behind(place, expressions)
    if not has_index(root):
        lines += first_page(start, root, place)
    if built:
        lines += front_end(root, backend["path"] if backend else None, survey["site"]["spa"])
    return lines + refused(expressions)


def escaped(path):
    """A path as part of a regular expression in quotes, byte by byte as Apache sees it."""
    return "".join(chr(each) if chr(each) in PLAIN else f"\\x{each:02x}" for each in os.fsencode(path))


def kept(root, former):
    """Pages that are open ask for the assets they know."""
    until = time.strftime("%Y%m%d%H%M%S", time.localtime(former.until))
    return [
        f'RewriteCond "%{{TIME}}" "<{until}"',
        f'RewriteCond "{root}%{{REQUEST_URI}}" !-f',
        f'RewriteCond "{former.root}%{{REQUEST_URI}}" -f',
        f'RewriteRule "{ASSETS}" "{former.root}%{{REQUEST_URI}}" [L]',
    ]


def behind(place, expressions):
    """The PHP of a back end. A path that is no file is its front controller's, as under PHP's own server."""
    base, root = place.survey["backend"]["path"], place_of(place, place.survey["backend"]["root"])
    below = f"^{re.escape(base)}/"
    more, folders = hidden([*HIDDEN, "/vendor/"])
    expressions += [below + (each[2:] if each[0] == "^" else f"(?:.*/)?{each[1:]}") for each in more]
    out = links.leading_out(root, [place.folder, *place.linked], folders)
    expressions += [f"{below}{escaped(path)}(/|$)" for path in out]
    front = [f"  FallbackResource {quoted(f'{base}/index.php')}"] if os.path.isfile(f"{root}/index.php") else []
    return [f"Alias {quoted(base)} {quoted(root)}", *directory(root, *front)]


def first_page(start, root, place):
    """A page by another name; without one, what is missing is said."""
    page = os.path.relpath(place_of(place, start), root) if start else "../"
    if page.startswith("../") or UNFIT.search(page):
        return ['RewriteRule "^/$" - [R=503,L]']
    return [f'RewriteRule "^/$" "/{page}" [R=302,L]']


def front_end(root, behind_it, spa):
    """Addresses that the front end's own router knows, files without their ending, and how long what is cached."""
    lines = [f'<LocationMatch "{HASHED}">', '  Header set Cache-Control "public, max-age=31536000, immutable"']
    lines += ["</LocationMatch>"]
    other = [f'RewriteCond "%{{REQUEST_URI}}" "!^{behind_it}(/|$)"'] if behind_it else []
    bare = '"^/(?!-/)(?:.*/)?[^./]+/?$"'
    lines += [
        *other,
        f'RewriteCond "{root}%{{REQUEST_URI}}" !-d',
        f'RewriteCond "{root}%{{REQUEST_URI}}.html" -f',
        f'RewriteRule {bare} "{root}%{{REQUEST_URI}}.html" [L]',
    ]
    fallback = next((name for name in FALLBACKS if os.path.isfile(f"{root}/{name}")), None)
    if os.path.isfile(f"{root}/404.html") and fallback != "200.html":
        lines += ["ErrorDocument 404 /404.html"]
    elif spa and fallback:
        lines += [
            *other,
            f'RewriteCond "{root}%{{REQUEST_URI}}" !-f',
            f'RewriteCond "{root}%{{REQUEST_URI}}/index.html" !-f',
            f'RewriteRule {bare} "{root}/{fallback}" [L]',
        ]
    return lines


def page(name):
    """What a site without anything to show answers to every address."""
    return f'Alias "/-/waiting" "/tmp/sites/pages/{name}.html"'


def host(place):
    """The virtual host of a repository; its waiting page has the name of its label."""
    root = shown(place)
    lines = [f"ServerAlias {place.label}--*"] if place.label else []
    lines += [page(place.label or FIRST), "Include /etc/muster/site.conf"]
    lines += [f'SetEnv {name} "{value}"' for name, value in place.database]
    try:
        return block(lines + (served(place, root) if root else unserved(place)))
    except Unfit:
        return block([*lines, waiting()])


def unserved(place):
    """A back end answers though its front end is not built."""
    backend = place.survey and place.survey["backend"]
    if not backend:
        return [waiting()]
    expressions = []
    lines = behind(place, expressions)
    root = quoted(place_of(place, backend["root"]))
    return [f"DocumentRoot {root}", waiting(backend["path"]), *lines, *refused(expressions)]


def waiting(*others):
    """Everything but checks and what is below OTHERS gets the waiting page."""
    free = "|".join(["-/", *(f"{each.strip('/')}(?:/|$)" for each in others)])
    return f'RewriteRule "!^/(?:{free})" - [R=503,L]'


def block(lines):
    return "\n".join(["<VirtualHost *>", *(f"  {line}" for line in lines), "</VirtualHost>", ""])


def unknown():
    """Names below a member that no repository has."""
    missing = ['RewriteRule "!^/-/" - [R=404,L]', "ErrorDocument 404 /-/waiting"]
    return block(["ServerAlias *--*", page(UNKNOWN), "RewriteEngine On", *missing])


def facts(places):
    """What is live, as the deployer and the portal ask for it: what Apache shows, not what it is told to."""
    for place in places:
        if place.revision:
            yield f'Alias "/-/live/{place.name}/revision" {quoted(place.revision)}'
        if place.log:
            yield f'Alias "/-/live/{place.name}/releases" {quoted(place.log)}'


def text(places):
    """The whole configuration; the first place answers every name that nothing else claims."""
    hosts = [host(place) for place in places if place is places[0] or place.label]
    return "\n".join([*facts(places), *hosts, unknown()])
