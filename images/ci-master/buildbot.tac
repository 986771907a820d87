import os
import sys

from buildbot.master import BuildMaster
from twisted.application import service
from twisted.python.log import FileLogObserver, ILogObserver
from twisted.web.http import HTTPChannel

# buildbot upgrade-master reads these two.
basedir = "/var/lib/buildbot"
configfile = "/opt/muster/master.cfg"


class Master(BuildMaster):
    def stopService(self):
        # Buildbot would cancel running builds. A master that just ends finds them unfinished when it is back, and
        # repeats them; its database survives that.
        os._exit(0)


# What visitors send as headers, the same at each hop from the gateway on. In bytes.
HTTPChannel.totalHeadersSize = HTTPChannel.MAX_LENGTH = 65536

# In single quotes: buildbot upgrade-master looks for exactly this.
application = service.Application('buildmaster')
application.setComponent(ILogObserver, FileLogObserver(sys.stdout).emit)
master = Master(basedir, configfile, umask=0o077)
# Builds and the queue belong to the master of this name. If it were the container's, a new container would find them
# claimed by another master.
master.hostname = "muster"
master.name = "muster"
master.setServiceParent(application)
