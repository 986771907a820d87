import hashlib
import os
import subprocess
import tempfile
import unittest

import support  # noqa: F401

import passwords

SECRET = "aB3dE5gH7jK9mN1pQ3sT5"


def git(*arguments):
    author = {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = subprocess.run(["git", *arguments], stdout=subprocess.PIPE, check=True, env={**os.environ, **author})
    return done.stdout.decode().strip()


class Passwords(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(folder.name)
        git("init", "--quiet", "--initial-branch=main")
        self.write("README.md", "nothing")
        self.first = self.commit()
        self.prints = {hashlib.sha256(SECRET.encode()).hexdigest(): "alice's database password"}

    def write(self, path, text):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def commit(self):
        git("add", "--all")
        git("commit", "--quiet", "--message=x")
        return git("rev-parse", "HEAD")

    def test_a_password_in_what_is_pushed_is_found_even_if_a_later_commit_removes_it(self):
        self.write("wp-config.php", f"define('DB_PASSWORD', '{SECRET}');")
        self.commit()
        os.unlink("wp-config.php")
        new = self.commit()
        found = list(passwords.found([(self.first, new, "main")], self.prints))
        self.assertEqual(found, ["wp-config.php holds alice's database password"])

    def test_what_was_pushed_before_and_parts_of_other_words_are_not_told(self):
        self.write("old.php", SECRET)
        old = self.commit()
        self.write("other.txt", f"x{SECRET} {SECRET[:-1]}")
        self.assertEqual(list(passwords.found([(old, self.commit(), "main")], self.prints)), [])

    def test_a_new_branch_and_one_that_is_deleted(self):
        self.write("a", SECRET)
        git("switch", "--quiet", "--create", "idea")
        new = self.commit()
        git("switch", "--quiet", "main")
        zero = passwords.ZERO
        self.assertEqual(len(list(passwords.found([(zero, new, "idea"), (new, zero, "gone")], self.prints))), 1)

    def test_the_first_push_of_all(self):
        self.write("a", SECRET)
        updates = [(passwords.ZERO, self.commit(), "main")]
        self.assertEqual(len(list(passwords.found(updates, self.prints))), 1)

    def test_large_files_are_left_out(self):
        self.write("large", SECRET + "\n" + "x" * passwords.FILE_LIMIT)
        self.assertEqual(list(passwords.found([(self.first, self.commit(), "main")], self.prints)), [])

    def test_what_editors_leave(self):
        self.write("members", "alice\n")
        digest = "a" * 64
        self.assertTrue(passwords.store("alice", f"git {digest}\n", "prints"))
        self.assertTrue(passwords.store("bob", f"git {'b' * 64}\n", "prints"))
        self.assertEqual(passwords.known("prints", "members"), {digest: "alice's git password"})
        for wrong in ("", "git x", f"../x {digest}", f"git {digest}\n" * 11):
            self.assertFalse(passwords.store("alice", wrong, "prints"))


if __name__ == "__main__":
    unittest.main()
