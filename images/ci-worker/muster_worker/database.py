"""A database of its own, with an account, for each repository but the first, which has the live server's.

A repository with a server of its own has that one's, or keeps the account that it had where it was live before."""

import json
import os
import secrets
import string
import subprocess

from .releases import Refused

FILE = "database.json"
# Names of the server's own, and of the first repository's.
TAKEN = frozenset("app deployer mariadb mysql information_schema performance_schema root sys test".split())
LETTERS = string.ascii_letters + string.digits
# The database's client belongs to no image that runs PHP; PHP itself is there.
QUERIES = """
mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
try {
    $server = new mysqli(getenv('DB_HOST'), 'deployer', getenv('DB_ADMIN_PASSWORD'), '', (int) getenv('DB_PORT'));
    foreach (json_decode(stream_get_contents(STDIN)) as $query) {
        $server->query($query);
    }
} catch (mysqli_sql_exception $error) {
    fwrite(STDERR, $error->getMessage());
    exit(1);
}
"""


def name_of(repository):
    return f"repository_{repository}" if repository in TAKEN else repository


def queries(name, password):
    """NAME has none of the characters that SQL gives a meaning to between quotes but "_"."""
    pattern = name.replace("_", "\\_")
    return [
        f"CREATE DATABASE IF NOT EXISTS `{name}`",
        f"CREATE OR REPLACE USER '{name}'@'%' IDENTIFIED BY '{password}'",
        f"GRANT ALL PRIVILEGES ON `{pattern}`.* TO '{name}'@'%'",
    ]


def known(folder):
    with open(os.path.join(folder, FILE), encoding="ascii") as file:
        return json.load(file)


def ensure(folder, repository, environ):
    """The DB_* of a repository. Its account is written to FOLDER, beside what is served, where the server reads it."""
    path = os.path.join(folder, FILE)
    owned = "DB_ADMIN_PASSWORD" not in environ
    try:
        account = known(folder)
        if owned:
            return account
    except FileNotFoundError:
        if owned or repository == environ.get("REPOSITORY"):
            return {}
        name = name_of(repository)
        password = "".join(secrets.choice(LETTERS) for _ in range(24))
        account = {"DB_NAME": name, "DB_USER": name, "DB_PASSWORD": password}
    done = subprocess.run(
        ["php", "-d", "display_errors=off", "-r", QUERIES],
        input=json.dumps(queries(account["DB_NAME"], account["DB_PASSWORD"])).encode(),
        stderr=subprocess.PIPE,
        env=dict(environ),
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().replace(account["DB_PASSWORD"], "…")
        raise Refused(f"the live database has no account for {repository}: {said}")
    descriptor = os.open(f"{path}.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="ascii") as file:
        json.dump(account, file)
    os.replace(f"{path}.new", path)
    return account
