import datetime
import json
import os
import tempfile
import unittest

from support import generator, hosts, links, pages, places, write

OLD, NEW, NEWER = (f"2026112{day}T120000Z-{day * 12}" for day in "123")


class NamesTest(unittest.TestCase):
    def test_a_repositorys_part_of_an_address(self):
        for name, label in (
            *(("app", "app"), ("My_Shop.kr", "my-shop-kr"), ("a--b", None), ("a_-b", None), ("a_", None)),
            *(("가게", None), ("a b", None), ("a" * 55, None), ("a" * 54, "a" * 54)),
        ):
            with self.subTest(name=name):
                self.assertEqual(places.label_of(name, "alice-1")[0], label)

    def test_of_two_with_the_same_address_the_first_has_it(self):
        found = list(places.labelled(["app", "my-shop", "my_shop"], "alice"))
        self.assertEqual(found[1], ("my-shop", "my-shop", None))
        self.assertEqual(found[2], ("my_shop", None, '"my-shop" has the same address'))


class Live(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = os.path.realpath(folder.name)

    def release(self, name, files, repository="app"):
        write(f"{self.root}/{repository}/releases/{name}", {**files, "REVISION": f"{name}\n"})

    def switch(self, name, seconds_ago=0, repository="app"):
        site = f"{self.root}/{repository}"
        if os.path.lexists(f"{site}/current"):
            os.unlink(f"{site}/current")
        os.symlink(f"releases/{name}", f"{site}/current")
        then = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=seconds_ago)
        os.utime(f"{site}/current", (then.timestamp(),) * 2, follow_symlinks=False)
        with open(f"{site}/releases.log", "a", encoding="utf-8") as log:
            log.write(json.dumps({"time": then.strftime("%Y-%m-%dT%H:%M:%SZ"), "release": name}) + "\n")

    def places(self):
        return list(places.live(self.root, f"{self.root}/.shared", "app", generator.look))

    def test_the_release_is_shown_by_its_real_path(self):
        self.release(OLD, {"public/index.php": ""})
        self.switch(OLD)
        text = hosts.text(self.places())
        self.assertIn(f'DocumentRoot "{self.root}/app/releases/{OLD}/public"', text)
        self.assertIn(f'Alias "/-/live/app/revision" "{self.root}/app/releases/{OLD}/REVISION"', text)
        self.assertNotIn("current", text)

    def test_what_the_deployer_wrote_counts_more_than_a_look(self):
        self.release(OLD, {"public/index.php": "", "web/index.php": ""})
        self.switch(OLD)
        found = generator.look(f"{self.root}/app/releases/{OLD}")
        found["root"]["path"] = "web"
        write(f"{self.root}/app/meta", {f"{OLD}.json": json.dumps(found)})
        self.assertIn(f'DocumentRoot "{self.root}/app/releases/{OLD}/web"', hosts.text(self.places()))

    def test_assets_of_what_was_live_within_the_last_hour(self):
        for name in (OLD, NEW, NEWER):
            self.release(name, {"public/index.php": ""})
        self.switch(OLD, 9000)
        self.switch(NEW, 4000)
        self.switch(NEWER, 60)
        [place] = self.places()
        self.assertEqual([former.root for former in place.formers], [f"{self.root}/app/releases/{NEW}/public"])
        self.assertAlmostEqual(place.formers[0].until - os.lstat(f"{self.root}/app/current").st_mtime, 3600, delta=2)
        self.switch(OLD)
        [place] = self.places()
        self.assertEqual([former.root.split("/")[-2] for former in place.formers], [NEWER, NEW])

    def test_links_of_a_former_release_take_nothing_from_this_one(self):
        for name in (OLD, NEW):
            self.release(name, {"public/index.php": "", "storage/a": "", "public/storage": "→ ../storage"})
        write(f"{self.root}/app/releases/{OLD}", {"public/out": "→ /etc"})
        self.switch(OLD, 60)
        self.switch(NEW)
        text = hosts.text(self.places())
        self.assertIn("^/out(/|$)", text)
        self.assertNotIn("^/storage(/|$)", text)

    def test_before_the_log_tells_of_the_switch(self):
        self.release(OLD, {"index.php": ""})
        self.release(NEW, {"index.php": ""})
        self.switch(OLD, 9000)
        self.switch(NEW)
        with open(f"{self.root}/app/releases.log", "r+", encoding="utf-8") as log:
            first = log.readline()
            log.truncate(len(first))
        self.assertEqual(len(self.places()[0].formers), 1)

    def test_a_site_that_writes_beside_its_code_is_shown_from_where_it_does(self):
        self.release(OLD, {"index.php": ""})
        self.switch(OLD)
        found, copy = generator.look(f"{self.root}/app/releases/{OLD}"), f"{self.root}/.shared/app/releases/{OLD}"
        write(copy, {"index.php": ""})
        for folder, root in (
            (copy, copy),
            (f"{self.root}/.shared/app/releases/gone", f"{self.root}/app/releases/{OLD}"),
            ("/etc", f"{self.root}/app/releases/{OLD}"),
        ):
            write(f"{self.root}/app/meta", {f"{OLD}.json": json.dumps({**found, "folder": folder})})
            self.assertIn(f'DocumentRoot "{root}"', hosts.text(self.places()))

    def test_a_database_of_its_own(self):
        for repository in ("app", "blog"):
            self.release(OLD, {"index.php": ""}, repository)
            self.switch(OLD, repository=repository)
        account = {"DB_NAME": "blog", "DB_USER": "blog", "DB_PASSWORD": "s3cret", "DB_HOST": "x"}
        write(f"{self.root}/blog", {"database.json": json.dumps(account)})
        app, blog, *_ = hosts.text(self.places()).split("</VirtualHost>")
        self.assertNotIn("SetEnv", app)
        self.assertIn('SetEnv DB_NAME "blog"\n  SetEnv DB_USER "blog"\n  SetEnv DB_PASSWORD "s3cret"\n', blog)
        self.assertNotIn("DB_HOST", blog)

    def test_a_password_that_is_none(self):
        self.release(OLD, {"index.php": ""})
        self.switch(OLD)
        write(f"{self.root}/app", {"database.json": json.dumps({"DB_PASSWORD": 'x"\nListen 1'})})
        self.assertNotIn("SetEnv", hosts.text(self.places()))

    def test_nothing_live(self):
        write(f"{self.root}/blog", {"releases.log": ""})
        self.assertEqual([(place.name, place.survey) for place in self.places()], [("app", None), ("blog", None)])
        self.assertIn("Nothing is live yet", pages.waiting(self.places()[0], True))


