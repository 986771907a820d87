"""serve NAME: becomes a server of the tests. It takes the listening sockets over from 3 on, as many as LISTEN_FDS says."""

import os
import subprocess
import sys

from . import privacy
from .remains import HOME

FILES = "/opt/muster/services"
DATA = f"{HOME}/database"
REDIS = "/tmp/redis.sock"
# Processes of the cache: those that hold its data, and its connections.
REDIS_PIDS = "/tmp/redis.pids"
# When memory runs out, a test goes before its database, and the database before the worker.
EXPENDABLE = "500"


def database():
    """MariaDB knows sockets that it is given since systemd hands them over so. What an earlier start left stays."""
    if not os.path.isdir(DATA):
        subprocess.run(["cp", "-r", "--sparse=always", f"{FILES}/data", f"{DATA}.new"], check=True)
        os.rename(f"{DATA}.new", DATA)
    zone = os.environ.get("TZ") or "UTC"
    return ["mariadbd", f"--defaults-file={FILES}/mariadb.cnf", f"--default-time-zone={zone}"]


def cache():
    """Redis takes no socket over, so that each connection is passed on to it."""
    quiet = ["--save", "", "--appendonly", "no", "--databases", "16", "--dir", "/tmp", "--logfile", "/tmp/redis.log"]
    options = ["--port", "0", "--unixsocket", REDIS, "--maxmemory", "64mb", *quiet]
    server = subprocess.Popen(["redis-server", *options], close_fds=True)
    with open(REDIS_PIDS, "w", encoding="ascii") as file:
        file.write(f"{server.pid} {os.getpid()}")
    return ["socat", "ACCEPT-FD:3,fork", f"UNIX-CONNECT:{REDIS},retry=50,interval=0.1"]


SERVERS = {"database": database, "cache": cache}


def main(name):
    privacy.signals_as_usual()
    with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write(EXPENDABLE)
    command = SERVERS[name]()
    os.environ["LISTEN_PID"] = str(os.getpid())
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1])
