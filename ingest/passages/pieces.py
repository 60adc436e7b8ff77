"""Blocks into pieces no larger than a passage. A table's pieces repeat its caption and header, a figure's its caption."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from ingest.document import Block, BlockKind, Box, Cell, FigureKind, Page, Table
from ingest.geometry import enclose
from ingest.passages.budget import Measure, PassageBudget
from ingest.passages.cutting import cuts
from ingest.passages.places import Places

_LEFT_OUT = (BlockKind.HEADER, BlockKind.FOOTER, BlockKind.PAGE_NUMBER)
_NOT_SEARCHED = (FigureKind.DECORATION, FigureKind.LOGO)
_REPEATED = 0.4
"""The share of a passage that a repeated caption and header may take."""


class Piece(Struct):
    """A block, or a part of one that is too long."""

    text: str
    boxes: dict[int, Box]
    """By the index of the block: a caption's beside the table's."""
    size: int
    block: Block
    section: tuple[str, ...] = ()
    starts: bool = False
    """Whether it must not stay at the end of a passage: a title, or the lead-in of a list."""
    whole: bool = False
    """Whether it makes a passage of its own: a table, or a part of one."""
    cells: tuple[Cell, ...] = ()


def pieces_of(page: Page, budget: PassageBudget, measure: Measure) -> Iterator[Piece]:
    """The page's pieces in reading order, without running headers and decorations. Captions go with what they name."""
    tied = {block.caption for block in page.blocks if block.caption is not None and _is_searched(block)}
    section = page.section
    shown = [(i, b) for i, b in enumerate(page.blocks) if i not in tied and _is_searched(b)]
    for place, (index, block) in enumerate(shown):
        if block.kind is BlockKind.TITLE and block.level is not None:
            section = (*section[: block.level - 1], block.text)
        after = shown[place + 1][1] if place + 1 < len(shown) else None
        for piece in _pieces(page, index, block, budget, measure):
            piece.section = section
            piece.starts = block.kind is BlockKind.TITLE or _leads_in(block, after)
            yield piece


def _is_searched(block: Block) -> bool:
    if block.figure in _NOT_SEARCHED or block.kind in _LEFT_OUT:
        return False
    return bool(block.text.strip()) or block.caption is not None


def _leads_in(block: Block, after: Block | None) -> bool:
    """Whether a text announces the list or table that follows: "The fees are:"."""
    follows = after is not None and after.kind in (BlockKind.LIST, BlockKind.TABLE)
    return follows and block.kind is BlockKind.TEXT and block.text.rstrip().endswith(":")


def _pieces(page: Page, index: int, block: Block, budget: PassageBudget, measure: Measure) -> Iterator[Piece]:
    caption = page.blocks[block.caption] if block.caption is not None else None
    lead = caption.text if caption is not None else ""
    boxes = {block.caption: caption.box} if caption is not None and block.caption is not None else {}
    text = "\n".join(part for part in (lead, block.text) if part)
    size = measure(text)
    whole = block.kind is BlockKind.TABLE
    if size <= budget.size:
        cells = block.table.inherited + block.table.cells if block.table else ()
        yield Piece(text, {**boxes, index: block.box}, size, block, whole=whole, cells=cells)
    elif block.table is not None:
        for piece in _rows(index, block, block.table, lead, budget, measure):
            piece.boxes = {**boxes, **piece.boxes}
            yield piece
    else:
        places = Places(page.words[block.first_word : block.last_word], block)
        for start, end in cuts(block.text, budget, measure):
            part = block.text[start:end].strip()
            said = "\n".join(x for x in (lead, part) if x)
            yield Piece(said, {**boxes, index: places.box(start, end)}, measure(said), block, whole=whole)
            lead, boxes = "", {}


def _rows(
    index: int, block: Block, table: Table, lead: str, budget: PassageBudget, measure: Measure
) -> Iterator[Piece]:
    """A long table, cut between rows; every part begins with the caption and the header rows, where they leave room for rows."""
    by_row = [[cell for cell in table.cells if cell.row == row] for row in range(table.rows)]
    header = [row for row in by_row[: table.header_rows] if row] or [list(table.inherited)]
    body = [row for row in by_row[table.header_rows if table.header_rows else 0 :] if row]
    head = "\n".join(part for part in (lead, *map(_line, header)) if part)
    heads = measure(head) <= _REPEATED * budget.size
    first = True
    for rows in _fitting(body, budget.size - (measure(head) if heads else 0), measure):
        headed = heads or first
        cells = tuple(cell for row in ([*header, *rows] if headed else rows) for cell in row)
        text = "\n".join([*([head] if headed and head else []), *map(_line, rows)])
        shown = [cell.box for cell in cells if cell not in table.inherited]
        for part, end in _within(text, budget, measure):
            yield Piece(part, {index: enclose(shown)}, measure(part), block, whole=True, cells=cells if end else ())
        first = False
    if not body:
        yield Piece(head, {index: block.box}, measure(head), block, whole=True, cells=table.cells)


def _within(text: str, budget: PassageBudget, measure: Measure) -> Iterator[tuple[str, bool]]:
    """A row that is longer than a passage comes in parts; the last is marked."""
    if measure(text) <= 1.5 * budget.size:
        yield text, True
        return
    ranges = list(cuts(text, budget, measure))
    for number, (start, end) in enumerate(ranges, start=1):
        yield text[start:end].strip(), number == len(ranges)


def _fitting(rows: Sequence[list[Cell]], limit: int, measure: Measure) -> Iterator[list[list[Cell]]]:
    part: list[list[Cell]] = []
    size = 0
    for row in rows:
        count = measure(_line(row))
        if part and size + count > limit:
            yield part
            part, size = [], 0
        part.append(row)
        size += count
    if part:
        yield part


def _line(row: Sequence[Cell]) -> str:
    return "\t".join(cell.text for cell in row if cell.text)
