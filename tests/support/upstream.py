"""A stand-in for GitHub: repositories of /srv/upstream over smart HTTP, for those who know a password, and statuses.

Usage: upstream.py PASSWORD...; statuses that were posted are lines of JSON in /tmp/statuses.
"""

import base64
import http.server
import json
import os
import subprocess
import sys

PASSWORDS = sys.argv[1:]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.git()

    def do_POST(self):
        if self.path.startswith("/api/"):
            self.status()
        else:
            self.git()

    def body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def status(self):
        body = json.loads(self.body())
        if self.headers.get("Authorization") != f"token {PASSWORDS[0]}":
            self.send_error(401)
            return
        with open("/tmp/statuses", "a", encoding="utf-8") as file:
            file.write(json.dumps({"path": self.path, **body}) + "\n")
        self.send_response(201)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def git(self):
        body = self.body()
        kind, _, account = (self.headers.get("Authorization") or "").partition(" ")
        user, _, password = base64.b64decode(account).decode().partition(":")
        if kind != "Basic" or password not in PASSWORDS:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="upstream"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        path, _, query = self.path.partition("?")
        variables = {
            "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": self.headers.get("Content-Type") or "",
            "GIT_HTTP_EXPORT_ALL": "1", "GIT_PROJECT_ROOT": "/srv/upstream", "PATH_INFO": path, "QUERY_STRING": query,
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding") or "",
            "REMOTE_USER": user, "REQUEST_METHOD": self.command,
        }
        done = subprocess.run(
            ["git", "http-backend"], input=body, stdout=subprocess.PIPE, env={**os.environ, **variables}, check=False
        )
        headers, _, answer = done.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in headers.decode().split("\r\n") if line)
        self.send_response(int(fields.pop("Status", "200").split()[0]))
        for name, value in {**fields, "Content-Length": str(len(answer))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)


http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever()
