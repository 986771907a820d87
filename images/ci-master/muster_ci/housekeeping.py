"""Deletes what is old: logs first, then whole builds. Also tells SQLite not to wait for the disk."""

import datetime
import os
import time

import sqlalchemy
from buildbot.util.service import BuildbotService
from sqlalchemy.engine import Engine
from twisted.internet import defer, task
from twisted.python import log

LOG_DAYS = 30
BUILD_DAYS = 180
# The newest builds of each repository stay, however old they are.
BUILDS_KEPT = 50
CHANGES_KEPT = 2000
PACKAGE_HOURS = 24
EVERY = datetime.timedelta(hours=12).total_seconds()

# In dependency order, since Buildbot leaves SQLite's foreign keys off.
PRUNE = (
    """CREATE TEMP TABLE old_builds AS SELECT id, buildrequestid FROM (
         SELECT id, buildrequestid, complete_at,
                row_number() OVER (PARTITION BY builderid ORDER BY id DESC) AS age FROM builds)
       WHERE complete_at < :before AND age > :kept""",
    "DELETE FROM logchunks WHERE logid IN (SELECT logs.id FROM logs JOIN steps ON steps.id = logs.stepid"
    " WHERE steps.buildid IN (SELECT id FROM old_builds))",
    "DELETE FROM logs WHERE stepid IN (SELECT id FROM steps WHERE buildid IN (SELECT id FROM old_builds))",
    "DELETE FROM steps WHERE buildid IN (SELECT id FROM old_builds)",
    "DELETE FROM build_properties WHERE buildid IN (SELECT id FROM old_builds)",
    "DELETE FROM build_data WHERE buildid IN (SELECT id FROM old_builds)",
    "DELETE FROM builds WHERE id IN (SELECT id FROM old_builds)",
    "DELETE FROM buildrequest_claims WHERE brid IN (SELECT buildrequestid FROM old_builds)"
    " AND brid NOT IN (SELECT buildrequestid FROM builds)",
    "DELETE FROM buildrequests WHERE id IN (SELECT buildrequestid FROM old_builds)"
    " AND id NOT IN (SELECT buildrequestid FROM builds)",
    "DELETE FROM buildset_properties WHERE buildsetid NOT IN (SELECT buildsetid FROM buildrequests)"
    " AND buildsetid IN (SELECT id FROM buildsets WHERE complete_at < :before)",
    "DELETE FROM buildset_sourcestamps WHERE buildsetid NOT IN (SELECT buildsetid FROM buildrequests)"
    " AND buildsetid IN (SELECT id FROM buildsets WHERE complete_at < :before)",
    "DELETE FROM buildsets WHERE complete_at < :before AND id NOT IN (SELECT buildsetid FROM buildrequests)",
    "DROP TABLE old_builds",
)


@sqlalchemy.event.listens_for(Engine, "connect")
def _without_waiting_for_the_disk(connection, record):
    # With the write-ahead log, a killed process loses nothing by it; a power failure may cost the last seconds.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA temp_store = MEMORY")


def prune(connection, now, days=BUILD_DAYS, kept=BUILDS_KEPT):
    values = {"before": int(now - days * 86400), "kept": kept}
    for statement in PRUNE:
        wanted = {name: value for name, value in values.items() if f":{name}" in statement}
        connection.execute(sqlalchemy.text(statement), wanted)
    connection.commit()


def remove_packages(folder, now):
    """Removes packages that were never deployed, because the master was killed first."""
    for entry in os.scandir(folder):
        if entry.stat().st_mtime < now - PACKAGE_HOURS * 3600:
            os.unlink(entry.path)


class Housekeeping(BuildbotService):
    name = "housekeeping"

    def checkConfig(self):
        pass

    def reconfigService(self):
        os.makedirs("packages", exist_ok=True)

    @defer.inlineCallbacks
    def startService(self):
        yield super().startService()
        self._loop = task.LoopingCall(self._clean)
        self._loop.clock = self.master.reactor
        self._loop.start(EVERY, now=True)

    @defer.inlineCallbacks
    def stopService(self):
        self._loop.stop()
        yield super().stopService()

    @defer.inlineCallbacks
    def _clean(self):
        try:
            now = time.time()
            remove_packages("packages", now)
            chunks = yield self.master.db.logs.deleteOldLogChunks(int(now - LOG_DAYS * 86400))
            yield self.master.db.pool.do(prune, now)
            log.msg(f"housekeeping: {chunks} pieces of old logs deleted")
        except Exception:
            log.err(None, "housekeeping")
