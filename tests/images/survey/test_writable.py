import unittest

from support import shape

WORDPRESS = ["index.php", "wp-includes/version.php", "wp-content/themes/a/style.css", "wp-content/plugins/hello.php"]
DOKUWIKI = {
    "doku.php": "",
    "index.php": "",
    "inc/init.php": "",
    "conf/dokuwiki.php": "",
    "lib/tpl/index.php": "",
    "data/pages/_dummy": "",
    ".gitignore": "/data/pages/*\n/_test/data\n",
}
# name: (files, what is writable)
SHAPES = {
    "nothing": (["index.php"], []),
    "a static site": (["index.html", "uploads/.gitkeep"], []),
    "WordPress": (WORDPRESS, [".htaccess", "wp-config.php", "wp-content"]),
    "WordPress in public": (
        [f"public/{path}" for path in WORDPRESS],
        ["public/.htaccess", "public/wp-config.php", "public/wp-content"],
    ),
    "Laravel": (
        {"artisan": "", "bootstrap/app.php": "", "public/index.php": "", ".gitignore": "/public/storage\n/storage/*.key\n"},
        ["bootstrap/cache", "storage"],
    ),
    "Symfony": (["bin/console", "config/bundles.php", "public/index.php"], ["var"]),
    "CodeIgniter": (["spark", "app/Config/App.php", "public/index.php"], ["writable"]),
    "DokuWiki": (DOKUWIKI, ["conf", "data", "lib/plugins", "lib/tpl"]),
    "a board whose data is ignored": ({"index.php": "", ".gitignore": "data/\n/vendor\nnode_modules/\n"}, ["data"]),
    "code of one's own among ignored": (
        {"load.php": "", "user/sample.php": "", ".gitignore": "user/*\n!user/sample.php\n"},
        ["user"],
    ),
    "what a build writes is ignored": (
        {"index.php": "", "dist/.gitkeep": "", ".gitignore": "/dist/*\n/vendor/*\ncoverage/*\n"},
        [],
    ),
    "placeholders": (
        ["index.php", "uploads/.gitkeep", "files/pictures/index.html", "cache/a.php"],
        ["files", "uploads"],
    ),
    "a folder that ignores what is in it": (
        {"p/index.php": "", "index.php": "", "data/.gitignore": "", "data/users/_/a.txt": ""},
        ["data"],
    ),
    "tests write elsewhere": (["index.php", "tests/data/.gitkeep"], []),
    "a database in a file": (["public/index.php", "data/app.sqlite"], ["data"]),
    "configurations from samples": (
        ["index.php", "config.default.php", "config/database.php.example", "inc/config-sample.php", "inc/config.php"],
        ["config.php", "config/database.php"],
    ),
    "mkdir": ({"public/index.php": '<?php mkdir(__DIR__."/up");'}, ["public/up"]),
    "uploads of a student": (
        {"index.php": "", "img/a.jpg": "", "add.php": '<?php move_uploaded_file($a, "img/" . $b); require "css/";'},
        ["img"],
    ),
    "uploads from a folder": (
        {
            "index.php": "",
            "images/shop/a.jpg": "",
            "admin/add.php": '<?php $d = "../images/shop/"; move_uploaded_file($a, $d);',
        },
        ["images/shop"],
    ),
    "a counter in a file": ({"index.php": '<?php file_put_contents("count.txt", 1);'}, ["count.txt"]),
    "a log in a folder": ({"index.php": "<?php fopen(__DIR__ . '/notes/log.txt', 'a');"}, ["notes"]),
    "elsewhere": ({"index.php": "<?php fopen('php://output', 'w'); mkdir('/tmp/x'); mkdir('../../x');"}, []),
    "reading": ({"index.php": "<?php fopen('notes/log.txt', 'r');"}, []),
    "muster.yaml adds": (
        {"index.php": "", "uploads/.gitkeep": "", "muster.yaml": "writable: [media/a, uploads]"},
        ["media/a", "uploads"],
    ),
    "a back end of a front end": (
        {
            "package.json": '{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "6"}}',
            "api/index.php": "",
            "api/uploads/.gitkeep": "",
            "uploads/.gitkeep": "",
        },
        ["api/uploads"],
    ),
}


class Writable(unittest.TestCase):
    def test_table(self):
        for name, (listed, expected) in SHAPES.items():
            with self.subTest(name):
                self.assertEqual([entry["path"] for entry in shape(listed)["writable"]], expected)

    def test_files_are_told_from_folders_and_code_from_data(self):
        found = {entry["path"]: entry for entry in shape(SHAPES["WordPress"][0])["writable"]}
        self.assertEqual(
            [found[path]["folder"] for path in ("wp-config.php", ".htaccess", "wp-content")], [False, False, True]
        )
        self.assertTrue(found["wp-content"]["refresh"])
        self.assertFalse(shape(["index.php", "uploads/.gitkeep"])["writable"][0]["refresh"])

    def test_links_that_an_installer_makes(self):
        link = {"path": "public/storage", "target": "storage/app/public"}
        self.assertEqual(shape(SHAPES["Laravel"][0])["links"], [link])
        self.assertEqual(shape(["index.php"])["links"], [])

    def test_the_reason_is_told(self):
        found = shape(SHAPES["a board whose data is ignored"][0])["writable"]
        self.assertEqual(
            found,
            [{"path": "data", "folder": True, "refresh": False, "source": "found", "reason": ".gitignore has data/"}],
        )
        self.assertEqual(shape(SHAPES["muster.yaml adds"][0])["writable"][0]["source"], "muster.yaml")


if __name__ == "__main__":
    unittest.main()
