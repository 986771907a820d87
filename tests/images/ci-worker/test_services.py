import configparser
import pathlib
import unittest
from unittest import mock

from muster_worker import serve

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
        with mock.patch("subprocess.Popen") as start:
            command = serve.cache()
        [[order], _] = start.call_args
        self.assertEqual(order[order.index("--save") + 1], "")
        self.assertEqual(command[1:], ["ACCEPT-FD:3,fork", "UNIX-CONNECT:/tmp/redis.sock,retry=50,interval=0.1"])


if __name__ == "__main__":
    unittest.main()
