"""Database and cache of the tests of one build. They start when something connects, and until then cost nothing.

The worker itself listens: whoever connects waits until the server has taken the sockets over.
"""

import contextlib
import os
import socket
import sys

from twisted.internet import protocol, reactor
from twisted.python import log

# (TCP port, socket file or None) by the name that `serve` knows.
SERVERS = {"database": (3306, "/tmp/mysqld.sock"), "cache": (6379, None)}
ADDRESSES = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
BACKLOG = 64
# A server that its build ends, or lets fail, is started again, but not for ever.
STARTS = 20
PAUSE = 0.2
NOTHING = os.open(os.devnull, os.O_RDONLY)


def listening(port, path):
    """The sockets of a server. A machine may have no IPv6."""
    for family, address in ADDRESSES:
        with contextlib.suppress(OSError if family == socket.AF_INET6 else ()):
            each = socket.socket(family)
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                each.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            each.bind((address, port))
            each.listen(BACKLOG)
            yield each
    if path:
        each = socket.socket(socket.AF_UNIX)
        each.bind(path)
        each.listen(BACKLOG)
        yield each


class _Socket:
    """What the reactor watches."""

    def __init__(self, each, connected):
        self.fileno = each.fileno
        self.doRead = connected

    def connectionLost(self, reason):
        pass

    def logPrefix(self):
        return "services"


class Server(protocol.ProcessProtocol):
    """One server of one build."""

    def __init__(self, name):
        self._name = name
        self._sockets = list(listening(*SERVERS[name]))
        self._watched = [_Socket(each, self._start) for each in self._sockets]
        self._left = STARTS
        self._watch()

    def _watch(self):
        for each in self._watched if self._sockets else ():
            reactor.addReader(each)

    def _start(self):
        for each in self._watched:
            reactor.removeReader(each)
        if self._left == 0:
            log.msg(f"{self._name} is not started any more")
            self.close()
            return
        self._left -= 1
        inherited = {3 + number: each.fileno() for number, each in enumerate(self._sockets)}
        names = ("HOME", "LANG", "PATH", "TZ")
        environment = {name: os.environ[name] for name in names if name in os.environ}
        reactor.spawnProcess(
            self,
            sys.executable,
            [sys.executable, "-P", "-m", "muster_worker.serve", self._name],
            env={**environment, "LISTEN_FDS": str(len(self._sockets))},
            path="/",
            childFDs={0: NOTHING, 1: 1, 2: 2, **inherited},
        )

    def processEnded(self, reason):
        reactor.callLater(PAUSE, self._watch)

    def close(self):
        for each in self._watched if self._sockets else ():
            reactor.removeReader(each)
        for each in self._sockets:
            each.close()
        self._sockets = []


class Services:
    """All of them, for one build after the other. The processes are ended with the build's."""

    def __init__(self):
        self._servers = []

    def open(self):
        self._servers = [Server(name) for name in SERVERS]

    def close(self):
        for server in self._servers:
            server.close()
        self._servers = []
