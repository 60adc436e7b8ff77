"""Tables among the rows of a page: rows of cells near one another, with the rows of headers above them. Geometry only."""

import re
from collections.abc import Iterator
from itertools import pairwise
from statistics import median

from ingest.document import Box
from ingest.geometry import enclose
from ingest.text.lines import Line

Row = list[Line]

BULLET = re.compile(r"^([•◦▪■●○‣–—*·∙➢➤✓✔-]|\(?([0-9]{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)])$")
_CELL_WORDS = 6
_HEADER_WORDS = 4
_BETWEEN_ROWS = 2
_BETWEEN_WORDS = 12


def find_tables(rows: list[Row]) -> Iterator[tuple[int, int]]:
    """Half-open ranges of rows that make tables: at least two rows of cells, near one another. Short lines between them (a heading
    of a group of rows) and the rows of headers above belong to the table."""
    reached = 0
    for first, last in _runs(rows):
        while first > reached and _heads(rows[first - 1], _box(rows[first:last])):
            first -= 1
        while last < len(rows) and _is_within(rows[last], _box(rows[first:last])):
            last += 1
        yield first, last
        reached = last


def _runs(rows: list[Row]) -> Iterator[tuple[int, int]]:
    start: int | None = None
    last = 0
    for index, row in enumerate(rows):
        if not _is_of_cells(row):
            continue
        if start is not None and _continues(rows[last : index + 1]):
            last = index
            continue
        if start is not None and last > start:
            yield start, last + 1
        start = last = index
    if start is not None and last > start:
        yield start, last + 1


def _is_of_cells(row: Row) -> bool:
    """A row of a table: cells of a few words, after the first, which may be a long label. A bullet is no cell."""
    cells = row[1:] if row and BULLET.match(row[0].text) else row
    return len(cells) >= 2 and median(len(cell.words) for cell in cells[1:]) <= _CELL_WORDS


def _continues(rows: list[Row]) -> bool:
    """Whether the last row continues the table of the first: at most two short rows between, and no wide gap."""
    between = rows[1:-1]
    if len(between) > _BETWEEN_ROWS or any(_words(row) > _BETWEEN_WORDS for row in between):
        return False
    return all(_follows(upper, lower) for upper, lower in pairwise(rows))


def _follows(upper: Row, lower: Row) -> bool:
    above, below = _box([upper]), _box([lower])
    height = median(cell.height for cell in lower)
    gap = below.y0 - above.y1
    jumps_up = below.y0 < above.y0 and gap < -0.5 * height
    return not jumps_up and gap <= 2.0 * height


def _heads(row: Row, table: Box) -> bool:
    """Whether a row that comes just before a table is of its headers: short, right above, and not at the left edge, where
    titles stand; or at the height of the table's own rows."""
    if _is_within(row, table):
        return True
    box, width = _box([row]), table.x1 - table.x0
    height = median(cell.height for cell in row)
    # The header of the last column may be wider than its figures.
    inset = box.x0 > table.x0 + 0.15 * width and box.x1 < table.x1 + 0.15 * width
    short = max(len(cell.words) for cell in row) <= _HEADER_WORDS and box.x1 - box.x0 < 0.85 * width
    return inset and short and -1.5 * height <= table.y0 - box.y1 <= 1.2 * height


def _is_within(row: Row, table: Box) -> bool:
    """Whether a short row stands inside the table's box, drawn before or after its neighbours."""
    box = _box([row])
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    return _words(row) <= _BETWEEN_WORDS and table.x0 <= x <= table.x1 and table.y0 <= y <= table.y1


def _words(row: Row) -> int:
    return sum(len(cell.words) for cell in row)


def _box(rows: list[Row]) -> Box:
    return enclose([cell.box for row in rows for cell in row])
