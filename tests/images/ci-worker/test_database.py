import json
import os
import tempfile
import unittest
from unittest import mock

from muster_worker import database, sites
from muster_worker.releases import Refused

ENVIRON = {"DB_ADMIN_PASSWORD": "secret", "REPOSITORY": "app", "PATH": os.environ["PATH"]}


class Accounts(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        done = mock.Mock(returncode=0, stderr=b"")
        self.run = self.enterContext(mock.patch.object(database.subprocess, "run", return_value=done))

    def test_one_for_each_but_the_first(self):
        self.assertEqual(database.ensure(self.folder, "app", ENVIRON), {})
        account = database.ensure(self.folder, "my-blog", ENVIRON)
        self.assertEqual((account["DB_NAME"], account["DB_USER"]), ("my-blog", "my-blog"))
        self.assertRegex(account["DB_PASSWORD"], r"^[A-Za-z0-9]{24}$")
        self.assertEqual(database.ensure(self.folder, "my-blog", ENVIRON), account)
        self.assertEqual(os.stat(f"{self.folder}/database.json").st_mode & 0o777, 0o600)

    def test_which_it_is_is_told(self):
        asked = lambda project: sites.database_of(self.folder, None, {"project": project})["name"]
        self.assertIsNone(asked("blog"))
        os.mkdir(f"{self.folder}/blog")
        database.ensure(f"{self.folder}/blog", "blog", ENVIRON)
        self.assertEqual(asked("blog"), "blog")

    def test_rights_end_at_the_own_database(self):
        database.ensure(self.folder, "a_b", ENVIRON)
        grant = json.loads(self.run.call_args.kwargs["input"])[-1]
        self.assertEqual(grant, "GRANT ALL PRIVILEGES ON `a\\_b`.* TO 'a_b'@'%'")

    def test_a_server_of_its_own(self):
        own = {"REPOSITORY": "blog", "PATH": os.environ["PATH"]}
        self.assertEqual(database.ensure(self.folder, "blog", own), {})
        account = {"DB_NAME": "blog", "DB_USER": "blog", "DB_PASSWORD": "moved"}
        with open(f"{self.folder}/database.json", "w", encoding="ascii") as file:
            json.dump(account, file)
        self.assertEqual(database.ensure(self.folder, "blog", own), account)
        self.run.assert_not_called()

    def test_names_that_the_server_has(self):
        self.assertEqual(database.name_of("mysql"), "repository_mysql")

    def test_a_database_that_refuses(self):
        self.run.return_value = mock.Mock(returncode=1, stderr=b"Access denied")
        with self.assertRaisesRegex(Refused, "no account for blog: Access denied"):
            database.ensure(self.folder, "blog", ENVIRON)
        self.assertEqual(os.listdir(self.folder), [])
