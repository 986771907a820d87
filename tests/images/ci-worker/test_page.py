import http.server
import threading
import unittest

from muster_worker import remedies
from muster_worker.page import Answer, Live, cause, error_in, host_name, of_environment


class Hosts(unittest.TestCase):
    def test_names(self):
        for repository, host in (
            ("app", "live.dev.test"),
            ("blog", "blog--live.dev.test"),
            ("my_blog.v2", "my-blog-v2--live.dev.test"),
            ("x" * 58, None),
        ):
            with self.subTest(repository=repository):
                self.assertEqual(host_name(repository, "app", "dev.test"), host)


class Errors(unittest.TestCase):
    def test_what_php_says(self):
        body = (
            "<br />\n<b>Warning</b>: a in <b>/srv/live/app/releases/x/a.php</b> on line <b>1</b><br />\n"
            "Fatal error: Uncaught Error: Call to undefined function nope() in /srv/live/app/releases/x/public/i.php:3\n"
            "Stack trace:\n#0 {main}\n  thrown in /srv/live/app/releases/x/public/i.php on line 3\n"
        )
        self.assertEqual(
            error_in(body, "/srv/live/app/releases/x"),
            "Fatal error: Uncaught Error: Call to undefined function nope() in public/i.php:3",
        )

    def test_a_page_of_its_own(self):
        self.assertEqual(error_in("<html><title>Server\n Error</title>"), "Server Error")
        self.assertEqual(error_in("nothing"), "")

    def test_terminals_are_safe(self):
        self.assertEqual(error_in("<title>a\x1b[31mb</title>"), "a?[31mb")

    def test_cause_of_the_survey(self):
        notes = [
            {"level": "info", "text": "no index file", "remedy": None},
            {"level": "warning", "text": "the build wrote no dist/index.html", "remedy": "name the folder"},
        ]
        self.assertEqual(cause(Answer(403), {"notes": notes}), "the build wrote no dist/index.html: name the folder")
        self.assertEqual(cause(Answer(500, said="Fatal"), {"notes": notes}), "Fatal")

    def test_what_helps_is_behind_it(self):
        self.assertEqual(cause(Answer(500, said="Fatal"), None, lambda said: f"mend {said}"), "Fatal: mend Fatal")
        self.assertEqual(cause(Answer(500), None, lambda said: "mend it"), "")

    def test_table_of_remedies(self):
        bring = "import its dump: npm run db -- import FILE live --repository shop"
        add = "add shop to muster:repositories, and it has a database server of its own"
        account = "make the account root, or read DB_USER and DB_PASSWORD (docs/from-xampp.md, step 4)"
        writable = "name the folder that it writes to in writable of muster.yaml (docs/repositories.md)"
        denied = "SQLSTATE[HY000] [1045] Access denied for user 'root'@'10.0.0.2' (using password: YES)"
        for said, environ, helps in (
            ("Unknown database 'Shop'", {"DB_NAME": "app"}, f"{bring} --database Shop"),
            ("1146 Table 'app.users' doesn't exist", {"DB_NAME": "app"}, bring),
            (denied, {}, account),
            ("Unknown database 'Shop'", {"DB_ADMIN_PASSWORD": "x"}, add),
            (denied, {"DB_ADMIN_PASSWORD": "x"}, add),
            ("Access denied for user ''@'10.0.0.2'", {}, "read DB_USER and DB_PASSWORD (docs/from-xampp.md, step 4)"),
            ("SQLSTATE[HY000] [14] unable to open database file", {}, writable),
            ("file_put_contents(a): Failed to open stream: Read-only file system", {}, writable),
            ("Undefined constant", {}, None),
        ):
            with self.subTest(said, environ=environ):
                self.assertEqual(remedies.of("/nowhere", "shop", environ)(said), helps)


class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.hosts.append(self.headers["Host"])
        answer = self.server.pages.get(self.path, (404, None))
        status, location, *cookie = answer.pop(0) if isinstance(answer, list) else answer
        self.send_response(status)
        if any(cookie):
            self.send_header("Set-Cookie", cookie[0])
        if location:
            self.send_header("Location", location)
        self.end_headers()

    def log_message(self, *_):
        pass


class Asking(unittest.TestCase):
    def setUp(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
        self.server.hosts = []
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def ask(self, **pages):
        self.server.pages = {"/" if path == "root" else f"/{path}": answer for path, answer in pages.items()}
        environ = {"LIVE_SERVER": f"127.0.0.1:{self.server.server_port}", "SITE_DOMAIN": "dev.test", "SITE_PORT": "8091"}
        return of_environment({**environ, "LIVE_REPOSITORY": "app"}, "app").ask()

    def test_a_page(self):
        self.assertEqual(self.ask(root=(200, None)), Answer(200))
        self.assertEqual(self.server.hosts, ["live.dev.test:8091"])

    def test_redirects_to_itself(self):
        answer = self.ask(root=(302, "http://live.dev.test:8091/install"), install=(301, "/broken"), broken=(500, None))
        self.assertEqual((answer, answer.works), (Answer(500, "/broken"), False))

    def test_an_error_of_the_first_request_alone(self):
        self.assertEqual(self.ask(root=[(500, None), (200, None)]), Answer(200))
        self.assertEqual(self.ask(root=[(500, None), (500, None), (200, None)]), Answer(500))

    def test_elsewhere(self):
        self.assertTrue(self.ask(root=(302, "https://sso.example.org/")).works)

    def test_a_page_that_leads_to_itself(self):
        here = Answer(500, "/", "it redirects to itself")
        for location in ("/", "http://live.dev.test:8091/", "//live.dev.test:8091"):
            with self.subTest(location):
                self.assertEqual(self.ask(root=(302, location)), here)
        self.assertEqual(self.ask(root=(302, "/a"), a=(302, "/a")).said, "it redirects to itself")
        # A browser comes back with the cookie, or by another way.
        for location, cookie in (("/", "seen=1"), ("https://live.dev.test/", None), ("http://live.dev.test/", None)):
            with self.subTest(location, cookie=cookie):
                self.assertTrue(self.ask(root=(302, location, cookie)).works)

    def test_an_address_as_a_site_writes_it(self):
        page = "%ED%95%9C%EA%B8%80%20a.php"
        for location in ("/한글 a.php".encode().decode("latin-1"), f"/{page}", "/%ED%95%9C%EA%B8%80 a.php#b c"):
            with self.subTest(location):
                self.assertEqual(self.ask(**{"root": (302, location), page: (200, None)}), Answer(200, f"/{page}"))

    def test_what_is_no_address(self):
        for location in ("http://[x/", "http://live.dev.test:x/"):
            with self.subTest(location):
                answer = self.ask(root=(302, location))
                self.assertEqual((answer.works, answer.said), (False, "it redirects to what is no address"))
        self.assertTrue(self.ask(root=(200, "http://[x/")).works)

    def test_a_circle(self):
        self.assertEqual(self.ask(root=(302, "/a"), a=(302, "/b"), b=(302, "/a")).status, 500)

    def test_what_counts_as_an_answer(self):
        for status, works in ((200, True), (401, True), (403, False), (404, False), (410, True), (500, False), (503, False)):
            with self.subTest(status=status):
                self.assertEqual(self.ask(root=(status, None)).works, works)

    def test_nobody_there(self):
        answer = Live("127.0.0.1:1", "live.dev.test", "http", 80).ask()
        self.assertEqual((answer.works, answer.text), (False, "/ does not answer"))
