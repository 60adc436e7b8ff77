"""Tables that go on over the end of a page."""

import re
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from ingest.document import Box, Cell, Table
from ingest.tables.units import with_units
from ingest.tables.wording import is_blank, is_figure

# Where on its page, as parts of the height, the upper part must end below and the lower part begin above. What stands between it
# and the edge is margin: running lines, footnotes, or a title that is printed again.
_ENDS_BELOW = 0.7
_BEGINS_ABOVE = 0.3
# Part of the columns that must stand above each other, and how much of the narrower of two must.
_COLUMNS_AGREE = 0.8
_OVERLAP = 0.5
_CONTINUED = re.compile(
    r"\b(?:cont(?:inued|inuation|['’]d|d|\.)|fortsetzung|suite|continuaci[oó]n|suite)\b|\(cont", re.IGNORECASE
)


class PlacedTable(Struct, frozen=True):
    """A table where it stands: page from 1, box and the page's height in points, and its caption if it has one."""

    table: Table
    box: Box
    page: int
    page_height: float
    caption: str | None = None


def link_continuation(above: PlacedTable, below: PlacedTable) -> Table | None:
    """The lower table as the continuation of the upper one, or None where it is a table of its own.

    `above` must be the last table of its page and `below` the first of the next. It goes on when the pages follow each other, one
    ends low and the other begins high, the columns are as many and stand in the same places, and there is no new caption (one that
    says "continued", or is the same, counts as none) and no new header. Header cells that are not printed again are in `inherited`
    of the result, those of the upper part's own inheritance where it has them; units are found anew with them.
    """
    if below.page != above.page + 1 or not _in_place(above, below) or not _caption_agrees(above.caption, below.caption):
        return None
    if above.table.columns != below.table.columns or not _columns_agree(above, below):
        return None
    heads = _heads(above.table)
    unit = below.table.unit or above.table.unit
    if heads and _printed_again(heads, below.table):
        return with_units(replace(below.table, continues=above.page, unit=unit))
    if below.table.header_rows and not _is_body(above.table, below.table):
        return None
    rows = 0 if below.table.header_rows and heads else below.table.header_rows
    cells = tuple(
        replace(c, header=False) if rows == 0 and c.row < below.table.header_rows else c for c in below.table.cells
    )
    linked = replace(below.table, continues=above.page, inherited=heads, header_rows=rows, cells=cells, unit=unit)
    return with_units(linked)


def _in_place(above: PlacedTable, below: PlacedTable) -> bool:
    return above.box.y1 >= _ENDS_BELOW * above.page_height and below.box.y0 <= _BEGINS_ABOVE * below.page_height


def _caption_agrees(above: str | None, below: str | None) -> bool:
    if not below or _CONTINUED.search(below):
        return True
    return above is not None and " ".join(above.split()).casefold() == " ".join(below.split()).casefold()


def _columns_agree(above: PlacedTable, below: PlacedTable) -> bool:
    upper, lower = _extents(above.table), _extents(below.table)
    both = [c for c in upper if c in lower]
    if not both:
        return False
    # Pages of a book may be set off to alternate sides.
    shift = below.box.x0 - above.box.x0 if abs(below.box.x0 - above.box.x0) < 40 else 0.0
    agree = 0
    for column in both:
        (a0, a1), (b0, b1) = upper[column], lower[column]
        shared = min(a1, b1 - shift) - max(a0, b0 - shift)
        agree += shared >= _OVERLAP * min(a1 - a0, b1 - b0)
    return agree >= _COLUMNS_AGREE * len(both)


def _extents(table: Table) -> dict[int, tuple[float, float]]:
    """From where to where the cells of each column reach, in points."""
    found: dict[int, tuple[float, float]] = {}
    for cell in table.cells:
        if cell.column_span == 1:
            x0, x1 = found.get(cell.column, (cell.box.x0, cell.box.x1))
            found[cell.column] = (min(x0, cell.box.x0), max(x1, cell.box.x1))
    return found


def _heads(table: Table) -> tuple[Cell, ...]:
    """The cells that name the columns, on this page or one before."""
    return table.inherited or tuple(c for c in table.cells if c.row < table.header_rows)


def _printed_again(heads: Sequence[Cell], below: Table) -> bool:
    rows = max(c.row for c in heads) + 1
    return _told(heads) == _told([c for c in below.cells if c.row < rows])


def _told(cells: Sequence[Cell]) -> list[tuple[int, int, str]]:
    return [
        (c.row, c.column, " ".join(c.text.split()).casefold()) for c in sorted(cells, key=lambda c: (c.row, c.column))
    ]


def _is_body(above: Table, below: Table) -> bool:
    """Whether what was taken for a header is a row like those above: in no column of figures does it hold words, or in a table of
    words its columns begin at the very same places."""
    figured = {c.column for c in above.cells if c.row >= above.header_rows and is_figure(c.text)}
    first = [c for c in below.cells if c.row < below.header_rows and c.column in figured]
    if figured:
        return bool(first) and all(is_figure(c.text) or is_blank(c.text) for c in first)
    upper, lower = _extents(above), _extents(below)
    return above.header_rows > 0 and all(c in lower and abs(upper[c][0] - lower[c][0]) <= 3 for c in upper)
