import io
import os
import tarfile
import tempfile
import unittest
from unittest import mock

from muster_worker import bounds


class Bounds(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(folder.name)

    def test_a_file_with_holes_is_refused_by_the_size_that_it_seems_to_have(self):
        with open("hole", "wb") as file:
            file.truncate(900 * 1024**3)
        with bounds.Package.open("package.tar", "w") as archive:
            with self.assertRaisesRegex(bounds.TooMuch, r"more than 1024 MiB with hole \(921600 MiB\)"):
                archive.add("hole")
        self.assertLess(os.path.getsize("package.tar"), 100_000)

    def test_files_are_counted_together_with_those_that_are_there(self):
        with mock.patch.object(bounds, "FILES", 3):
            for name in ("a", "b", "c"):
                with bounds.Package.open("package.tar", "a") as archive:
                    archive.addfile(tarfile.TarInfo(name))
            with bounds.Package.open("package.tar", "a") as archive, self.assertRaisesRegex(
                bounds.TooMuch, "more than 3 files: the next one is d"
            ):
                archive.addfile(tarfile.TarInfo("d"))

    def test_bytes_are_counted_together(self):
        with mock.patch.object(bounds, "MEGABYTES", 1), bounds.Package.open("package.tar", "w") as archive:
            member = tarfile.TarInfo("half")
            member.size = 512 * 1024
            archive.addfile(member, io.BytesIO(b"x" * member.size))
            with self.assertRaisesRegex(bounds.TooMuch, "more than 1 MiB with half"):
                archive.addfile(member, io.BytesIO(b"x" * member.size))

    def test_the_deployer_counts_again(self):
        member = tarfile.TarInfo("hole")
        member.size = 2 * 1024**3
        for members, message in (([member], "has 2048 MiB"), ([member] * 100_001, "has 100001 files")):
            with self.subTest(message), self.assertRaisesRegex(bounds.TooMuch, message):
                bounds.package(mock.Mock(getmembers=lambda members=members: members))

    def test_a_commit(self):
        line = "100644 blob 0123456789abcdef {}\ta\tb\n\0"
        bounds.Sources().commit(line.format("1048576") * 2 + "160000 commit 0123 -\tmodule\0")
        for listing, message in (
            (line.format(3 * 1024**3), "the commit has 3072 MiB, more than 2048"),
            (line.format(0) * 200_001, "the commit has 200001 files, more than 200000"),
        ):
            with self.subTest(message), self.assertRaisesRegex(bounds.TooMuch, message):
                bounds.Sources().commit(listing)

    def test_a_commit_counts_together_with_its_submodules_and_large_files(self):
        line = "100644 blob 0123456789abcdef {}\ta\0"
        sources = bounds.Sources()
        sources.commit(line.format(1024**3))
        sources.commit(line.format(1024**3), "the commit with its submodule lib")
        with self.assertRaisesRegex(bounds.TooMuch, "the commit with its submodule lib has 3072 MiB"):
            sources.commit(line.format(1024**3), "the commit with its submodule lib")
        with self.assertRaisesRegex(bounds.TooMuch, "the commit with its files of Git LFS has 4096 MiB"):
            sources.large_files([1024**3])
