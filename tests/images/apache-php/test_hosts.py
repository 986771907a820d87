import os
import re
import tempfile
import unittest

from support import generator, hosts, places, write

PACKAGE = '{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "7"}}'


class HostsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = os.path.realpath(folder.name)

    def text(self, files, first="app"):
        """The configuration for a workspace with these files."""
        write(self.folder, files)
        return hosts.text(list(places.in_workspace(self.folder, first, "alice", generator.look)))

    def host(self, files, label="app"):
        """The lines of one repository's virtual host."""
        found = next(each for each in self.text(files).split("<VirtualHost *>\n") if f"ServerAlias {label}--*" in each)
        return [line.strip() for line in found.splitlines()]

    def test_the_document_root_is_what_the_survey_found(self):
        for files, root in (
            ({"app/index.php": ""}, "app"),
            ({"app/public/index.php": "", "app/index.php": ""}, "app/public"),
            ({"app/web/index.php": ""}, "app/web"),
            ({"app/site/index.php": "", "app/muster.yaml": "root: site"}, "app/site"),
            ({"app/real/index.php": "", "app/public": "→ real"}, "app/real"),
            ({"app/package.json": PACKAGE, "app/dist/index.html": ""}, "app/dist"),
        ):
            with self.subTest(root=root), tempfile.TemporaryDirectory() as self.folder:
                self.folder = os.path.realpath(self.folder)
                self.assertIn(f'DocumentRoot "{self.folder}/{root}"', self.host(files))

    def test_the_first_repository_answers_every_name_and_unknown_ones_a_list(self):
        text = self.text({"blog/index.php": "", "app/index.php": "", "A_b.c/x": ""})
        names = re.findall(r"ServerAlias (.*)", text)
        self.assertEqual(names, ["app--*", "a-b-c--*", "blog--*", "*--*"])

    def test_what_is_not_there_or_not_built_waits(self):
        for files in ({}, {"app/package.json": PACKAGE}, {"app/app.py": "", "app/requirements.txt": ""}):
            with self.subTest(files=files), tempfile.TemporaryDirectory() as self.folder:
                lines = self.host(files)
                self.assertIn('RewriteRule "!^/(?:-/)" - [R=503,L]', lines)
                self.assertFalse(any(line.startswith("DocumentRoot") for line in lines))

    def test_a_root_that_leads_out_of_the_repository_is_not_shown(self):
        write(self.folder, {"other/index.php": "", "app/x": "", "app/public": "→ ../other"})
        self.assertFalse(any("DocumentRoot" in line for line in self.host({})))

    def test_a_name_that_configuration_would_read_otherwise_is_not_served(self):
        for name in ('a"b', "a${HOME}", "a*", "a%1", "a\nb"):
            with self.subTest(name=name), tempfile.TemporaryDirectory() as self.folder:
                text = self.text({f"app/{name}/index.php": "", "app/.x": "", f"{name}/index.php": ""})
                self.assertNotIn(name, text)

    def test_what_is_hidden_at_a_repositorys_root(self):
        files = {"app/index.php": "", "app/composer.json": "{}", "app/out": "→ /etc", "app/a b.txt": "→ /x"}
        lines = self.host(files)
        hidden = re.compile(re.search(r'"(.*)"', next(line for line in lines if "LocationMatch" in line))[1]).search
        for path in (
            *("/vendor", "/vendor/autoload.php", "/VENDOR/a", "/node_modules/a.js", "/composer.json", "/Composer.JSON"),
            *("/composer.lock", "/package.json", "/package-lock.json", "/dump.sql", "/db/dump.sql", "/dump.sql.gz"),
            *("/README.md", "/docs/readme.MD", "/muster.yaml", "/out", "/out/passwd", "/a b.txt", "/phpunit.xml"),
            *("/db.inc", "/include/DB.INC", "/config.ini", "/server.key", "/id_rsa", "/ssh/id_rsa.pub", "/index.php~"),
        ):
            self.assertTrue(hidden(path), path)
        for path in (
            *("/", "/index.php", "/style.css", "/wp-content/plugins/a/vendor/a.js", "/lib/node_modules/a.js"),
            *("/vendors", "/js/composer.min.js", "/mdx", "/outer", "/sql", "/package.html"),
            *("/db.inc.php", "/inc/", "/ini.html", "/key", "/old/", "/monkey.png"),
        ):
            self.assertFalse(hidden(path), path)

    def test_many_links_and_any_name_leave_the_configuration_readable(self):
        signs = ('"', "\\", "\U0001f600", "(", "가", "\n")
        files = {f"app/{n}{sign}": "→ /etc" for n in range(60) for sign in signs}
        lines = self.host({"app/index.php": "", **files})
        expressions = [re.search(r'"(.*)"$', line[:-1])[1] for line in lines if line.startswith("<LocationMatch")]
        self.assertEqual(len(expressions), 8)
        self.assertTrue(all(each.isascii() and each.isprintable() and '"' not in each for each in expressions))
        seen = [name.encode().decode("latin-1") for name in files]
        for name in seen:
            self.assertTrue(any(re.search(each, name.removeprefix("app")) for each in expressions), name)

    def test_what_a_build_named_by_its_content_is_kept_for_long(self):
        for path in (
            *("/assets/index-BxYz12_4.js", "/assets/index-DiwrgTda.css", "/static/js/main.8e3f2a1b.js"),
            *("/main-4VZ2YQ7a.js", "/_next/static/chunks/app.js", "/_astro/a.css", "/_nuxt/b.js"),
            *("/js/chunk-vendors.0d1fca6d.js", "/static/js/453.e6c5c6fe.chunk.js"),
            "/static/media/logo.6ce24c58023cc2f8fd88fe9d219db6c6.svg",
        ):
            self.assertTrue(re.search(hosts.HASHED, path), path)
        for path in (
            *("/index.html", "/favicon.svg", "/jquery-slideshow.js", "/jquery-3.7.1.min.js", "/data.json"),
            *("/my-datePicker.js", "/bootstrap.bundle.min.js"),
        ):
            self.assertFalse(re.search(hosts.HASHED, path), path)

    def test_a_front_ends_own_addresses(self):
        built = {"app/package.json": PACKAGE, "app/dist/index.html": ""}
        fallback = f'RewriteRule "^/(?!-/)(?:.*/)?[^./]+/?$" "{self.folder}/app/dist/%s" [L]'
        self.assertIn(fallback % "index.html", self.host(built))
        write(self.folder, {"app/dist/404.html": ""})
        self.assertNotIn(fallback % "index.html", self.host({}))
        self.assertIn("ErrorDocument 404 /404.html", self.host({}))
        write(self.folder, {"app/dist/200.html": ""})
        self.assertIn(fallback % "200.html", self.host({}))

    def test_a_page_of_php_or_html_has_no_fallback(self):
        self.assertFalse(any("RewriteRule" in line for line in self.host({"app/index.html": ""})))

    def test_a_back_end_answers_below_its_path_also_before_the_front_end_is_built(self):
        files = {"app/frontend/package.json": PACKAGE, "app/api/index.php": ""}
        lines = self.host(files)
        self.assertIn('RewriteRule "!^/(?:-/|api(?:/|$))" - [R=503,L]', lines)
        self.assertIn(f'Alias "/api" "{self.folder}/app/api"', lines)
        lines = self.host({"app/frontend/dist/index.html": ""})
        self.assertIn(f'Alias "/api" "{self.folder}/app/api"', lines)
        self.assertIn('FallbackResource "/api/index.php"', lines)
        self.assertIn('RewriteCond "%{REQUEST_URI}" "!^/api(/|$)"', lines)

    def test_a_start_page_by_another_name(self):
        self.assertIn('RewriteRule "^/$" "/home.php" [R=302,L]', self.host({"app/home.php": "", "app/b.php": ""}))

    def test_a_root_without_index_file_says_so_at_its_address_alone(self):
        lines = self.host({"app/muster.yaml": "root: web", "app/web/style.css": ""})
        self.assertIn('RewriteRule "^/$" - [R=503,L]', lines)


if __name__ == "__main__":
    unittest.main()
