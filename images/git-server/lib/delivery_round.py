"""One round of delivering what waits in the spool. With "missed": announces what a killed hook did not, instead."""

import os
import sys
import time

import change_hook
import changes
import settings
import spool

# Rounds are two seconds apart: a line for each would be too many.
QUIET_SECONDS = 300
NOTE = "/tmp/muster/undelivered"


def main():
    queue = spool.Spool()
    if sys.argv[1:] == ["missed"]:
        changes.announce_missed(queue)
        return
    obstacle = change_hook.deliver(settings.load(), queue, 10)
    waiting = len(queue.entries())
    if obstacle and waiting:
        if not os.path.exists(NOTE) or time.time() - os.path.getmtime(NOTE) > QUIET_SECONDS:
            print(f"muster: {waiting} change(s) wait for the CI: {obstacle}", file=sys.stderr)
            with open(NOTE, "w", encoding="utf-8"):
                pass
    elif os.path.exists(NOTE):
        os.unlink(NOTE)
        print("muster: the CI has received all changes that waited", file=sys.stderr)


main()
