"""How long a job will go on, from how long its pages took."""

import time
from collections import deque
from collections.abc import Callable

RECENT_PAGES = 40
"""Pages that count as lately: some batches, so that one slow page does not shake the estimate."""


class Pace:
    """The time left for a run over `pages` pages: those left times the mean of what a page took lately and what one took on
    the whole.

    Pages of text take hundredths of a second and scans take seconds. What pages took lately follows a document that turns from
    one to the other; what they took on the whole evens it out where the two alternate.
    """

    def __init__(self, pages: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._pages = pages
        self._clock = clock
        self._done = 0
        self._marks = deque([(0, clock())])
        self._began = self._marks[0][1]

    def seconds_left(self, pages: int) -> float:
        """`pages` more are done; wall seconds until all are."""
        now = self._clock()
        self._done += pages
        self._marks.append((self._done, now))
        while len(self._marks) > 2 and self._done - self._marks[1][0] >= RECENT_PAGES:
            self._marks.popleft()
        done, since = self._marks[0]
        lately, whole = (now - since) / (self._done - done), (now - self._began) / self._done
        return round((lately + whole) / 2 * (self._pages - self._done), 1)
