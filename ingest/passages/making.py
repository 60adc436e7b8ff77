"""Pieces into passages."""

from collections.abc import Iterator, Sequence

from ingest.document import Box, Page, Passage
from ingest.geometry import enclose
from ingest.passages.budget import Measure, PassageBudget, words
from ingest.passages.pieces import Piece, pieces_of

_USUAL = PassageBudget()


def make_passages(page: Page, budget: PassageBudget = _USUAL, measure: Measure = words) -> tuple[Passage, ...]:
    """The page's passages in reading order: small neighbours merged, long blocks cut at sentence ends, titles and lead-ins with
    what follows. A table is a passage with its caption; a long one is cut between rows, each part under the header again.

    Left out are running headers, footers, page numbers and decorations; every other word of a block is in a passage. Boxes are one
    for each block in it. `measure` counts in the units of `budget`; give the encoder's own count of tokens where there is one.
    """
    pieces = list(pieces_of(page, budget, measure))
    return tuple(
        Passage(
            page=page.number,
            ordinal=ordinal,
            text="\n".join(piece.text for piece in group),
            boxes=_boxes(group),
            section=group[-1].section if all(piece.starts for piece in group[:-1]) else group[0].section,
            label=page.label,
            kinds=tuple(dict.fromkeys(piece.block.kind for piece in group)),
            cells=tuple(cell for piece in group for cell in piece.cells),
        )
        for ordinal, group in enumerate(_groups(pieces, budget.size))
    )


def _groups(pieces: Sequence[Piece], limit: int) -> Iterator[list[Piece]]:
    """Neighbours together while they fit. What starts something goes over to the next group rather than end one."""
    group: list[Piece] = []
    for piece in pieces:
        full = sum(p.size for p in group) + piece.size > limit
        # A table stands alone but for what announces it.
        apart = any(p.whole for p in group) or (piece.whole and not all(p.starts for p in group))
        if group and (full or apart):
            keep = len(group)
            while keep > 1 and group[keep - 1].starts:
                keep -= 1
            # Beginnings only: they stay with what follows, though it is a little over the budget then.
            if not group[keep - 1].starts:
                yield group[:keep]
                group = group[keep:]
        group.append(piece)
    if group:
        yield group


def _boxes(group: Sequence[Piece]) -> tuple[Box, ...]:
    by_block: dict[int, list[Box]] = {}
    for piece in group:
        for index, box in piece.boxes.items():
            by_block.setdefault(index, []).append(box)
    return tuple(enclose(boxes) for boxes in by_block.values())
