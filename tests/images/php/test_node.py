import os
import socket
import sys
import tempfile
import unittest
from unittest import mock

for part in ("node", "survey"):
    sys.path.insert(0, os.path.abspath(os.path.join(os.path.dirname(__file__), "../../../images/php", part)))
sys.dont_write_bytecode = True

import muster_node as node  # noqa: E402


class InAProject(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(folder.name)

    def write(self, name, text):
        with open(name, "w", encoding="utf-8") as file:
            file.write(text)


class Registries(InAProject):
    def test_those_that_the_project_names(self):
        for name, text, expected in (
            (".npmrc", "registry=https://npm.corp.example/npm/\n//npm.corp.example/:_authToken=x", ("npm.corp.example", 443)),
            (".npmrc", "@corp:registry = http://npm.corp.example:4873", ("npm.corp.example", 4873)),
            (".npmrc", "registry=https://registry.npmjs.org/", None),
            (".yarnrc", 'registry "https://npm.corp.example"', ("npm.corp.example", 443)),
            (".yarnrc.yml", 'npmRegistryServer: "https://npm.corp.example"', ("npm.corp.example", 443)),
            ("package-lock.json", '"resolved": "https://npm.corp.example/a.tgz"', ("npm.corp.example", 443)),
            ("yarn.lock", '  resolved "https://registry.yarnpkg.com/a.tgz#1"', None),
            ("pnpm-lock.yaml", "{integrity: x, tarball: https://npm.corp.example/a.tgz}", ("npm.corp.example", 443)),
            ("package-lock.json", '"funding": {"url": "https://opencollective.com/a"}', None),
        ):
            with self.subTest(text):
                self.write(name, text)
                self.assertEqual(list(node.registries()), [expected] if expected else [])
                os.unlink(name)

    def test_one_that_is_not_there_is_named(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.write(".npmrc", f"registry=http://127.0.0.1:{server.getsockname()[1]}/")
            node.check_registries()
        with self.assertRaisesRegex(SystemExit, r"registry http://127\.0\.0\.1/ does not answer \(Connection refused\)"):
            node.check_registries()


class Mirror(InAProject):
    LOCK = 'a@1:\n  resolved "https://registry.yarnpkg.com/a/-/a-1.tgz#1"\n'

    def mirrored(self, manager, version, npmrc=""):
        self.write("yarn.lock", self.LOCK)
        self.write(".npmrc", npmrc)
        with mock.patch.dict(os.environ):
            node.use_mirror(manager, version, "http://mirror.example/npm")
            return node.read("yarn.lock"), os.environ.get("npm_config_registry")

    def test_old_locks_of_yarn_follow_it(self):
        lock, registry = self.mirrored("yarn", "1.22")
        self.assertIn('resolved "http://mirror.example/npm/a/-/a-1.tgz#1"', lock)
        self.assertEqual(registry, "http://mirror.example/npm")

    def test_others_keep_theirs(self):
        self.assertEqual(self.mirrored("pnpm", "9"), (self.LOCK, "http://mirror.example/npm"))
        self.assertEqual(self.mirrored("yarn", "1", "registry=https://x.example/"), (self.LOCK, None))


class Versions(InAProject):
    def test_the_one_that_the_project_asks_for(self):
        self.write("package.json", '{"packageManager": "pnpm@9.1.0"}')
        os.mkdir("web")
        os.chdir("web")
        self.assertEqual(node.asked_for("pnpm"), "9.1.0")
        self.assertEqual(node.asked_for("yarn"), "1")
