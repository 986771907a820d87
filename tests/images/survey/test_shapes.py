"""The table of shapes: what is there → kind, document root (and how it is known), and what else the row names."""

import json
import unittest

from support import package, shape

VITE = {
    "package.json": package("vite build", development=["vite"]),
    "public/vite.svg": "",
    "src/main.js": "",
    "index.html": '<script type="module" src="/src/main.js"></script>',
}
LARAVEL = {
    "artisan": "",
    "bootstrap/app.php": "",
    "public/index.php": "",
    "vite.config.js": "",
    "composer.lock": "{}",
    "package.json": package("vite build", development=["laravel-vite-plugin", "vite"]),
    "composer.json": "{}",
    "storage/logs/.gitignore": "*",
}

# name: (files, kind, document root, its source)
SHAPES = {
    "nothing": ([], "empty", None, None),
    "a README": (["README.md"], "empty", None, None),
    "public with PHP": (["public/index.php"], "php", "public", "found"),
    "public before the root": (["public/index.php", "index.html"], "php", "public", "found"),
    "web": (["web/index.php", "index.html"], "php", "web", "found"),
    "htdocs": (["htdocs/index.html"], "static", "htdocs", "found"),
    "www": (["www/index.htm"], "static", "www", "found"),
    "html, and a page with PHP beside the index": (["html/index.html", "html/form.php"], "php", "html", "found"),
    "public without an index": (["public/logo.svg", "index.php"], "php", ".", "found"),
    "the root": (["index.html", "style.css"], "static", ".", "found"),
    "public is a link to the root": ({"index.php": "", "public": "→ ."}, "php", ".", "found"),
    "public is a link out": ({"index.php": "", "public": "→ /etc"}, "php", ".", "found"),
    "htdocs is a link to a folder": ({"site/index.php": "", "htdocs": "→ site"}, "php", "site", "found"),
    "pages without an index": (["shop.php", "about.html"], "php", ".", "found"),
    "pages of HTML without an index": (["about.html", "a.css"], "static", ".", "found"),
    "what was built is committed": (["dist/index.html", "dist/app.js"], "static", "dist", "found"),
    "a folder of XAMPP in a repository": (["shop/index.php", "shop/css/a.css", "shop.sql"], "php", "shop", "found"),
    "an application in a folder": (["src2/public/index.php", "docker/php.ini"], "php", "src2/public", "found"),
    "an application among sources": (["src/public/index.php", "src/lib.php"], "php", "src/public", "found"),
    "an index among sources": (["src/index.php", "src/inc/a.php", "tests/ATest.php", "README.md"], "php", "src", "found"),
    "pages among sources": (["src/index.html", "src/a.css"], "static", "src", "found"),
    "a server that has a page among its sources": (
        {"package.json": package(dependencies=["express"]), "src/index.html": ""},
        "server",
        None,
        None,
    ),
    "a zip in a zip, packed by macOS": (
        ["shop-main/shop-main/index.html", "shop-main/shop-main/a.php", "__MACOSX/shop-main/._index.html"],
        "php",
        "shop-main/shop-main",
        "found",
    ),
    "a folder with spaces in its name": (["Team Website/index.html", "README.md"], "static", "Team Website", "found"),
    "documents that are built": (
        {"docs/package.json": package("eleventy", development=["@11ty/eleventy"]), "docs/index.md": "", "lib/a.py": ""},
        "frontend",
        "docs/_site",
        "expected",
    ),
    "a workspace that builds nothing itself": (
        {
            "package.json": package(workspaces=["apps/*"]),
            **{f"apps/web/{path}": each for path, each in VITE.items()},
        },
        "frontend",
        "apps/web/dist",
        "expected",
    ),
    "one page by any name": (["portfolio.html", "css/a.css"], "static", ".", "found"),
    "pages in docs": (["docs/index.html", "README.md"], "static", "docs", "found"),
    "pages with Korean names": (["index.html", "소개 페이지.html", "사진 폴더/고양이 1.svg"], "static", ".", "found"),
    "CodeIgniter": (
        ["spark", "app/Config/App.php", "public/index.php", "writable/logs/index.html"],
        "php",
        "public",
        "found",
    ),
    "Hugo's pages": (["hugo.toml", "layouts/index.html", "public/index.html"], "static", "public", "found"),
    "Hugo without its pages": (["hugo.toml", "layouts/index.html", "content/a.md"], "server", None, None),
    "pages in folders, no index": (["PHP/Index.php", "CSS/a.css"], "php", ".", "found"),
    "Laravel with Vite": (LARAVEL, "php", "public", "found"),
    "PHP whose pages a build fills": (
        {"public/index.php": "", "package.json": package("vite build --outDir public", development=["vite"])},
        "php",
        "public",
        "found",
    ),
    "Symfony with Encore": (
        {"public/index.php": "", "package.json": package("encore production", development=["@symfony/webpack-encore"])},
        "php",
        "public",
        "found",
    ),
    "Vite": (VITE, "frontend", "dist", "expected"),
    "Vite with outDir": ({**VITE, "vite.config.js": "build: { outDir: 'www2' }"}, "frontend", "www2", "expected"),
    "Vite with an outDir that is a remark": (
        {**VITE, "vite.config.js": "// outDir: 'x'\n"},
        "frontend",
        "dist",
        "expected",
    ),
    "Vite that is told on the command line": (
        {**VITE, "package.json": package("vite build --outDir=site2", development=["vite"])},
        "frontend",
        "site2",
        "expected",
    ),
    "a workspace whose root builds all": (
        {
            "package.json": package("turbo run build", workspaces=["apps/*", "packages/*"]),
            **{f"apps/{name}/{path}": each for name in ("docs", "web") for path, each in VITE.items()},
            "packages/ui/package.json": package(),
        },
        "frontend",
        "apps/web/dist",
        "expected",
    ),
    "a workspace of pnpm": (
        {
            "package.json": package("pnpm -r build"),
            "pnpm-workspace.yaml": "packages:\n  - 'sites/**'\n",
            **{f"sites/a/b/{path}": each for path, each in VITE.items()},
        },
        "frontend",
        "sites/a/b/dist",
        "expected",
    ),
    "a package with stories": (
        {
            "package.json": package(
                scripts={"build": "vite build", "build-storybook": "storybook build"},
                development=["vite", "storybook"],
            ),
            "vite.config.js": "export default { build: { lib: { entry: 'src/index.js' } } }",
            "src/index.js": "",
        },
        "frontend",
        "storybook-static",
        "expected",
    ),
    "stories alone": (
        {"package.json": package(scripts={"build-storybook": "storybook build"}, development=["vite", "storybook"])},
        "frontend",
        "storybook-static",
        "expected",
    ),
    "an application with stories": (
        {
            **VITE,
            "package.json": package(
                scripts={"build": "vite build", "build-storybook": "storybook build"}, development=["vite", "storybook"]
            ),
        },
        "frontend",
        "dist",
        "expected",
    ),
    "a package that Vite builds": (
        {
            "package.json": package("vite build", development=["vite"]),
            "vite.config.ts": "build: { lib: { entry: 'a.js' } }",
        },
        "library",
        None,
        None,
    ),
    "a site with stories": (
        {**VITE, "package.json": package("vite build", development=["storybook", "vite"])},
        "frontend",
        "dist",
        "expected",
    ),
    "a build of one's own": (
        {"public/favicon.svg": "", "package.json": package("mkdir -p dist && echo built > dist/index.html")},
        "frontend",
        "dist",
        "expected",
    ),
    "a page beside a build of styles": (
        {"index.html": "<p>", "package.json": package("sass a.scss a.css", development=["sass"])},
        "static",
        ".",
        "found",
    ),
    "Create React App": (
        {
            "public/index.html": '<link href="%PUBLIC_URL%/a">',
            "package.json": package("react-scripts build", ["react", "react-scripts"]),
        },
        "frontend",
        "build",
        "expected",
    ),
    "Vue CLI": (
        {
            "public/index.html": "<div id=app>",
            "package.json": package("vue-cli-service build", development=["@vue/cli-service"]),
            "vue.config.js": "module.exports = { outputDir: 'web2' }",
        },
        "frontend",
        "web2",
        "expected",
    ),
    "Angular": (
        {
            "src/index.html": "",
            "package.json": package("ng build", ["@angular/core"]),
            "public/favicon.ico": "",
            "angular.json": json.dumps(
                {
                    "projects": {
                        "shop": {"architect": {"build": {"builder": "@angular/build:application", "options": {}}}}
                    }
                }
            ),
        },
        "frontend",
        "dist/shop/browser",
        "expected",
    ),
    "Angular of old": (
        {
            "package.json": package("ng build", ["@angular/core"]),
            "angular.json": json.dumps(
                {
                    "projects": {
                        "shop": {
                            "architect": {
                                "build": {
                                    "builder": "@angular-devkit/build-angular:browser",
                                    "options": {"outputPath": "dist/shop"},
                                }
                            }
                        }
                    }
                }
            ),
        },
        "frontend",
        "dist/shop",
        "expected",
    ),
    "Astro": (
        {"package.json": package("astro build", ["astro"]), "public/favicon.svg": ""},
        "frontend",
        "dist",
        "expected",
    ),
    "Next.js with static export": (
        {"package.json": package("next build", ["next"]), "next.config.mjs": "export default { output: 'export' }"},
        "frontend",
        "out",
        "expected",
    ),
    "Next.js": ({"package.json": package("next build", ["next"]), "next.config.ts": ""}, "server", None, None),
    "Nuxt": (
        {"package.json": package("nuxt build", ["nuxt"], scripts={"build": "nuxt build", "generate": "nuxt generate"})},
        "frontend",
        ".output/public",
        "expected",
    ),
    "SvelteKit": ({"package.json": package("vite build", development=["@sveltejs/kit", "vite"])}, "server", None, None),
    "SvelteKit, static": (
        {"package.json": package("vite build", development=["@sveltejs/kit", "@sveltejs/adapter-static", "vite"])},
        "frontend",
        "build",
        "expected",
    ),
    "Gatsby": ({"package.json": package("gatsby build", ["gatsby"])}, "frontend", "public", "expected"),
    "Eleventy": (
        {"package.json": package("eleventy", ["@11ty/eleventy"]), "index.md": ""},
        "frontend",
        "_site",
        "expected",
    ),
    "Eleventy with a folder of its own": (
        {
            "package.json": package("eleventy", ["@11ty/eleventy"]),
            "src/index.md": "",
            "eleventy.config.js": "dir: { input: 'src', output: 'public' }",
        },
        "frontend",
        "public",
        "expected",
    ),
    "VitePress in docs": (
        {
            "package.json": package(scripts={"docs:build": "vitepress build docs"}, development=["vitepress"]),
            "docs/a.md": "",
        },
        "frontend",
        "docs/.vitepress/dist",
        "expected",
    ),
    "a front end in a folder": (
        {f"frontend/{path}": each for path, each in VITE.items()},
        "frontend",
        "frontend/dist",
        "expected",
    ),
    "a front end beside PHP": (
        {**{f"frontend/{path}": each for path, each in VITE.items()}, "backend/public/index.php": ""},
        "frontend+php",
        "frontend/dist",
        "expected",
    ),
    "a front end over PHP": ({**VITE, "api/index.php": ""}, "frontend+php", "dist", "expected"),
    "a front end beside Python": (
        {**{f"client/{path}": each for path, each in VITE.items()}, "server/requirements.txt": ""},
        "frontend",
        "client/dist",
        "expected",
    ),
    "a library in PHP": (
        {"composer.json": '{"type": "library"}', "src/A.php": "", "tests/ATest.php": ""},
        "library",
        None,
        None,
    ),
    "a package of npm": ({"package.json": package(test="node --test"), "index.js": ""}, "library", None, None),
    "Express": ({"package.json": package(dependencies=["express"]), "public/logo.svg": ""}, "server", None, None),
    "a server without a framework": (
        {"package.json": package(scripts={"start": "node server.js"})},
        "server",
        None,
        None,
    ),
    "Flask": (["requirements.txt", "app.py", "templates/index.html"], "server", None, None),
    "Django": (["manage.py", "requirements.txt", "polls/templates/index.html"], "server", None, None),
    "Go": (["go.mod", "main.go"], "server", None, None),
    "Java": (["pom.xml", "src/main/java/A.java"], "server", None, None),
    "Ruby": (["Gemfile", "config.ru"], "server", None, None),
}


