"""Cuts a page into passages, the pieces of text that are embedded. Pure; never across pages."""

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from msgspec import Struct

from ingest.document import Block, BlockKind, Box, Page, Passage
from ingest.geometry import enclose
from ingest.wording import compact

_LEFT_OUT = (BlockKind.HEADER, BlockKind.FOOTER)
_SENTENCE = re.compile(r"(?<=[.!?。！？])[\"'”’)\]]*\s+(?=[\"'“‘(\[]?[A-Z0-9À-ÞΑ-ΩА-Я])|\n+")


class PassageBudget(Struct, frozen=True):
    """Sizes of passages, in words.

    The default encoder reads 256 word pieces and ignores the rest. English reports take 1.3 to 1.6 pieces a word (figures take
    more), and retrieval puts the section path in front, so 150 words just fit. `overlap` is the number of words, at most, of a
    long block's last sentence that the next passage begins with.
    """

    words: int = 150
    overlap: int = 0


_USUAL = PassageBudget()


class _Piece(Struct):
    """A block, or a part of one that is too long."""

    text: str
    box: Box
    words: int
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


def _groups(pieces: Sequence[_Piece], limit: int) -> Iterator[list[_Piece]]:
    """Neighbours together while they fit. Headings at the end of a group go over to the next one."""
    group: list[_Piece] = []
    for piece in pieces:
        if group and sum(p.words for p in group) + piece.words > limit:
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
    count = len(block.text.split())
    heading = block.kind is BlockKind.TITLE
    if count <= budget.words:
        yield _Piece(block.text, block.box, count, heading, index)
        return
    for start, end in _cuts(block.text, budget):
        text = block.text[start:end].strip()
        yield _Piece(text, _box_of(page, block, start, end), len(text.split()), heading, index)


def _cuts(text: str, budget: PassageBudget) -> Iterator[tuple[int, int]]:
    """Ranges of a long text: whole sentences (or rows) up to the budget."""
    start, words = 0, 0
    last = (0, 0)
    for low, high in _sentences(text, budget.words):
        count = len(text[low:high].split())
        if words and words + count > budget.words:
            yield start, low
            repeated = len(text[last[0] : last[1]].split())
            start, words = (last[0], repeated) if repeated <= min(budget.overlap, budget.words - count) else (low, 0)
        words += count
        last = (low, high)
    if text[start:].strip():
        yield start, len(text)


def _sentences(text: str, limit: int) -> Iterator[tuple[int, int]]:
    """Ranges of sentences and rows; one longer than the limit is cut between words."""
    ends = [match.end() for match in _SENTENCE.finditer(text)] + [len(text)]
    low = 0
    for high in ends:
        starts = [low + match.start() for match in re.finditer(r"\S+", text[low:high])]
        cuts = [low, *starts[limit::limit], high]
        yield from ((a, b) for a, b in pairwise(cuts) if text[a:b].strip())
        low = high


def _box_of(page: Page, block: Block, start: int, end: int) -> Box:
    """The box around the words that a range of the block's text stands for.

    Words and text differ in spaces, hyphens and ligatures only, so they agree in how many other characters come before.
    """
    words = page.words[block.first_word : block.last_word]
    before, inside = len(compact(block.text[:start])), len(compact(block.text[start:end]))
    ends = list(accumulate(len(compact(w.text)) for w in words))
    if not ends or ends[-1] != len(compact(block.text)):
        return block.box
    found = [
        w.box for w, e in zip(words, ends, strict=True) if before < e and e - len(compact(w.text)) < before + inside
    ]
    return enclose(found) if found else block.box
