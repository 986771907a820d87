"""Leaves out Buildbot's other protocol, which is not spoken here: its libraries would take 7 MiB of each container.

To be imported before anything of buildbot_worker.
"""

import sys
import types

MODULE = "buildbot_worker.msgpack"
# What buildbot_worker.pb asks of it.
NAMES = ("BuildbotWebSocketClientFactory", "BuildbotWebSocketClientProtocol", "ProtocolCommandMsgpack")


def leave_out(modules):
    absent = types.ModuleType(MODULE)
    for name in NAMES:
        setattr(absent, name, type(name, (), {}))
    modules[MODULE] = absent


leave_out(sys.modules)
