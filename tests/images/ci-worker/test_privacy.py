import os
import signal
import subprocess
import sys
import types
import unittest
from unittest import mock

from muster_worker import privacy

TO_ITSELF = """import os, signal
from muster_worker import privacy
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
os.kill(os.getpid(), signal.SIGTERM)
print(privacy.from_outside(signal.sigwaitinfo({signal.SIGTERM})))"""


class Signals(unittest.TestCase):
    def test_only_the_engine_ends_the_worker(self):
        for code, sender, expected in (
            (privacy.SI_USER, 0, True),
            # A process of the container, by kill(2).
            (privacy.SI_USER, 7, False),
            # By sigqueue(3), which may name any sender.
            (-1, 0, False),
            # By tgkill(2).
            (-6, 0, False),
        ):
            with self.subTest(code=code, sender=sender):
                info = types.SimpleNamespace(si_code=code, si_pid=sender)
                self.assertEqual(privacy.from_outside(info), expected)

    def test_a_signal_of_ones_own_is_not_the_engines(self):
        # In a process of its own: any thread that another test has left would take the signal, and end them all.
        told = subprocess.run([sys.executable, "-c", TO_ITSELF], capture_output=True, text=True, check=False)
        self.assertEqual((told.returncode, told.stdout, told.stderr), (0, "False\n", ""))


class Ending(unittest.TestCase):
    def test_only_the_first_process_ends_all_others(self):
        with self.assertRaisesRegex(RuntimeError, "first process"):
            privacy.end_others()

    def test_only_a_command_of_the_worker_ends_what_another_one_left(self):
        for parent, environ in ((7, {"CI_ROLE": "deployer"}), (1, {})):
            with (
                self.subTest(parent=parent),
                mock.patch("os.getppid", return_value=parent),
                mock.patch.dict(os.environ, environ, clear=True),
                mock.patch("os.kill") as kill,
                self.assertRaisesRegex(RuntimeError, "the worker started"),
            ):
                privacy.end_left()
            kill.assert_not_called()

    def test_it_goes_on_when_they_are_gone(self):
        with (
            mock.patch("os.getppid", return_value=1),
            mock.patch.dict(os.environ, {"CI_ROLE": "deployer"}),
            mock.patch("os.kill", side_effect=[None, ProcessLookupError]) as kill,
            mock.patch("os.listdir", return_value=["1", str(os.getpid()), "self", "8"]),
            mock.patch.object(privacy, "_lives", return_value=True) as lives,
        ):
            privacy.end_left()
        lives.assert_called_once_with("8")
        self.assertEqual(kill.call_args_list, [mock.call(-1, signal.SIGKILL)] * 2)