class LinksTest(unittest.TestCase):
    def test_links_that_lead_out(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = os.path.realpath(folder)
            write(folder, {
                "shared/uploads/a.png": "", "release/public/index.php": "", "release/storage/app/b.png": "",
                "release/.env": "", "release/storage/passwd": "→ /etc/passwd",
                "release/public/storage": "→ ../storage",
                "release/public/uploads": "→ ../../shared/uploads", "release/public/pw.txt": "→ /etc/passwd",
                "release/public/up": "→ ..", "release/public/env.txt": "→ ../.env",
                "release/public/gone": "→ ../gone",
                "release/public/other": "→ ../../../other", "release/public/vendor/x": "→ /etc",
            })
            found = links.leading_out(f"{folder}/release/public", [f"{folder}/release", f"{folder}/shared"], {"vendor"})
            self.assertEqual(found, ["env.txt", "other", "pw.txt", "storage/passwd", "up"])


class PagesTest(unittest.TestCase):
    def test_what_is_missing_and_what_to_do(self):
        for files, said in (
            ({}, "There is no folder <code>/workspace/app</code> yet"),
            ({"app/x.txt": ""}, "Put an <code>index.php</code>"),
            ({"app/package.json": '{"scripts":{"build":"vite build"},"dependencies":{"vite":"7"}}'}, "npm run build"),
            ({"app/requirements.txt": "", "app/app.py": ""}, "A server in Python is not shown here"),
            ({"app/muster.yaml": "root: web", "app/web/a.css": ""}, "<code>index.html</code> in <code>web</code>"),
            ({"app/muster.yaml": "rot: web"}, "muster.yaml"),
        ):
            with self.subTest(files=files), tempfile.TemporaryDirectory() as folder:
                write(folder, files)
                [place] = places.in_workspace(folder, "app", "alice", generator.look)
                self.assertIn(said, pages.waiting(place, False))

    def test_a_name_is_no_markup(self):
        [place] = places.in_workspace("/nowhere", "<b>", "alice", generator.look)
        self.assertNotIn("<b>", pages.waiting(place, False) + pages.unknown([place], "alice"))

    def test_the_sites_that_there_are(self):
        with tempfile.TemporaryDirectory() as folder:
            write(folder, {"app/index.php": "", "my_blog/index.php": "", "a--b/index.php": ""})
            page = pages.unknown(list(places.in_workspace(folder, "app", "alice", generator.look)), "alice")
            self.assertIn('<a data-host="alice">app</a></li><li><a data-host="my-blog--alice">my_blog</a>', page)
            self.assertIn("<code>a--b</code> has no address", page)


if __name__ == "__main__":
    unittest.main()
