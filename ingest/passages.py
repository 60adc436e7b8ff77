"""Cuts a page into passages, the pieces of text that are embedded. Pure; never across pages."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from msgspec import Struct

from ingest.document import Block, BlockKind, Box, Page, Passage, Word
from ingest.geometry import enclose
from ingest.text.wording import compact

_LEFT_OUT = (BlockKind.HEADER, BlockKind.FOOTER, BlockKind.PAGE_NUMBER)
_SENTENCE = re.compile(r"(?<=[.!?。！？])[\"'”’)\]]*\s+(?=[\"'“‘(\[]?[A-Z0-9À-ÞΑ-ΩА-Я])|\n+")

_TOKEN = re.compile(r"\S+")
_UNITS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\w{1,8}|[^\w\s]")


class PassageBudget(Struct, frozen=True):
    """Sizes of passages, in words.

    The default encoder reads 256 word pieces and ignores the rest. Running text takes 1.3 pieces a word and retrieval puts the
    section path in front, so 150 words fit. Figures, marks and scripts without spaces take more pieces a word and count for more
    (see `_size`). `overlap` is the number of words, at most, of a long block's last sentence that the next passage begins with.
    """

    words: int = 150
    overlap: int = 0


_USUAL = PassageBudget()


class _Piece(Struct):
    """A block, or a part of one that is too long. `size` in words, see `_size`."""

    text: str
    box: Box
    size: int
    heading: bool
    block: int


def make_passages(page: Page, budget: PassageBudget = _USUAL) -> tuple[Passage, ...]:
    """The page's passages in reading order: small neighbours merged, long blocks cut at sentence ends, headings with what follows.

    Running headers and footers are left out; every other word of a block is in a passage. Boxes are one for each block in it.
    """
    blocks = [b for b in page.blocks if b.kind not in _LEFT_OUT and b.text.strip()]
    pieces = [piece for index, block in enumerate(blocks) for piece in _pieces(page, block, index, budget)]
    return tuple(
        Passage(
            page=page.number,
            ordinal=ordinal,
            text="\n".join(piece.text for piece in group),
            boxes=_boxes(group),
            section=page.section,
            label=page.label,
        )
        for ordinal, group in enumerate(_groups(pieces, budget.words))
    )


def _size(text: str) -> int:
    """Words, or what is as long as so many words to an encoder: a sequence of more than eight letters, a mark, and a character
    of Chinese, Japanese or Korean each take a piece of their own; running text has 1.4 of these a word."""
    return _longer(len(text.split()), len(_UNITS.findall(text)))


def _longer(words: int, units: int) -> int:
    return max(words, round(units / 1.5))


def _groups(pieces: Sequence[_Piece], limit: int) -> Iterator[list[_Piece]]:
    """Neighbours together while they fit. Headings at the end of a group go over to the next one."""
    group: list[_Piece] = []
    for piece in pieces:
        if group and sum(p.size for p in group) + piece.size > limit:
            keep = len(group)
            while keep > 1 and group[keep - 1].heading:
                keep -= 1
            # Headings only: they stay with what follows, though it is a little over the budget then.
            if not group[keep - 1].heading:
                yield group[:keep]
                group = group[keep:]
        group.append(piece)
    if group:
        yield group


def _boxes(group: Sequence[_Piece]) -> tuple[Box, ...]:
    by_block: dict[int, list[Box]] = {}
    for piece in group:
        by_block.setdefault(piece.block, []).append(piece.box)
    return tuple(enclose(boxes) for boxes in by_block.values())


def _pieces(page: Page, block: Block, index: int, budget: PassageBudget) -> Iterator[_Piece]:
    count = _size(block.text)
    heading = block.kind is BlockKind.TITLE
    if count <= budget.words:
        yield _Piece(block.text, block.box, count, heading, index)
        return
    places = _Places(page.words[block.first_word : block.last_word], block)
    for start, end in _cuts(block.text, budget):
        text = block.text[start:end].strip()
        yield _Piece(text, places.box(start, end), _size(text), heading, index)


def _cuts(text: str, budget: PassageBudget) -> Iterator[tuple[int, int]]:
    """Ranges of a long text: whole sentences (or rows) up to the budget."""
    start, words = 0, 0
    last = (0, 0)
    for low, high in _sentences(text, budget.words):
        count = _size(text[low:high])
        if words and words + count > budget.words:
            yield start, low
            repeated = _size(text[last[0] : last[1]])
            start, words = (last[0], repeated) if repeated <= min(budget.overlap, budget.words - count) else (low, 0)
        words += count
        last = (low, high)
    if text[start:].strip():
        yield start, len(text)


def _sentences(text: str, limit: int) -> Iterator[tuple[int, int]]:
    """Ranges of sentences and rows; one longer than the limit is cut between words."""
    ends = [match.end() for match in _SENTENCE.finditer(text)] + [len(text)]
    for low, high in pairwise([0, *ends]):
        start, words, units = low, 0, 0
        for match in _TOKEN.finditer(text, low, high):
            more = len(_UNITS.findall(match.group()))
            if words and _longer(words + 1, units + more) > limit:
                yield start, match.start()
                start, words, units = match.start(), 0, 0
            words, units = words + 1, units + more
        if words:
            yield start, high


class _Places:
    """Where ranges of a block's text stand on the page.

    Words and text differ in spaces, hyphens, leaders and ligatures only, so they agree in how many other characters come before.
    """

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
