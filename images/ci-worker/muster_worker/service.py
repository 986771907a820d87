"""muster-service database|cache PORT: makes a service of a workflow's job new, as its image's variables say, and lets it
answer at another port as well. muster-service forget: leaves nothing of an earlier job in both.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

from .job_services import PORTS
from .serve import DATA, REDIS_PIDS

GONE_AFTER = 10
ROOTS = ("root@localhost", "root@'%'")


def quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def named(text):
    return "`" + text.replace("`", "``") + "`"


def variable(environ, name):
    """MYSQL_… or MARIADB_…, as the images take them."""
    return environ.get(f"MARIADB_{name}") or environ.get(f"MYSQL_{name}") or ""


def accounts(environ):
    """The statements for what the images of MySQL and MariaDB make by their variables."""
    database, user = variable(environ, "DATABASE"), variable(environ, "USER")
    if database:
        yield f"CREATE DATABASE IF NOT EXISTS {named(database)}"
    if user and user != "root":
        account = f"{quoted(user)}@'%'"
        yield f"CREATE OR REPLACE USER {account} IDENTIFIED BY {quoted(variable(environ, 'PASSWORD'))}"
        if database:
            pattern = database.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%")
            yield f"GRANT ALL PRIVILEGES ON {named(pattern)}.* TO {account}"
    if password := variable(environ, "ROOT_PASSWORD"):
        for root in ROOTS:
            yield f"ALTER USER {root} IDENTIFIED BY {quoted(password)}"


def end(path):
    """Ends the processes that a file names; the worker starts others for the next connection."""
    try:
        with open(path, encoding="ascii") as file:
            processes = [int(word) for word in file.read().split()]
    except (OSError, ValueError):
        return
    for process in processes:
        with contextlib.suppress(OSError):
            os.kill(process, signal.SIGKILL)
    # The last one is the worker's own child, which it notices at once.
    deadline = time.monotonic() + GONE_AFTER
    while os.path.exists(f"/proc/{processes[-1]}") and time.monotonic() < deadline:
        time.sleep(0.02)
    os.unlink(path)


def forget():
    """Leaves the next job nothing of what this one had in database and cache."""
    end(f"{DATA}/mariadbd.pid")
    shutil.rmtree(DATA, ignore_errors=True)
    end(REDIS_PIDS)


def database():
    end(f"{DATA}/mariadbd.pid")
    shutil.rmtree(DATA, ignore_errors=True)
    statements = list(accounts(os.environ))
    client = ["mariadb", "--no-defaults", "--user=root", "--socket=/tmp/mysqld.sock", "--skip-column-names"]
    subprocess.run(client, input=";\n".join([*statements, "DO 0"]).encode(), check=True)


def cache():
    end(REDIS_PIDS)
    if password := os.environ.get("REDIS_PASSWORD"):
        subprocess.run(["redis-cli", "CONFIG", "SET", "requirepass", password], check=True, stdout=subprocess.DEVNULL)


def forward(port, to):
    """Leaves a process behind, which ends with the build."""
    with socket.socket() as each:
        if each.connect_ex(("127.0.0.1", port)) == 0:
            return
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    order = ["socat", f"TCP-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr", f"TCP:127.0.0.1:{to}"]
    subprocess.Popen(order, start_new_session=True, **quiet)
    deadline = time.monotonic() + GONE_AFTER
    while time.monotonic() < deadline:
        with socket.socket() as each:
            if each.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    sys.exit(f"muster: nothing answers at port {port}")


def main(what, port):
    {"database": database, "cache": cache}[what]()
    if int(port) != PORTS[what]:
        forward(int(port), PORTS[what])
    print(f"The worker's own {'MariaDB' if what == 'database' else 'Redis'} answers at 127.0.0.1:{port}.")


if __name__ == "__main__":
    if sys.argv[1:] == ["forget"]:
        forget()
    else:
        main(*sys.argv[1:])
