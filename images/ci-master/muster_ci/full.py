"""Waits for room on the volume before Buildbot starts, and tells whoever asks the CI meanwhile. Needs no Buildbot."""

import http.server
import sys
import time

from . import room

PORT = 8080
POLL = 2
TEXT = (
    "Disk full: the volume of the CI has no room left. Pushes are kept, and built when there is room again.\n"
    "Whoever runs this environment sees the figures with npm run status.\n"
)


class Answer(http.server.BaseHTTPRequestHandler):
    def answer(self):
        body = TEXT.encode()
        self.send_response(507, "Disk full")
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Retry-After", "30")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = answer

    def log_message(self, *arguments):
        pass


def wait(is_full=room.is_full, port=PORT):
    """Returns when there is room."""
    if not is_full():
        return
    sys.stderr.write("muster: disk full: the CI waits for room in its volume\n")
    with http.server.HTTPServer(("", port), Answer) as server:
        server.timeout = POLL
        looked = time.monotonic()
        while True:
            server.handle_request()
            if time.monotonic() >= looked + POLL:
                if not is_full():
                    return
                looked = time.monotonic()


if __name__ == "__main__":
    wait()
