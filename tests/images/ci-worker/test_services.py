import configparser
import pathlib
import unittest
from unittest import mock

from muster_worker import job_services, serve, service

IMAGES = pathlib.Path(__file__).parents[3] / "images"
# What a query can see.
SEEN = (
    "character-set-collations",
    "character-set-server",
    "collation-server",
    "event_scheduler",
    "max_allowed_packet",
    "skip-name-resolve",
)


def settings(path):
    parser = configparser.ConfigParser(allow_no_value=True, interpolation=None)
    parser.read(IMAGES / path)
    return parser["mariadbd"]


class Serve(unittest.TestCase):
    def test_the_database_of_the_tests_behaves_as_a_members(self):
        tests, members = settings("ci-worker/services/mariadb.cnf"), settings("mariadb/mariadb.cnf")
        self.assertEqual({name: tests[name] for name in SEEN}, {name: members[name] for name in SEEN})
        self.assertEqual([name for name in tests if "mode" in name], [name for name in members if "mode" in name])

    def test_the_first_start_takes_the_prepared_data_and_later_ones_what_is_there(self):
        for there, copies in ((False, 1), (True, 0)):
            with (
                self.subTest(there=there),
                mock.patch("os.path.isdir", return_value=there),
                mock.patch("subprocess.run") as run,
                mock.patch("os.rename") as rename,
                mock.patch.dict("os.environ", {"TZ": "Asia/Seoul"}),
            ):
                command = serve.database()
                self.assertEqual((run.call_count, rename.call_count), (copies, copies))
                self.assertEqual(command[0], "mariadbd")
                self.assertIn("--default-time-zone=Asia/Seoul", command)

    def test_the_cache_keeps_nothing_on_the_disk(self):
        with mock.patch("subprocess.Popen") as start, mock.patch("builtins.open"):
            command = serve.cache()
        [[order], _] = start.call_args
        self.assertEqual(order[order.index("--save") + 1], "")
        self.assertEqual(command[1:], ["ACCEPT-FD:3,fork", "UNIX-CONNECT:/tmp/redis.sock,retry=50,interval=0.1"])


class OfJobs(unittest.TestCase):
    def test_images(self):
        for image, kind in (
            ("mysql", "database"),
            ("mysql:8.0", "database"),
            ("docker.io/library/mariadb:11.4", "database"),
            ("mcr.example/bitnami/redis@sha256:1", "cache"),
            ("mysql/mysql-server:8.0", "database"),
            ("postgres", None),
            ("mailhog/mailhog", None),
        ):
            with self.subTest(image):
                self.assertEqual(job_services.kind(image), kind)

    def test_ports(self):
        for ports, expected in (
            ([], 3306),
            (["3306"], 3306),
            (["33306:3306"], 33306),
            (["127.0.0.1:3307:3306/tcp"], 3307),
            (["9000:9000"], 3306),
        ):
            with self.subTest(ports):
                self.assertEqual(job_services.host_port({"ports": ports}, "database"), expected)

    def test_accounts_as_the_images_make_them(self):
        for environ, expected in (
            ({}, []),
            ({"MYSQL_ALLOW_EMPTY_PASSWORD": "yes", "MYSQL_DATABASE": "a`b"}, ["CREATE DATABASE IF NOT EXISTS `a``b`"]),
            (
                {"MARIADB_ROOT_PASSWORD": "it's"},
                ["ALTER USER root@localhost IDENTIFIED BY 'it''s'", "ALTER USER root@'%' IDENTIFIED BY 'it''s'"],
            ),
            (
                {"MYSQL_DATABASE": "my_db", "MYSQL_USER": "u", "MYSQL_PASSWORD": "p\\"},
                [
                    "CREATE DATABASE IF NOT EXISTS `my_db`",
                    "CREATE OR REPLACE USER 'u'@'%' IDENTIFIED BY 'p\\\\'",
                    "GRANT ALL PRIVILEGES ON `my\\_db`.* TO 'u'@'%'",
                ],
            ),
        ):
            with self.subTest(environ):
                self.assertEqual(list(service.accounts(environ)), expected)


if __name__ == "__main__":
    unittest.main()
