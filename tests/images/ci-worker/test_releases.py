import datetime
import json
import os
import tempfile
import unittest

from muster_worker.releases import Deployed, Refused, Site, is_newer, name, one_step_back, to_prune

A, B, C = ("a" * 40, "b" * 40, "c" * 40)


def at(text):
    return datetime.datetime.strptime(text, "%Y%m%dT%H%M%SZ")


class Names(unittest.TestCase):
    def test_time_and_revision(self):
        self.assertEqual(name(at("20260131T120000Z"), A, []), "20260131T120000Z-aaaaaaaaaaaa")

    def test_two_in_one_second_stay_in_order(self):
        first = name(at("20260131T120000Z"), B, [])
        self.assertEqual(name(at("20260131T120000Z"), A, [first]), "20260131T120001Z-aaaaaaaaaaaa")

    def test_a_clock_that_goes_back(self):
        self.assertEqual(
            name(at("20260101T000000Z"), A, ["20260131T235959Z-bbbbbbbbbbbb"]), "20260201T000000Z-aaaaaaaaaaaa"
        )


class Order(unittest.TestCase):
    """A, then B upon it, then C upon B."""

    def test_the_first_one(self):
        self.assertTrue(is_newer(A, {A}, False, 1, None))

    def test_a_descendant_follows_whatever_the_times(self):
        self.assertTrue(is_newer(B, {A, B}, False, 5, Deployed(A, 9, frozenset({A}))))

    def test_the_same_again(self):
        self.assertTrue(is_newer(A, {A}, False, 1, Deployed(A, 9, frozenset({A}))))

    def test_an_ancestor_that_was_the_tip_before_the_newer_push(self):
        self.assertFalse(is_newer(A, {A}, True, 1, Deployed(B, 2, frozenset({A, B}))))

    def test_an_ancestor_rebuilt_later(self):
        self.assertFalse(is_newer(A, {A}, False, 10, Deployed(B, 2, frozenset({A, B}))))

    def test_a_branch_set_back_by_force(self):
        self.assertTrue(is_newer(A, {A}, True, 10, Deployed(B, 2, frozenset({A, B}))))

    def test_a_branch_rewritten_by_force(self):
        self.assertTrue(is_newer(C, {A, C}, True, 10, Deployed(B, 2, frozenset({A, B}))))
        self.assertFalse(is_newer(B, {A, B}, False, 11, Deployed(C, 10, frozenset({A, C}))))


class Pruning(unittest.TestCase):
    releases = [f"2026013{day}T120000Z-{'a' * 12}" for day in range(8)]

    def test_five_stay(self):
        self.assertEqual(to_prune(self.releases, self.releases[-1]), self.releases[:3])

    def test_the_current_one_stays_however_old(self):
        self.assertEqual(to_prune(self.releases, self.releases[0]), self.releases[1:4])

    def test_few_stay(self):
        self.assertEqual(to_prune(self.releases[:5], self.releases[0]), [])

    def test_one_step_back(self):
        self.assertEqual(one_step_back(self.releases, self.releases[4]), self.releases[3])
        with self.assertRaises(Refused):
            one_step_back(self.releases, self.releases[0])
        with self.assertRaises(Refused):
            one_step_back(self.releases, "")


class Sites(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.TemporaryDirectory()
        self.addCleanup(self.root.cleanup)
        self.site = Site(self.root.name, "app")
        self.site.prepare()

    def add(self, day, complete=True):
        release = f"2026010{day}T120000Z-{'a' * 12}"
        os.mkdir(self.site.release_path(release))
        if complete:
            self.site.complete(release, A)
        return release

    def test_nothing_yet(self):
        self.assertEqual((self.site.current(), self.site.releases(), self.site.last_deployed()), ("", [], None))

    def test_switch(self):
        first, second = self.add(1), self.add(2)
        self.site.switch(first)
        self.site.switch(second)
        self.assertEqual(os.readlink(f"{self.root.name}/app/current"), f"releases/{second}")
        self.assertEqual(self.site.revision(second), A)

    def test_what_was_cut_short_is_no_release(self):
        done = self.add(1)
        self.add(2, complete=False)
        self.assertEqual(self.site.releases(), [done])
        self.site.prepare()
        self.assertEqual(os.listdir(self.site.releases_path), [done])

    def test_prune(self):
        releases = [self.add(day) for day in range(1, 8)]
        self.site.switch(releases[0])
        self.assertEqual(self.site.prune(), releases[1:3])
        self.assertEqual(self.site.releases(), [releases[0], *releases[3:]])

    def test_what_was_deployed_is_remembered(self):
        deployed = Deployed(A, 1.5, frozenset({A, B}))
        self.site.remember_deployed(deployed)
        self.assertEqual(self.site.last_deployed(), deployed)

    def test_record(self):
        self.site.record(action="deploy", by='"x"\n')
        self.site.record(action="rollback")
        with open(f"{self.root.name}/app/releases.log", encoding="utf-8") as file:
            self.assertEqual([json.loads(line)["action"] for line in file], ["deploy", "rollback"])
