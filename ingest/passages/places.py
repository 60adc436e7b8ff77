"""Where ranges of a block's text stand on the page."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate

from ingest.document import Block, Box, Word
from ingest.geometry import enclose
from ingest.text.wording import compact


class Places:
    """Words and text differ in spaces, hyphens, leaders and ligatures only, so they agree in how many other characters come
    before."""

    def __init__(self, words: Sequence[Word], block: Block) -> None:
        self._words = words
        self._block = block
        self._ends = list(accumulate(len(compact(word.text)) for word in words))
        self._agree = bool(self._ends) and self._ends[-1] == len(compact(block.text))
        # Ranges come in order: what comes before one is counted on from the one before it.
        self._at, self._count = 0, 0

    def box(self, start: int, end: int) -> Box:
        """The box around the words in a range; the block's where words and text don't agree."""
        if not self._agree:
            return self._block.box
        before = self._counted(start)
        inside = len(compact(self._block.text[start:end]))
        first = bisect_right(self._ends, before)
        last = bisect_left(self._ends, before + inside, lo=first)
        return enclose([word.box for word in self._words[first : last + 1]]) if inside else self._block.box

    def _counted(self, start: int) -> int:
        if start < self._at:
            self._at, self._count = 0, 0
        self._count += len(compact(self._block.text[self._at : start]))
        self._at = start
        return self._count