class Shapes(unittest.TestCase):
    def test_table(self):
        for name, (listed, kind, root, source) in SHAPES.items():
            with self.subTest(name):
                found = shape(listed)
                told = found["root"] or {"path": None, "source": None}
                self.assertEqual((found["kind"], told["path"], told["source"]), (kind, root, source))
                self.assertEqual(found["faults"], [])

    def test_what_a_server_is_told_by(self):
        for name, language, file in (
            ("Express", "Node", "package.json"),
            ("Django", "Python", "manage.py"),
            ("Flask", "Python", "requirements.txt"),
            ("Go", "Go", "go.mod"),
        ):
            with self.subTest(name):
                found = shape(SHAPES[name][0])
                self.assertEqual((found["server"]["language"], found["server"]["file"]), (language, file))
                self.assertIn((("warning", file)), [(note["level"], note["file"]) for note in found["notes"]])

    def test_what_writes_pages_is_told_where_they_are_looked_for(self):
        for listed, remedy in (
            (["hugo.toml", "layouts/index.html"], "build it, and commit its pages as public/"),
            (["mkdocs.yml"], "build it, and commit its pages as public/"),
            (["manage.py"], "its tests may run as a workflow in .github/workflows"),
        ):
            self.assertEqual(shape(listed)["notes"][0]["remedy"], remedy)

    def test_a_start_page_by_another_name(self):
        for listed, start in (
            (["PHP/Index.php", "CSS/a.css"], "PHP/Index.php"),
            (["home.php", "a/index.html"], "home.php"),
            (["shop.php", "a.css"], "shop.php"),
            (["shop.php", "about.html"], None),
            (["user/index.html", "admin/index.php", "load.php"], "admin/index.php"),
            (["index.php"], None),
        ):
            with self.subTest(listed):
                self.assertEqual(shape(listed)["start"], start)

    def test_a_built_front_end_answers_unknown_paths_and_a_static_site_does_not(self):
        for name, spa in (
            ("Vite", True),
            ("a front end beside PHP", True),
            ("Eleventy", False),
            ("the root", False),
            ("Laravel with Vite", False),
        ):
            with self.subTest(name):
                self.assertEqual(shape(SHAPES[name][0])["site"]["spa"], spa)

    def test_what_is_never_shown(self):
        self.assertIn("/vendor/", shape({"index.php": "", "composer.json": "{}"})["site"]["hidden"])
        self.assertNotIn("/vendor/", shape(["index.php", "vendor/jquery.js"])["site"]["hidden"])
        self.assertIn("*.sql", shape(["index.php"])["site"]["hidden"])
        self.assertEqual(shape(["public/index.php"])["site"]["hidden"], [".*", "!.well-known"])
        self.assertEqual(shape([])["site"]["hidden"], [])

    def test_a_back_end(self):
        found = shape(SHAPES["a front end beside PHP"][0])["backend"]
        self.assertEqual(found, {"folder": "backend", "root": "backend/public", "path": "/api", "source": "found"})
        said = {**VITE, "muster.yaml": "backend: { folder: php, path: /v1/api }", "php/a.php": ""}
        self.assertEqual(
            shape(said)["backend"], {"folder": "php", "root": "php", "path": "/v1/api", "source": "muster.yaml"}
        )
        self.assertIsNone(shape(VITE)["backend"])

    def test_what_goes_with_a_release(self):
        for listed, pack in (
            (VITE, ["dist"]),
            (LARAVEL, ["public", "vendor"]),
            (["index.php"], []),
            ({"a.php": "", "composer.json": '{"config": {"vendor-dir": "lib/php"}}'}, ["lib/php"]),
        ):
            self.assertEqual(shape(listed)["pack"], pack)


