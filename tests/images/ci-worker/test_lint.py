import unittest

from muster_worker import lint

# What PHP 8.4 prints.
SAID = """
Parse error: syntax error, unexpected token ";" in ./public/a.php on line 1
Errors parsing ./public/a.php

Deprecated: f(): Implicitly marking parameter $x as nullable is deprecated in ./b.php on line 1
No syntax errors detected in ./b.php
No syntax errors detected in ./c.php

Fatal error: Cannot redeclare class A (previously declared in ./plugin/d.php:1) in ./plugin/d.php on line 1
Errors parsing ./plugin/d.php
Errors parsing ./quiet.php
""".splitlines()


class Sort(unittest.TestCase):
    def test_errors_copied_code_and_remarks(self):
        errors, forgiven, remarks = lint.sort(SAID, ["plugin"])
        self.assertEqual([line.split(" in ")[0] for line in errors],
                         ['Parse error: syntax error, unexpected token ";"', "Errors parsing quiet.php"])
        self.assertEqual([line[:11] for line in forgiven], ["Fatal error"])
        self.assertEqual(remarks, {"Deprecated": 1})

    def test_a_folder_is_no_beginning_of_a_name(self):
        self.assertTrue(lint.below("lib/a.php", ["lib"]))
        self.assertTrue(lint.below("a.php", ["a.php"]))
        self.assertFalse(lint.below("library/a.php", ["lib"]))


if __name__ == "__main__":
    unittest.main()
