import unittest

from muster_worker.output import Output


def through(texts, first=10, last=4):
    output = Output(first, last)
    return "".join(map(output.take, texts)) + output.rest()


class Bounded(unittest.TestCase):
    def test_what_fits_stays_as_it_is(self):
        for texts in ([], ["1234567890"], ["12345", "67890"], ["1234567890", "abcd"], ["123456789", "0a", "bcd"]):
            with self.subTest(texts):
                self.assertEqual(through(texts), "".join(texts))

    def test_the_middle_is_left_out_and_counted(self):
        note = "\n… {} characters are left out here: the output is too long …\n"
        for texts, dropped, end in (
            (["1234567890" + "x" * 20 + "last"], 20, "last"),
            (["1234567890", *"x" * 20, *"last"], 20, "last"),
            (["1234567890", "xx", "yy", "last"], 4, "last"),
        ):
            with self.subTest(texts):
                self.assertEqual(through(texts), "1234567890" + note.format(dropped) + end)

    def test_endless_output_takes_no_memory(self):
        output = Output(10, 100)
        for _ in range(10_000):
            output.take("x" * 99)
        self.assertLess(len(output.rest()), 400)
