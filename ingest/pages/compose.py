"""Parts into the words and blocks of a `Page`: every word in one block, blocks in reading order."""

from collections.abc import Mapping, Sequence

from ingest.document import Block, BlockKind, Word
from ingest.layout.parts import Part
from ingest.text.lines import Line
from ingest.text.wording import plain


def compose(parts: Sequence[Part], captions: Mapping[int, int]) -> tuple[tuple[Word, ...], tuple[Block, ...]]:
    """Words in reading order, and the blocks that delimit them. `captions`: see `ingest.layout.captions`."""
    words: list[Word] = []
    blocks: list[Block] = []
    known = _with_hyphens(parts)
    for index, part in enumerate(parts):
        block, own = _block(part, len(words), known, captions.get(index))
        words.extend(own)
        blocks.append(block)
    return tuple(words), tuple(blocks)


def _block(part: Part, first: int, known: frozenset[str], caption: int | None) -> tuple[Block, list[Word]]:
    if part.table is not None:
        own, table, text = part.table.compose(first)
        return Block(part.kind, text, part.box, first, first + len(own), caption=caption, table=table), own
    if part.figure is not None:
        labels = [[line] for line in part.inside] + part.figure.labels
        own = [word for label in labels for line in label for word in line.words]
        text = "\n".join(plain(" ".join(line.text for line in label)) for label in labels)
        kind = part.figure.kind
        return Block(BlockKind.FIGURE, text, part.box, first, first + len(own), caption=caption, figure=kind), own
    assert part.region is not None
    own = [word for line in part.region.lines for word in line.words]
    return Block(part.kind, part.region.text(known), part.box, first, first + len(own), level=part.level), own


def _with_hyphens(parts: Sequence[Part]) -> frozenset[str]:
    """Words that the page itself writes with a hyphen; see `ingest.text.wording.join_lines`."""
    lines: list[Line] = [line for part in parts if part.region for line in part.region.lines]
    return frozenset(word.text.lower() for line in lines for word in line.words if "-" in word.text[1:-1])
