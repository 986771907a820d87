"""What helps a live site whose database or folders are not as its code expects them, by what PHP says."""

import functools
import re

from . import database

MISSING = re.compile(r"Unknown database '([^']+)'|Table '([^'.]+)\.[^']+' doesn't exist")
UNWRITABLE = re.compile(r"Read-only file system|unable to open database file|attempt to write a readonly database")
DENIED = re.compile(r"Access denied for user '([^']*)'@")


def of(folder, repository, environ):
    """What is asked for what helps against an error. FOLDER is where the site is."""
    try:
        name = database.known(folder)["DB_NAME"]
    except FileNotFoundError:
        name = environ.get("DB_NAME")
    own = "DB_ADMIN_PASSWORD" not in environ
    return functools.partial(against, repository=repository, name=name, own=own)


def against(said, repository, name, own):
    """None where nothing is known. NAME is the site's usual database; OWN: whether it has a server to itself."""
    missing, denied = MISSING.search(said), DENIED.search(said)
    wanted = missing and (missing[1] or missing[2])
    if wanted and (own or wanted == name):
        beside = "" if wanted == name else f" --database {wanted}"
        return f"import its dump: npm run db -- import FILE live --repository {repository}{beside}"
    if (wanted or denied) and not own:
        return f"add {repository} to muster:repositories, and it has a database server of its own"
    if denied:
        account = f"make the account {denied[1]}, or read" if denied[1] else "read"
        return f"{account} DB_USER and DB_PASSWORD (docs/from-xampp.md, step 4)"
    if UNWRITABLE.search(said):
        return "name the folder that it writes to in writable of muster.yaml (docs/repositories.md)"
    return None
