import subprocess
import sys
import types
import unittest

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
