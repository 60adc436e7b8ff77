"""Cells of tables that ingest has marked: labels, groups and headers are those of the table's own grid."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from answer.extractive.grid import Cell
from ingest import Block, BlockKind, Page, Table
from ingest import Cell as Marked

_ABOVE = 3
_NEAR = 60.0
_TITLE = 25
_BRIEF = 12
"""Blocks above a table that may be its title, points between it and the lowest of them, words that one may have; words
of a cell of words that is a value."""

_NAMING = frozenset({BlockKind.TITLE, BlockKind.CAPTION, BlockKind.TEXT})


class MarkedCell(Struct, frozen=True):
    """A value of a marked table. `label`: what names its row; `groups`: the headings that its row stands under, nearest
    first; `headers`: what heads its column, nearest first; `titles`: caption and lines above; `unit` as ingest says;
    `run`: the words from the label to the value, along the row; `table`: the place of its block on the page; `column`
    counts from 0."""

    value: Cell
    label: tuple[Cell, ...]
    groups: tuple[Cell, ...]
    headers: tuple[Cell, ...]
    titles: tuple[str, ...]
    unit: str
    run: tuple[int, ...]
    table: int
    column: int


def marked(page: Page) -> Iterator[MarkedCell]:
    """All values of the page's marked tables."""
    for at, block in enumerate(page.blocks):
        if block.table is not None:
            yield from _of(page, at, block, block.table)


def _of(page: Page, at: int, block: Block, table: Table) -> Iterator[MarkedCell]:
    titles = (*_titles(page, at, block), *((table.unit,) if table.unit else ()))
    rows = _rows(table)
    top = table.header_rows or _heading_rows(rows)
    heads = [cell for row in sorted(rows) if row < top for cell in rows[row]] or list(table.inherited)
    groups: list[Marked] = []
    for number in sorted(row for row in rows if row >= top):
        row = rows[number]
        if _is_group(row):
            groups = [*(g for g in groups if number - g.row > 1 and not _closes(g, row[0])), row[0]][-2:]
            continue
        yield from _of_row(page, at, row, tuple(groups), heads, titles)


def _rows(table: Table) -> dict[int, list[Marked]]:
    rows: dict[int, list[Marked]] = {}
    for cell in table.cells:
        if cell.text.strip() and cell.last_word > cell.first_word:
            rows.setdefault(cell.row, []).append(cell)
    return {number: sorted(row, key=lambda cell: cell.column) for number, row in rows.items()}


def _heading_rows(rows: dict[int, list[Marked]]) -> int:
    """1 where nothing is marked as a header but the first row has no figure that is not a year."""
    first = rows.get(0, [])
    return int(len(first) > 1 and not any(_plain(cell).is_value for cell in first))


def _is_group(row: Sequence[Marked]) -> bool:
    return len(row) == 1 and row[0].column == 0 and (row[0].header or not _plain(row[0]).is_value)


def _closes(group: Marked, new: Marked) -> bool:
    """Whether a new heading ends an older one: headings set alike stand on one level."""
    return abs(group.box.x0 - new.box.x0) < 2.0 and group.text.isupper() == new.text.isupper()


def _of_row(
    page: Page,
    at: int,
    row: Sequence[Marked],
    groups: tuple[Marked, ...],
    heads: Sequence[Marked],
    titles: tuple[str, ...],
) -> Iterator[MarkedCell]:
    cells = [_cell(page, cell) for cell in row]
    first = next((n for n, cell in enumerate(cells) if cell.is_value and row[n].column > 0), min(1, len(cells)))
    # A table of words has one label; in a table of figures all words before the first figure name the row.
    label = tuple(cells[:first]) or ((cells[0],) if row[0].column == 0 else ())
    for n, cell in enumerate(cells):
        if row[n].column == 0 or (not cell.is_value and (len(cell.words) > _BRIEF or row[n].header)):
            continue
        names = label if n >= first else tuple(cells[:1])
        above = [head for head in heads if head.column <= row[n].column < head.column + head.column_span]
        yield MarkedCell(
            value=cell,
            label=names,
            groups=tuple(_plain(group) for group in reversed(groups)),
            headers=tuple(_plain(head) for head in sorted(above, key=lambda head: -head.row)),
            titles=titles,
            unit=row[n].unit or "",
            run=tuple(word for other in cells[: n + 1] for word in other.words),
            table=at,
            column=row[n].column,
        )


def _cell(page: Page, cell: Marked) -> Cell:
    return Cell(cell.row, tuple(range(cell.first_word, cell.last_word)), " ".join(cell.text.split()), cell.box)


def _plain(cell: Marked) -> Cell:
    """A cell that is only read: an inherited header's words stand on another page."""
    return Cell(cell.row, (), " ".join(cell.text.split()), cell.box)


def _titles(page: Page, at: int, block: Block) -> tuple[str, ...]:
    """The caption, and the short lines right above."""
    found = [page.blocks[block.caption].text] if block.caption is not None else []
    edge = block.box.y0
    for other in page.blocks[max(0, at - _ABOVE) : at][::-1]:
        near = -4.0 <= edge - other.box.y1 <= _NEAR
        if other.kind not in _NAMING or not near or len(other.text.split()) > _TITLE:
            break
        found.append(other.text)
        edge = other.box.y0
    return tuple(dict.fromkeys(found))
