"""What heads a column: the cells above it, up to the first row that is no header."""

from collections.abc import Sequence

from answer.extractive.grid import Cell
from answer.lines import union
from ingest import Box

_LOOK_UP = 45
_MOST = 4
_LONGEST = 12
_LABEL = 4
"""Rows above that are looked at, header cells taken, words that one may have, words of a label that stands alone."""

_FAR = 4.0
_NEAR = 1.6
"""In heights of a line: white space that ends a table, and white space that ends its header."""

_SPAN = 90.0
"""Points from a column to the middle of the header of its group."""

Table = Sequence[Sequence[Cell]]


def headers(table: Table, cell: Cell) -> tuple[Cell, ...]:
    """Cells that head the column of `cell`, nearest first. Rows of values between it and them are passed over."""
    found: list[Cell] = []
    below = cell.box
    height = cell.box.y1 - cell.box.y0
    for row in table[max(0, cell.row - _LOOK_UP) : cell.row][::-1]:
        box = union(other.box for other in row)
        if (
            all(other.prose for other in row)
            or _is_title(row, table[cell.row][0])
            or below.y0 - box.y1 > (_NEAR if found else _FAR) * height
        ):
            break
        below = box
        above = [other for other in row if _over(other.box, cell.box)]
        if any(other.is_value for other in (row if found else above)):
            if found:
                break
            continue
        if found and not above:
            above = _spanning(row, table[found[0].row], cell.box)
        if any(len(other.words) > _LONGEST for other in above):
            break
        found += [other for other in above if other.is_header]
        if len(found) >= _MOST:
            break
    return tuple(found[:_MOST])


def _is_title(row: Sequence[Cell], label: Cell) -> bool:
    """A line alone at the left edge of the table speaks of all its columns, unless it is a label that wraps or
    heads a group."""
    return len(row) == 1 and len(row[0].words) > _LABEL and row[0].box.x0 <= label.box.x0 + 5.0


def _over(header: Box, cell: Box) -> bool:
    return header.x0 <= cell.x1 + 2.0 and header.x1 >= cell.x0 - 2.0


def _spanning(row: Sequence[Cell], base: Sequence[Cell], box: Box) -> list[Cell]:
    """The header of a group of columns stands over their middle, not over each: the nearest is taken, unless its
    own middle is over one header of the row below, and so over that column alone."""
    middle = (box.x0 + box.x1) / 2
    groups = [other for other in row if not any(h.box.x0 <= _middle(other) <= h.box.x1 for h in base)]
    nearest = min(groups, key=lambda other: abs(_middle(other) - middle), default=None)
    if nearest is None or abs(_middle(nearest) - middle) > _SPAN:
        return []
    return [nearest]


def _middle(cell: Cell) -> float:
    return (cell.box.x0 + cell.box.x1) / 2