class Built(unittest.TestCase):
    def test_where_the_build_wrote(self):
        for written, root in (
            (["dist/index.html"], "dist"),
            (["build/index.html"], "build"),
            (["dist/shop/browser/index.html", "dist/shop/server/main.js"], "dist/shop/browser"),
            (["dist/spa/index.html"], "dist/spa"),
            ([".output/public/index.html"], ".output/public"),
            (["site2/index.html"], "site2"),
            (["dist/app.js"], "dist"),
        ):
            with self.subTest(written):
                found = shape({**VITE, **dict.fromkeys(written, "")}, built=True)
                self.assertEqual(found["root"], {"path": root, "source": "built"})

    def test_a_build_that_writes_to_a_folder_that_is_else_a_document_root(self):
        for listed, root in (
            ({**SHAPES["Gatsby"][0], "public/index.html": ""}, "public"),
            ({"package.json": package("hexo generate", ["hexo"]), "public/index.html": ""}, "public"),
        ):
            for built, source in ((False, "expected"), (True, "built")):
                found = shape(listed, built)
                self.assertEqual((found["kind"], found["root"]), ("frontend", {"path": root, "source": source}))

    def test_a_build_without_a_page_is_said(self):
        found = shape({**VITE, "dist/app.js": ""}, built=True)
        self.assertIn("the build wrote no dist/index.html", [note["text"] for note in found["notes"]])

    def test_dist_overrules(self):
        listed = {**VITE, "muster.yaml": "dist: site2", "dist/index.html": ""}
        for built in (False, True):
            self.assertEqual(shape(listed, built)["root"], {"path": "site2", "source": "muster.yaml"})

    def test_root_overrules(self):
        found = shape({**LARAVEL, "muster.yaml": "root: other", "other/index.php": ""})
        self.assertEqual((found["kind"], found["root"]), ("php", {"path": "other", "source": "muster.yaml"}))


if __name__ == "__main__":
    unittest.main()
