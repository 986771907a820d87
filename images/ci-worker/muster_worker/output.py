"""Bounds what a command may say. Runs nothing."""

import collections

# Characters of one command: what comes first, and what comes last, where its answer and the causes are.
FIRST = 4 * 1024**2
LAST = 256 * 1024


class Output:
    """Passes on the first characters of a command's output, and keeps the last ones for its end."""

    def __init__(self, first=FIRST, last=LAST):
        self._left = first
        self._last = last
        self._kept = collections.deque()
        self._size = 0
        self._dropped = 0

    def take(self, text):
        """What to pass on now."""
        now, later = text[: self._left], text[self._left :]
        self._left -= len(now)
        if later:
            self._kept.append(later[-self._last :])
            self._dropped += len(later) - len(self._kept[-1])
            self._size += len(self._kept[-1])
            while self._size - len(self._kept[0]) >= self._last:
                self._size -= len(self._kept[0])
                self._dropped += len(self._kept.popleft())
        return now

    def rest(self):
        """What to pass on at the end."""
        kept = "".join(self._kept)
        self._kept.clear()
        if not self._dropped:
            return kept
        return f"\n… {self._dropped} characters are left out here: the output is too long …\n{kept}"
