"""What a live site answers to a request for its first page."""

import dataclasses
import http.client
import re
import time
import urllib.parse

HOPS = 5
# Seconds: for one answer, and until the web server shows what was switched to.
PATIENCE, SWITCH_PATIENCE = 30, 15
PAUSE = 0.05
BODY_LIMIT = 512 * 1024
FAILING = (403, 404)
PORTS = {"http": 80, "https": 443}
# The live server then says in the page what is else only in its log (images/apache-php/apache.conf). PHP answers 200
# where it shows its errors, so that the status is another request's.
LOOKS = {"X-Muster-Deployer": "looks"}
ERROR = re.compile(
    r"((?:Fatal error|Parse error|Uncaught)\b.{0,2000}? in \S+?(?: on line |:)[0-9]+|Fatal error: .{0,300})", re.S
)
TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.S | re.I)
LINE = 300


@dataclasses.dataclass(frozen=True)
class Answer:
    """`path` is where redirects led to; `said` is PHP's error, else the page's title. Status 0: there was no answer."""

    status: int
    path: str = "/"
    said: str = ""

    @property
    def works(self):
        return 0 < self.status < 500 and self.status not in FAILING

    @property
    def text(self):
        return f"{self.path} answers {self.status}" if self.status else f"{self.path} does not answer"


def host_name(repository, first, domain):
    """Where visitors find a repository's live site; None for a name that fits into no address."""
    if repository == first:
        return f"live.{domain}"
    label = re.sub(r"[._]", "-", repository.lower())
    fits = re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", label) and "--" not in label
    return f"{label}--live.{domain}" if fits and len(f"{label}--live") <= 63 else None


def error_in(body, folder=""):
    """What a page says of why it fails, on one line, with paths as the repository has them."""
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body)) if ERROR.search(body) else ""
    found = ERROR.findall(text)
    title = TITLE.search(body)
    said = found[-1] if found else re.sub(r"\s+", " ", title[1]).strip() if title else ""
    said = said.replace(f"{folder}/", "") if folder else said
    return "".join(each if each.isprintable() else "?" for each in said)[:LINE]


def address_in(response):
    """Where an answer redirects to, written as a browser asks for it; None where no browser could."""
    # A header's bytes come as Latin-1; a site may write a blank or letters of its language as they are.
    location = (response.getheader("Location") or "").encode("latin-1", "replace")
    try:
        address = urllib.parse.urlsplit(urllib.parse.quote(location, safe="!#$%&'()*+,/:;=?@[]~"))
        # A port that is no number shows only when it is asked for.
        return address if address.port != 0 else None
    except ValueError:
        return None


class Live:
    """The live server, asked as the gateway would ask it for one site."""

    def __init__(self, server, host, scheme, port):
        self.server, self.host, self.scheme, self.port = server, host, scheme, port

    def _get(self, path, **more):
        connection = http.client.HTTPConnection(self.server, timeout=PATIENCE)
        connection.request("GET", path, headers=self._headers(more))
        response = connection.getresponse()
        return response, response.read(BODY_LIMIT).decode("utf-8", "replace")

    def _headers(self, more):
        usual = PORTS[self.scheme] == self.port
        host = self.host if usual else f"{self.host}:{self.port}"
        forwarded = {"X-Forwarded-Host": host, "X-Forwarded-Proto": self.scheme}
        return {"Host": host, "User-Agent": "Muster", **forwarded, **more}

    def _is_here(self, target):
        """Whether an address has the scheme and the port of the site."""
        scheme = target.scheme or self.scheme
        port = (target.port or PORTS.get(scheme)) if target.netloc else self.port
        return (scheme, port) == (self.scheme, self.port)

    def ask(self, folder=""):
        """The answer to / and to where it redirects to on the same host. FOLDER is where the site is."""
        path = "/"
        try:
            for _ in range(HOPS + 1):
                response, body = self._get(path)
                if not 300 <= response.status < 400:
                    break
                target = address_in(response)
                if target is None:
                    return Answer(500, path, "it redirects to what is no address")
                if (target.hostname or self.host) != self.host:
                    break
                if not (target.netloc or target.path or target.query):
                    break
                there = urllib.parse.urlunsplit(("", "", target.path or "/", target.query, ""))
                there = urllib.parse.urljoin(path, there)
                if there == path and self._is_here(target) and not response.getheader("Set-Cookie"):
                    return Answer(500, path, "it redirects to itself")
                if there == path:
                    break
                path = there
            else:
                return Answer(500, path, "it redirects again and again")
            if response.status >= 500:
                # What PHP says but once, while it compiles a file, is an error to some applications.
                response = self._get(path)[0]
            if response.status >= 500:
                body = self._get(path, **LOOKS)[1]
        except (OSError, http.client.HTTPException):
            return Answer(0, path)
        status = response.status
        return Answer(status, path.partition("?")[0], "" if status < 400 else error_in(body, folder))

    def await_revision(self, repository, revision):
        """Waits until the web server shows what was switched to; False when it does not come to that."""
        end = time.monotonic() + SWITCH_PATIENCE
        while time.monotonic() < end:
            try:
                response, body = self._get(f"/-/live/{repository}/revision")
                if response.status == 200 and body.strip() == revision:
                    return True
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(PAUSE)
        return False


def of_environment(environ, repository):
    """The live server for a repository; None where the deployer is told of none, or the name fits into no address."""
    server, domain = environ.get("LIVE_SERVER"), environ.get("SITE_DOMAIN")
    host = server and domain and host_name(repository, environ.get("LIVE_REPOSITORY", ""), domain)
    return Live(server, host, environ.get("SITE_SCHEME", "http"), int(environ.get("SITE_PORT", "80"))) if host else None


def cause(answer, survey, remedy=lambda said: None):
    """Why a page fails, with what helps, as far as it is known. REMEDY: what helps against an error of PHP's."""
    if answer.status in (*FAILING, 503):
        for note in survey["notes"] if survey else ():
            if note["level"] == "warning" and re.match(r"no index file|the build wrote no", note["text"]):
                return note["text"] + (f": {note['remedy']}" if note["remedy"] else "")
    helps = answer.said and remedy(answer.said)
    return f"{answer.said}: {helps}" if helps else answer.said
